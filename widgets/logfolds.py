"""The sections of a log: folding, unfolding, and what is folded when the log says so."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from data.logtext import Section
from widgets.folds import Folds
from widgets.logplaces import LogPlaces

FOREVER = 1 << 62
"""End of a folded section that is not finished: everything that comes is hidden too."""

MAX_ENDS = 200
"""Folded sections of which it is looked up whether their last line is empty; each may take reading a block."""


class LogFolds(LogPlaces):
    """Folds the sections of a log. `_headings` and `_folded` hold line numbers, which `shift_sections` keeps right."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._sections: list[Section] = []
        self._unfinished: list[int] = []
        """Headings of the folded sections that have no end yet."""
        self._blank: dict[int, bool] = {}
        """Whether the last line of a folded section is empty."""

    def forget_sections(self) -> None:
        """Another log begins."""
        self._folded.clear()
        self._blank.clear()
        self._headings, self._sections = {}, []
        self._use_folds(Folds())

    # Growth

    def take_sections(self) -> None:
        """Take over sections that are new, or ended now; what the job wants folded is, when it is new."""
        assert self.index is not None
        sections = self.index.sections
        if sections is self._sections:
            return
        new = {section.start for section in sections[len(self._sections) :] if section.collapsed}
        before = self._headings
        self._sections, self._headings = sections, {section.start: section for section in sections}
        for number in {place[0] for place in self._strips}:
            if before.get(number) != self._headings.get(number):
                self.forget_line(number)
                self.repaint_row(self._shown.row(number))
        self._folded |= new
        if new or any(self._finished(start) for start in self._unfinished):
            self._refold()

    def shift_sections(self, count: int, in_sight: tuple[int, int]) -> None:
        """The number of every known line is `count` higher, and sections may be known that begin before those.

        Of these, none is folded that would hide a line of `in_sight` (first and last, new numbers).
        """
        assert self.index is not None
        self._sections = sections = self.index.sections
        self._headings = {section.start: section for section in sections}
        self._folded = {start + count for start in self._folded}
        self._blank = {number + count: blank for number, blank in self._blank.items()}
        first, last = in_sight
        for section in sections[: bisect_left(sections, count, key=_start)]:
            if section.collapsed and not (section.start < last and (section.end is None or section.end >= first)):
                self._folded.add(section.start)
        if self._folded:
            self._refold()

    def _finished(self, start: int) -> bool:
        section = self._headings.get(start)
        return section is None or section.end is not None

    def _refold(self) -> None:
        hidden: list[tuple[int, int]] = []
        self._unfinished = []
        for start in self._folded:
            section = self._headings.get(start)
            if section is None:
                continue
            if section.end is None:
                self._unfinished.append(start)
                hidden.append((start + 1, FOREVER))
            else:
                hidden.append((start + 1, section.end + self._ends_blank(section.end)))
        self._use_folds(Folds(hidden))

    def _use_folds(self, folds: Folds) -> None:
        if self._shown is self._folds:
            self._shown = folds
        self._folds = folds

    def _ends_blank(self, number: int) -> bool:
        """Whether line `number`, with which a section ends, holds nothing else and is no heading."""
        assert self.index is not None
        if number in self._headings:
            return False
        found = self._blank.get(number)
        if found is None:
            found = False
            if len(self._blank) < MAX_ENDS and number < self.index.lines:
                found = self._blank[number] = not self.index.line(number).text
        return found

    # Folding

    def toggle(self, start: int) -> None:
        """Fold or unfold the section whose heading is line `start`."""
        if start in self._headings:
            self._folded ^= {start}
            self._refold()
            self.redraw()
            self.count()
            if not self.hides(start):
                self.keep(min((self.row_of(start), 0), (self.top, self.part)))

    def fold_all(self, on: bool) -> None:
        """Fold all sections, or unfold all; the end, or else the current line or its heading, stays where it is."""
        line = self.current
        y = max(0, self._y_of((self.row_of(line), 0)))
        self._folded = set(self._headings) if on else set()
        self._refold()
        self.redraw()
        self.count()
        self.put(self.last if self.following else self.step((self.row_of(line), 0), -y))

    def reveal(self, line: int) -> None:
        """Unfold what hides `line`; what is at the top stays there. A filter is not changed."""
        if not self._folds.hides(line):
            return
        top, part = self.line_of_row(self.top), self.part
        self._folded -= {start for start in self._folded if start < line and self._holds(start, line)}
        self._refold()
        self.redraw()
        self.count()
        self.keep((self.row_of(top), part))

    def _holds(self, start: int, line: int) -> bool:
        section = self._headings.get(start)
        return section is not None and (section.end is None or line <= section.end)

    # Where sections are

    def section_of(self, line: int) -> int | None:
        """Line with the heading of the innermost section that holds `line`."""
        sections = self._sections
        for at in range(bisect_right(sections, line, key=_start) - 1, -1, -1):
            end = sections[at].end
            if end is None or line < end:
                return sections[at].start
        return None

    def heading_after(self, line: int) -> int | None:
        """The next line behind `line` that is a heading."""
        at = bisect_right(self._sections, line, key=_start)
        return self._sections[at].start if at < len(self._sections) else None

    def heading_before(self, line: int) -> int | None:
        """The last line before `line` that is a heading."""
        at = bisect_left(self._sections, line, key=_start) - 1
        return self._sections[at].start if at >= 0 else None


def _start(section: Section) -> int:
    return section.start
