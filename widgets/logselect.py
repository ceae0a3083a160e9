"""Selecting lines by keys, and copying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection

from widgets.logmoves import LogMoves, counted

MAX_COPIED_LINES = 10_000
MAX_COPIED_BYTES = 1_000_000
"""What is copied at most; terminals refuse more."""

NONE = -1
"""No line."""


class Selected(NamedTuple):
    """Text to copy, how many lines it has, and how many were selected."""

    text: str
    lines: int
    wanted: int


class LogSelect(LogMoves):
    """`v` begins a selection of lines at the current one; what moves the current line then moves its end."""

    @dataclass(eq=False, repr=False)
    class CopyRequested(Message, namespace="log_view"):
        """The user wants `text` in the clipboard."""

        text: str

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--selection"}

    _anchor = NONE
    """The line at which the selection began."""

    @property
    def selecting(self) -> bool:
        """Whether lines are being selected by keys."""
        return self._anchor != NONE

    @property
    def current(self) -> int:
        """The line that keys refer to; while lines are selected, the moving end."""
        return self.hit if self.selecting else super().current

    def restarted(self) -> None:
        """The lines selected are gone."""
        super().restarted()
        self._anchor = NONE

    def shifted(self, count: int) -> None:
        """Keep the selection on its lines."""
        super().shifted(count)
        if self.selecting:
            self._anchor += count
            self._choose()

    def follow(self, following: bool) -> None:
        """Follow the end; not while lines are selected, whose end is to stay in sight."""
        super().follow(following and not self.selecting)

    def show_line(self, line: int) -> None:
        """Bring a line into sight; a selection extends to it."""
        super().show_line(line)
        self.moved()
        if self.selecting:
            self._choose()

    # Keys

    def action_select(self) -> None:
        """Begin to select lines, or end to."""
        if self.selecting:
            self._end_selection()
        elif self.lines:
            self._anchor = self.hit = self.current
            self.follow(False)
            self._choose()
            self.tell("selecting lines: j and k extend, y copies, esc ends")

    def action_scroll_lines(self, count: int) -> None:
        """Move by `count` lines; while lines are selected, move the selection's end."""
        if self.selecting:
            self._extend(self.row_of(self.hit) + count)
        else:
            super().action_scroll_lines(count)

    def action_top(self) -> None:
        """To the beginning; while lines are selected, select to there."""
        if self.selecting:
            self._extend(0)
        else:
            super().action_top()

    def action_bottom(self) -> None:
        """To the end; while lines are selected, select to there."""
        if self.selecting:
            self._extend(self.rows - 1)
        else:
            super().action_bottom()

    def _extend(self, row: int) -> None:
        self.hit = self.line_of_row(max(0, min(row, self.rows - 1)))
        self.bring(self.hit)
        self._choose()

    def _choose(self) -> None:
        """Have the selected lines drawn."""
        ends = (self._anchor, self.hit)
        self.chosen = (min(ends), max(ends)) if self.selecting else None
        self.redraw()

    def _end_selection(self) -> None:
        self._anchor = NONE
        self._choose()

    def on_click(self, event: events.Click) -> None:
        """A line that is clicked is the current one."""
        row, _ = self.place_at(event.y)
        if row < self.rows and self.text_selection is None:
            self.show_line(self.line_of_row(row))

    def on_key(self, event: events.Key) -> None:
        """`esc` ends a selection, and only that; without one it goes on to whoever else wants it."""
        if event.key != "escape" or (not self.selecting and self.text_selection is None):
            return
        event.stop()
        event.prevent_default()
        if self.selecting:
            self._end_selection()
            self.tell("nothing is selected", "dim")
        else:
            self.screen.clear_selection()

    # Copying

    def action_copy(self) -> None:
        """Ask the owner to copy the selected text, or the current line."""
        if self.index is None or not self.rows:
            self.tell("there is nothing to copy", "dim")
            return
        text, lines, wanted = self._selected() or (self.index.line(self.current).text, 1, 1)
        self.post_message(self.CopyRequested(text))
        if lines < wanted:
            self.tell(f"only the first {lines:,} of {counted(wanted, 'line')} are copied; s saves the log", "warning")
        if self.selecting:
            self._end_selection()

    def selected_text(self) -> str:
        """The text that is selected, by keys or by mouse; "" when none is."""
        selected = self._selected()
        return selected.text if selected is not None else ""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text selected by mouse, for Textual."""
        return None if self.index is None else (self._within(selection).text, "\n")

    def _selection_style(self) -> Style:
        """How selected text is drawn."""
        return self.look("log--selection")

    def _selected(self) -> Selected | None:
        if self.selecting and self.chosen is not None:
            first, last = (self.row_of(line) for line in self.chosen)
            return self._within(Selection(Offset(0, first), None), last)
        selection = self.text_selection
        return None if selection is None else self._within(selection)

    def _within(self, selection: Selection, last: int | None = None) -> Selected:
        """What `selection`, up to row `last`, holds, as far as it is copied."""
        first = 0 if selection.start is None else selection.start.y
        if last is None:
            last = self.rows - 1 if selection.end is None else selection.end.y
        rows = range(max(0, first), min(last, self.rows - 1) + 1)
        lines: list[str] = []
        room = MAX_COPIED_BYTES
        for row in rows[:MAX_COPIED_LINES]:
            start, end = selection.get_span(row) or (0, 0)
            text = self._text(row)[start : None if end < 0 else end]
            room -= len(text.encode("utf-8", "replace")) + 1
            if room < 0 and lines:
                break
            lines.append(text)
        return Selected("\n".join(lines), len(lines), len(rows))

    def _text(self, row: int) -> str:
        assert self.index is not None
        return self.index.line(self.line_of_row(row)).text
