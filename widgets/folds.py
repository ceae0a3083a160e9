"""Which lines of a log are in sight when some sections are folded: rows on the screen <-> lines of the log."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable


class Folds:
    """Ranges of lines that are hidden. A row is the place of a line among those that are not."""

    def __init__(self, hidden: Iterable[tuple[int, int]] = ()) -> None:
        self._starts = array("Q")
        self._ends = array("Q")
        self._rows = array("Q")
        """Row of the first line after each hidden range."""
        skipped = reached = 0
        for start, end in sorted(hidden):
            start = max(start, reached)  # noqa: PLW2901 - nested ranges count once
            if end <= start:
                continue
            skipped += end - start
            reached = end
            self._starts.append(start)
            self._ends.append(end)
            self._rows.append(end - skipped)

    def rows(self, lines: int) -> int:
        """How many of the first `lines` lines are in sight."""
        at = bisect_left(self._starts, lines) - 1
        return lines if at < 0 else self._rows[at] + max(0, lines - self._ends[at])

    def line(self, row: int) -> int:
        """The line that stands in `row`."""
        at = bisect_right(self._rows, row) - 1
        return row if at < 0 else self._ends[at] + row - self._rows[at]

    def row(self, line: int) -> int:
        """Where `line` stands; for a hidden one, where the line before the hidden range stands."""
        at = bisect_right(self._starts, line) - 1
        if at < 0:
            return line
        if line < self._ends[at]:
            return max(0, self._rows[at] - 1)
        return self._rows[at] + line - self._ends[at]

    def hides(self, line: int) -> bool:
        """Whether `line` is hidden."""
        at = bisect_right(self._starts, line) - 1
        return at >= 0 and line < self._ends[at]

    def gap_after(self, row: int, lines: int) -> bool:  # noqa: ARG002 - the heading of what is folded tells of it
        """Whether lines that are left out are to be told of below `row`."""
        return False
