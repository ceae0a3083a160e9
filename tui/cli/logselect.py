"""Which lines of a log are printed: those of a section, those that match. Line by line, in a memory that stays flat."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from data.logtext import LogLine, Mark, Sgr, TextSpan
from data.logtext.findmatch import matching
from data.logtext.findneedle import needle_of
from data.logtext.findtext import WindowText
from data.logtext.findwindow import Window
from data.logtext.raw import CONTINUATION, MARK_HINT, has_continuations
from data.logtext.stamps import clock
from tui.cli.logplace import is_shown

MAX_DEPTH = 20_000
"""Sections within sections that are followed; more is no pipeline's, but an attack on memory."""
MAX_NAMES = 1000
"""Different names of sections that are remembered, to be told when none fits."""
DIM = Sgr(dim=True)
"""How what Lineside itself says between the lines is drawn."""


class Filter(Protocol):
    """Passes on some lines."""

    def take(self, line: LogLine) -> Iterator[LogLine]:
        """The lines to print now that `line` has come."""

    def drops(self, block: bytes) -> bool:
        """Whether no line of `block`, which holds whole lines, is passed on."""

    def needs(self, block: bytes) -> bool:
        """Whether the filter must see `block`, even where nobody prints it."""

    def restart(self) -> None:
        """The log begins anew."""


class Shown:
    """Leaves out lines in which there is nothing to read."""

    def take(self, line: LogLine) -> Iterator[LogLine]:
        """The line, if there is something in it."""
        if is_shown(line):
            yield line

    def drops(self, block: bytes) -> bool:
        """Nobody knows before the lines are parsed."""
        del block
        return False

    def needs(self, block: bytes) -> bool:
        """It remembers nothing."""
        del block
        return False

    def restart(self) -> None:
        """It remembers nothing."""


class _Open(NamedTuple):
    """A section that runs."""

    name: str
    started: int
    chosen: bool
    timed: bool


class Sections:
    """The sections whose names fit a glob, with those in them.

    Args:
        glob: such as `step_*`.
        told: print behind each section how long it took, and the name of one that has no heading.
    """

    def __init__(self, glob: str, *, told: bool = True) -> None:
        self._glob, self._told = glob, told
        self._open: list[_Open] = []
        self._counts: Counter[str] = Counter()
        self.found = False
        self.names: dict[str, None] = {}
        """All names that were seen, in their order."""

    def take(self, line: LogLine) -> Iterator[LogLine]:
        """The line, if it lies in a section that was asked for, and before it how long those took that end in it."""
        for mark in line.marks:
            if mark.what == "start":
                self._begin(mark)
            elif (ended := self._end(mark)) is not None and ended.chosen and ended.timed and self._told:
                yield _note(line, f"{mark.name} took {clock(mark.time - ended.started)}")
        if not self._chosen:
            return
        heading = self._told and line.kind == "section_start" and not line.text.strip()
        yield line._replace(text=line.section, spans=()) if heading else line

    def drops(self, block: bytes) -> bool:
        """No section of interest runs, and none begins."""
        return not self._chosen and MARK_HINT not in block

    def needs(self, block: bytes) -> bool:
        """A section begins or ends."""
        return MARK_HINT in block

    def restart(self) -> None:
        """No section runs."""
        self._open.clear()
        self._counts.clear()

    @property
    def _chosen(self) -> bool:
        return bool(self._open) and self._open[-1].chosen

    def _begin(self, mark: Mark) -> None:
        if len(self.names) < MAX_NAMES:
            self.names[mark.name] = None
        fits = fnmatchcase(mark.name, self._glob)
        self.found = self.found or fits
        if len(self._open) < MAX_DEPTH:
            timed = ("hide_duration", "true") not in mark.options
            self._open.append(_Open(mark.name, mark.time, self._chosen or fits, timed))
            self._counts[mark.name] += 1

    def _end(self, mark: Mark) -> _Open | None:
        """The innermost running section of this name, ended with all in it; None when there is none."""
        if not self._counts[mark.name]:
            del self._counts[mark.name]
            return None
        while True:
            section = self._open.pop()
            self._counts[section.name] -= 1
            if section.name == mark.name:
                return section


class Matching:
    """The lines that match, each with `context` lines around it; `--` stands between two that were far apart."""

    def __init__(self, pattern: re.Pattern[str], context: int = 0) -> None:
        self.pattern, self.context = pattern, context
        self._needle = needle_of(pattern)
        self._before: deque[LogLine] = deque(maxlen=context)
        self._after = 0
        self._passed_over = False
        self.found = False

    def take(self, line: LogLine) -> Iterator[LogLine]:
        """The line, if it matches or stands near one that does."""
        if self.pattern.search(line.text):
            if self.found and self.context and self._passed_over:
                yield _note(line, "--")
            yield from self._before
            yield line
            self.found, self._passed_over, self._after = True, False, self.context
            self._before.clear()
        elif self._after:
            self._after -= 1
            yield line
        else:
            self._passed_over = self._passed_over or len(self._before) == self.context
            self._before.append(line)

    def texts(self, texts: Iterable[str]) -> Iterator[str]:
        """Those of the lines with these texts."""
        return (line.text for text in texts for line in self.take(LogLine(0, text)))

    def drops(self, block: bytes) -> bool:
        """Nothing matches, and no line before it did."""
        return not self._after and not matching(self.pattern, self._needle, block_text(block))

    def needs(self, block: bytes) -> bool:
        """Lines behind a match are wanted."""
        del block
        return self._after > 0

    def restart(self) -> None:
        """What was printed last stands far from what comes."""
        self._before.clear()
        self._after, self._passed_over = 0, True


def selected(filters: Iterable[Filter], line: LogLine) -> Iterable[LogLine]:
    """What all filters, in turn, pass on when `line` has come."""
    lines: Iterable[LogLine] = (line,)
    for one in filters:
        lines = [passed for before in lines for passed in one.take(before)]
    return lines


def skips(filters: Sequence[Filter], block: bytes, reach: int) -> bool:
    """Whether `block`, which holds whole lines, need not be looked at line by line.

    It is to hold `reach` lines at least, so that no line before it stands near one behind it.
    """
    return (
        _least_lines(block) >= max(reach, 1)
        and not any(one.needs(block) for one in filters)
        and any(one.drops(block) for one in filters)
    )


def _least_lines(block: bytes) -> int:
    """How many lines there are at least in which there is something to read."""
    joined = len(CONTINUATION.findall(block)) if has_continuations(block) else 0
    return block.count(b"\n") - joined - block.count(MARK_HINT)


def block_text(block: bytes) -> WindowText:
    """The text of whole lines at once, some ten times as fast as line by line."""
    return WindowText(Window(block, 0, len(block)))


def _note(line: LogLine, text: str) -> LogLine:
    """What Lineside says at `line`."""
    return LogLine(line.number, text, (TextSpan(0, len(text), DIM),), line.timestamp)
