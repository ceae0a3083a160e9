"""Which lines of a log are in sight: rows on the screen <-> lines of the log, where a filter chooses the lines."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import repeat
from operator import sub
from typing import Protocol

STEP = 64
"""Chosen lines of which the rows are counted together: the rows of 10 million take 0.6 MB."""

SLICE = 30_000
"""Chosen lines that are counted before keys are answered again, some 3 ms."""


class Rows(Protocol):
    """Rows <-> lines; `lines` is how many lines the log has. All in O(log n)."""

    def rows(self, lines: int) -> int:
        """How many of the first `lines` lines are in sight."""

    def line(self, row: int) -> int:
        """The line that stands in `row`."""

    def row(self, line: int) -> int:
        """Where `line` stands; for one that is not in sight, where a line near it stands."""

    def hides(self, line: int) -> bool:
        """Whether `line` is not in sight."""

    def gap_after(self, row: int, lines: int) -> bool:
        """Whether lines that are left out are to be told of below `row`."""


class Chosen:
    """Only the lines of `lines` (ascending), with up to `context` lines around each.

    `lines` may grow at its end, in another thread too; `take` takes over what was appended. Lines between two chosen
    ones belong to the later one, as far as its context reaches and that of the earlier one does not.
    """

    def __init__(self, lines: array[int], context: int) -> None:
        self.lines, self.context = lines, context
        self._taken = 0
        """Chosen lines that were taken over."""
        self._before = array("Q", (0,))
        """Rows before each STEPth chosen line."""

    def take(self, lines: int) -> bool:
        """Take over at most `SLICE` chosen lines, of the first `lines` lines; False when there are more to take."""
        end = bisect_left(self.lines, lines, self._taken)
        self._taken = min(end, self._taken + SLICE)
        if self.context:
            for at in range((len(self._before) - 1) * STEP, self._taken - STEP + 1, STEP):
                self._before.append(self._before[-1] + self._count(at, at + STEP))
        return self._taken == end

    def rows(self, lines: int) -> int:
        """How many of the first `lines` lines are in sight."""
        if not self._taken:
            return 0
        beyond = self.lines[self._taken - 1] + self.context + 1 - lines
        return self._rows_before(self._taken) - max(0, beyond)

    def line(self, row: int) -> int:
        """The line that stands in `row`."""
        if not self._taken:
            return 0
        at = self._at_row(row)
        return self._start(at) + row - self._rows_before(at)

    def row(self, line: int) -> int:
        """Where `line` stands; for one that is not in sight, where the next one that is stands, or the last one."""
        if not self._taken:
            return 0
        at = bisect_left(self.lines, line, 0, self._taken)
        if at and (line <= self.lines[at - 1] + self.context or at == self._taken):
            reached = min(line, self.lines[at - 1] + self.context)
            return self._rows_before(at - 1) + reached - self._start(at - 1)
        return self._rows_before(at) + max(0, line - self._start(at))

    def hides(self, line: int) -> bool:
        """Whether `line` is not in sight."""
        at = bisect_left(self.lines, line, 0, self._taken)
        if at and line <= self.lines[at - 1] + self.context:
            return False
        return at == self._taken or line < self.lines[at] - self.context

    def gap_after(self, row: int, lines: int) -> bool:
        """Whether the line below `row` is not the next one; without context there are gaps all over."""
        return bool(self.context) and row + 1 < self.rows(lines) and self.line(row + 1) != self.line(row) + 1

    def _start(self, at: int) -> int:
        """The first line that belongs to chosen line number `at`."""
        first = max(0, self.lines[at] - self.context)
        return max(first, self.lines[at - 1] + self.context + 1) if at else first

    def _count(self, start: int, end: int) -> int:
        """Rows of the chosen lines number `start` to `end` (exclusive), with what belongs to them."""
        if start == end:
            return 0
        chosen = self.lines[max(0, start - 1) : end]
        first = 0 if start else min(self.context, chosen[0]) + self.context + 1
        gaps: Iterable[int] = map(sub, chosen[1:], chosen)
        return first + sum(map(min, gaps, repeat(2 * self.context + 1)))

    def _rows_before(self, at: int) -> int:
        """Rows before those of chosen line number `at`."""
        if not self.context:
            return at
        step = min(at // STEP, len(self._before) - 1)
        return self._before[step] + self._count(step * STEP, at)

    def _at_row(self, row: int) -> int:
        """Number of the chosen line to which `row` belongs."""
        if not self.context:
            return min(max(0, row), self._taken - 1)
        step = bisect_right(self._before, row) - 1
        at, end = step * STEP, min((step + 1) * STEP, self._taken)
        left = row - self._before[step]
        while at + 1 < end and left >= (rows := self._count(at, at + 1)):
            left -= rows
            at += 1
        return min(at, self._taken - 1)
