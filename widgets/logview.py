"""A log of any size: only the lines in sight are read and drawn. Follows its end, folds sections, searches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, get_args

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.selection import Selection

from data.logtext import ERRORS, LogIndex, compile_pattern
from widgets.logbody import LogBody
from widgets.logpaint import Stamps
from widgets.logsearch import LineSearch

PAN_STEP = 16
"""Cells by which the left and right keys move a log."""

CONTEXT = 3
"""A line that was found is put at this part of the page (1/3 from the top)."""

MAX_COPIED = 10_000
"""Lines that are copied at most; terminals refuse more."""


class LogView(LogBody):
    """The lines of a `LogIndex`, with keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_lines(1)", "Down", show=False, id="log.down"),
        Binding("k,up", "scroll_lines(-1)", "Up", show=False, id="log.up"),
        Binding("pagedown", "scroll_pages(2)", "Page down", show=False, id="log.page_down"),
        Binding("pageup", "scroll_pages(-2)", "Page up", show=False, id="log.page_up"),
        Binding("ctrl+d", "scroll_pages(1)", "Half a page down", show=False, id="log.half_page_down"),
        Binding("ctrl+u", "scroll_pages(-1)", "Half a page up", show=False, id="log.half_page_up"),
        Binding("g,home", "top", "Beginning", show=False, id="log.home"),
        Binding("G,end", "bottom", "End", show=False, id="log.end"),
        Binding("left", "pan(-1)", "Left", show=False, id="log.left"),
        Binding("right", "pan(1)", "Right", show=False, id="log.right"),
        Binding("F", "follow", "Follow", show=False, id="log.follow"),
        Binding("n", "next_match", "Next match", show=False, id="log.next_match"),
        Binding("N", "previous_match", "Previous match", show=False, id="log.previous_match"),
        Binding("E", "next_error", "Next error", show=False, id="log.next_error"),
        Binding("right_square_bracket", "next_section", "Next section", show=False, id="log.next_section"),
        Binding("left_square_bracket", "previous_section", "Previous section", show=False, id="log.previous_section"),
        Binding("enter", "fold", "Fold section", show=False, id="log.fold"),
        Binding("t", "stamps", "Timestamps", show=False, id="log.timestamps"),
        Binding("y", "copy", "Copy", show=False, id="log.copy"),
    ]

    @dataclass(eq=False, repr=False)
    class Searched(Message):
        """What a search found so far: matching lines, which of them is current (from 1; 0 none), and if it is over."""

        count: int
        place: int
        done: bool

        def can_replace(self, message: Message) -> bool:
            """The newest suffices."""
            return isinstance(message, LogView.Searched)

    @dataclass(eq=False, repr=False)
    class NotFound(Message):
        """There is no such line: "match" or "error"."""

        what: str

    @dataclass(eq=False, repr=False)
    class CopyRequested(Message):
        """The user wants `text` in the clipboard."""

        text: str

    @dataclass(eq=False, repr=False)
    class _Progress(Message):
        """A search found more, or is over; sent by its thread."""

        search: LineSearch

    def __init__(
        self,
        index: LogIndex | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(index, id=id, classes=classes)
        self._search: LineSearch | None = None
        self._errors: LineSearch | None = None
        self._goal: tuple[LineSearch, int] | None = None
        """The search whose next match behind a line is to be shown as soon as it is known."""

    def grown(self, first: int) -> None:
        """Search the new lines too."""
        if self.index is not None and first < self.index.lines:
            for search in (self._search, self._errors):
                if search is not None:
                    search.resume()

    def restarted(self) -> None:
        """What was found is void: search the new log for the same."""
        self._end_searches()
        self.hit = -1
        if self.pattern is not None:
            self._search = self._start(self.pattern)

    def on_unmount(self) -> None:
        """End the searches."""
        self._end_searches()

    # Keys

    def action_scroll_lines(self, count: int) -> None:
        """Move by `count` lines."""
        self.jump(self.top + count)

    def action_scroll_pages(self, halves: int) -> None:
        """Move by `halves` half pages."""
        self.jump(self.top + (self.page * halves) // 2)

    def action_top(self) -> None:
        """To the beginning."""
        self.jump(0)

    def action_bottom(self) -> None:
        """To the end, and follow it."""
        self.jump(self.rows)
        self._follow(True)

    def action_follow(self) -> None:
        """Follow the end, or stop to."""
        self._follow(not self.following)
        if self.following:
            self.jump(self.rows)

    def action_pan(self, steps: int) -> None:
        """Move to the right, or left, by steps."""
        pan = max(0, self.pan + steps * PAN_STEP)
        if pan != self.pan:
            self.pan = pan
            self._redraw()

    def action_stamps(self) -> None:
        """The next way to show timestamps."""
        ways: tuple[Stamps, ...] = get_args(Stamps)
        self.stamps = ways[(ways.index(self.stamps) + 1) % len(ways)]
        self._redraw()

    def action_copy(self) -> None:
        """Ask the owner to copy the selected text, or the current line."""
        selected = None if self.text_selection is None else self.get_selection(self.text_selection)
        if selected is not None:
            self.post_message(self.CopyRequested(selected[0]))
        elif self.index is not None and self.rows:
            self.post_message(self.CopyRequested(self.index.line(self.current).text))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text."""
        if self.index is None:
            return None
        first = 0 if selection.start is None else selection.start.y
        last = self.rows - 1 if selection.end is None else min(selection.end.y, self.rows - 1)
        lines = []
        for row in range(first, min(last + 1, first + MAX_COPIED)):
            span = selection.get_span(row)
            if span is not None:
                text = self.index.line(self._folds.line(row)).text
                lines.append(text[span[0] : None if span[1] < 0 else span[1]])
        return "\n".join(lines), "\n"

    # Sections

    def action_fold(self) -> None:
        """Fold or unfold the section that the current line lies in."""
        section = self._section_of(self.current)
        if section is not None:
            self._toggle(section)

    def action_next_section(self) -> None:
        """To the next heading."""
        self._go_to_heading([start for start in self._headings if start > self._here()][:1])

    def action_previous_section(self) -> None:
        """To the heading before."""
        self._go_to_heading([start for start in self._headings if start < self._here()][-1:])

    def _go_to_heading(self, starts: list[int]) -> None:
        for start in starts:
            self.hit = start
            self._reveal(start)
            self.jump(self._folds.row(start))
            self._redraw()

    def _here(self) -> int:
        """The line from which headings are counted: the current one; before the first line nothing was gone to."""
        return self.hit if self.hit == self.current else self.current - 1

    # Searching

    def search(self, text: str, *, regex: bool = False, case: bool | None = None) -> str:
        """Search for `text` from the first line in sight on; "" ends searching.

        Returns what is wrong with a regular expression, "" when nothing is. `case` None: as `compile_pattern` decides.
        """
        if self._search is not None:
            self._search.stop()
        self._search, self.pattern, self.hit, self._goal = None, None, -1, None
        self._redraw()
        if not text or self.index is None:
            return ""
        try:
            self.pattern = compile_pattern(text, regex=regex, case=case)
        except re.error as error:
            return f"not a regular expression: {error}"
        self._search = self._start(self.pattern)
        self._goal = self._search, self._folds.line(self.top) - 1
        return ""

    def _start(self, pattern: re.Pattern[str]) -> LineSearch:
        assert self.index is not None
        search = LineSearch(self.index.path, pattern, self._report)
        search.resume()
        return search

    def _report(self, search: LineSearch) -> None:
        try:
            self.post_message(self._Progress(search))
        except RuntimeError:  # the event loop is closed: the program ends, nobody wants to know
            search.stop()

    def _end_searches(self) -> None:
        for search in (self._search, self._errors):
            if search is not None:
                search.stop()
        self._search = self._errors = self._goal = None

    def on_log_view__progress(self, message: _Progress) -> None:
        """Show the first match as soon as it is known, and say how many there are."""
        message.stop()
        search = message.search
        if self._goal is not None and self._goal[0] is search:
            self._advance(search, self._goal[1])
        if search is self._search:
            self._tell()

    def _tell(self) -> None:
        if self._search is not None:
            place = self._search.place(self.hit) if self.hit >= 0 else 0
            self.post_message(self.Searched(len(self._search.lines), place, self._search.done))

    def _advance(self, search: LineSearch, line: int) -> None:
        """Show the match of `search` behind `line`; at the end go on from the beginning."""
        found = search.after(line)
        if found is None and search.done:
            found = search.after(-1)
        if found is not None:
            self._goal = None
            self._show(found)
        elif search.done:
            self._goal = None
            self.post_message(self.NotFound("match" if search is self._search else "error"))
        else:
            self._goal = search, line

    def _show(self, number: int) -> None:
        """Make `number` the current line and bring it into sight."""
        self.hit = number
        self._reveal(number)
        row = self._folds.row(number)
        if not self.top <= row < self.top + self.page:
            self.jump(row - self.page // CONTEXT)
        self._redraw()
        self._tell()

    def action_next_match(self) -> None:
        """To the next match; behind the last one comes the first."""
        if self._search is not None:
            self._advance(self._search, self._here())

    def action_previous_match(self) -> None:
        """To the match before; before the first one comes the last."""
        if self._search is not None and self._search.lines:
            found = self._search.before(self.current)
            self._show(self._search.lines[-1] if found is None else found)

    def action_next_error(self) -> None:
        """To the next line that tells of an error."""
        if self.index is None:
            return
        if self._errors is None:
            self._errors = self._start(ERRORS)
        self._advance(self._errors, self._here())
