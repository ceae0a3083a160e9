"""What of a log is in sight: growth at both ends, following its end, a filter, the status line. `LogView` adds keys."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from textual import events
from textual.message import Message

from data.logtext import LeadPart, LogIndex
from widgets.cells import Cell
from widgets.logfolds import LogFolds
from widgets.loglead import LeadReader
from widgets.logpaint import NOWHERE, NUMBER_WIDTH
from widgets.logplaces import CONTEXT
from widgets.logrows import Chosen, Rows

INDEX_SLICE = 0.008
"""Seconds for which the index is extended before keys are answered again."""

INDEX_PAUSE = 0.001
"""Seconds left for keys and drawing between two slices."""


class LogBody(LogFolds):
    """The lines of a `LogIndex` that are not folded away, or those that a filter leaves, and the status line.

    Of a large log the end is shown at once. What lies before is read by a thread; with each of its parts all line
    numbers grow, and so do `hit`, `marked`, `chosen` and the place of what is in sight, none of which is drawn again.
    """

    @dataclass(eq=False, repr=False)
    class Led(Message, bubble=False, namespace="log_body"):
        """What lies before the known part of the log was read; sent by a thread."""

        reader: LeadReader
        parts: list[LeadPart]

    def __init__(
        self,
        index: LogIndex | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.index = index
        self._slicing = False
        self._first_new = 0
        """First line that is new and not shown yet."""
        self._lead: LeadReader | None = None
        self._homing = False
        """The user wants to see the first line, which is not known yet."""
        self._sifting = False
        self._filter: Chosen | None = None
        """The filter, shown or still being counted."""
        self._held: tuple[int, int] | None = None
        """The line, and its row on the screen, that a filter which is being counted is to keep in place."""

    def open(self, index: LogIndex) -> None:
        """Show another log, or the same one anew, at its end."""
        if self.index is not None and self.index is not index:
            self.index.close()
        self.index = index
        self._reset()
        self.grow()

    # Growth

    def grow(self) -> None:
        """Take over what was written to the file; large amounts are read in slices, between which keys are answered."""
        if self.index is None or self._slicing:
            return
        growth = self.index.extend(seconds=INDEX_SLICE)
        if growth.reset:
            self._reset()
        self._read_lead()
        self._first_new = min(self._first_new, growth.first)
        if growth.done and self._first_new >= self.index.lines and not growth.reset:
            return
        if growth.done or not self.following:
            # While the end is still being looked for, following it would repaint the page for every slice.
            first, self._first_new = self._first_new, self.index.lines
            self.show_lines(first)
            self.grown(first)
        if not growth.done:
            # A timer, unlike `call_later`, lets what is drawn reach the terminal meanwhile.
            self._slicing = True
            self.set_timer(INDEX_PAUSE, self._go_on)

    def _go_on(self) -> None:
        self._slicing = False
        self.grow()

    def show_lines(self, first: int) -> None:
        """Draw the lines from `first` on, which are new or have changed, and the status line."""
        rows = self.rows
        self.forget_from(first)
        if self.index is not None:
            self.lines = self.index.lines
            self.take_sections()
        self._set_number_width()
        if self._filter is not None and self.index is not None and self.index.complete:
            self._sift(rows)
            return
        self.count()
        if self.following:
            self.put(self.last)
        self.repaint_from(min(rows, self._shown.row(first)))

    def set_status(self, status: Cell) -> None:
        """Say behind the last line what the log waits for; an empty cell takes that line away."""
        if status != self.status:
            self.status = status
            self.show_lines(self.lines)

    def _set_number_width(self) -> None:
        if self.index is None:
            return
        digits = max(NUMBER_WIDTH, len(str(self.index.guess)))
        if digits > self.number_width or (digits < self.number_width and self.index.complete):
            place = self.at_top()
            self.number_width = digits
            self.reflow(place)

    def _reset(self) -> None:
        if self._lead is not None:
            self._lead.stop()
        self._lead = None
        self._filter = self._held = None
        self._shown = self._folds
        self.forget_sections()
        self._first_new = self.lines = self.pan = self.part = 0
        self.hit = NOWHERE
        self._first_time = None
        self.marked.clear()
        self.chosen = None
        self.number_width = NUMBER_WIDTH
        self._homing = False
        self.following = True
        self.redraw()
        self.restarted()

    def grown(self, first: int) -> None:
        """Lines from `first` on are new or have changed; for subclasses."""

    def restarted(self) -> None:
        """Another log is shown, or the same one from its beginning; for subclasses."""

    # What lies before

    def _read_lead(self) -> None:
        assert self.index is not None
        if self._lead is None and (lead := self.index.lead()) is not None:
            self._lead = LeadReader(lead, self._deliver)

    def _deliver(self, reader: LeadReader, parts: list[LeadPart]) -> None:
        self.post_message(self.Led(reader, parts))

    def on_log_body_led(self, message: Led) -> None:
        """Take over what was read."""
        if message.reader is not self._lead or self.index is None:
            return
        count = sum(map(self.index.prepend, message.parts))
        self._shift(count)
        if self.index.complete:
            self._lead = None
            self._set_number_width()
            self.redraw()
            self.count()
            if self._homing:
                self.go_top()
            if self._filter is not None:
                self._sift()
        self.shifted(count)

    def _shift(self, count: int) -> None:
        """All line numbers are `count` higher: keep what is in sight, and what refers to lines."""
        row, top = self.top, self.line_of_row(self.top)
        bottom = self.line_of_row(max(row, min(row + self.page, self.rows) - 1))
        self.shift_lines(count)
        self._first_new += count
        self.hit += count if self.hit >= 0 else 0
        self.marked = {line + count for line in self.marked}
        if self.chosen is not None:
            self.chosen = self.chosen[0] + count, self.chosen[1] + count
        if self._held is not None:
            self._held = self._held[0] + count, self._held[1]
        self.shift_sections(count, (top + count, bottom + count))
        moved = self._shown.row(top + count)
        self.shift(self.last[0] + self.page if self.wrap else self.extent, moved)
        self.shift_selection(moved - row)
        if (self.top, self.part) > self.last:  # the lines known before did not fill the page
            self.put(self.last)
            self.refresh()

    def shifted(self, count: int) -> None:
        """Every line number known so far is `count` higher now, those of this widget are already; for subclasses."""

    def go_top(self) -> None:
        """To the first line; while it is not known, to the first one that is, and on as soon as it is known."""
        super().go_top()
        self._homing = self.index is not None and not self.index.complete

    def moved(self) -> None:
        """The user went elsewhere."""
        self._homing = False
        self._held = None
        if self._lead is not None:
            self._lead.rest()

    def on_unmount(self) -> None:
        """End reading."""
        if self._lead is not None:
            self._lead.stop()

    # Going to lines

    def show_line(self, line: int) -> None:
        """Make `line` the current one and bring it into sight."""
        before, self.hit = self.hit, line
        self.moved()
        self.reveal(line)
        for changed in {before, line} - {NOWHERE}:
            self.forget_line(changed)
            self.repaint_row(self._shown.row(changed))
        self.bring(line, at=self.page // CONTEXT)

    # Filter

    @property
    def filtered(self) -> bool:
        """Whether a filter decides which lines are in sight."""
        return self._filter is not None

    def set_filter(self, lines: array[int] | None, context: int) -> None:
        """Show only `lines` with `context` lines around each; None shows all again. The current line stays in place.

        `lines` are true line numbers, ascending; the array may grow, which `filter_grew` tells of. Until those of the
        index are true too, all lines stay in sight.
        """
        if lines is None and self._filter is None:
            return
        line = self.current
        if self._held is None:
            self._held = line, max(0, self._y_of((self._shown.row(line), 0)))
        self._filter = None if lines is None else Chosen(lines, context)
        if self._filter is None:
            if line == self.hit:
                self.follow(False)
            self._show(self._folds)
            self._held = None
        else:
            self._sift()

    def filter_grew(self) -> None:
        """Take over what was appended to the array that `set_filter` got."""
        self._sift()

    def _sift(self, rows: int | None = None) -> None:
        """Take over lines that the filter leaves, of which `rows` rows were shown before."""
        chosen = self._filter
        if chosen is None or self._sifting or self.index is None or not self.index.complete:
            return
        rows = self.rows if rows is None else rows
        done = chosen.take(self.lines)
        if chosen is self._shown:
            self.forget_line(self.line_of_row(max(0, rows - 1)))
            self.count()
            self._settle()
            self.repaint_from(max(0, rows - 1))
        elif done or self._shown is self._folds:
            self._show(chosen)
        if not done:
            self._sifting = True
            self.set_timer(INDEX_PAUSE, self._sift_on)

    def _sift_on(self) -> None:
        self._sifting = False
        self._sift()

    def _show(self, rows: Rows) -> None:
        """Show the lines that `rows` says."""
        self._shown = rows
        if rows is self._folds:
            self.reveal(self.hit)
        self.redraw()
        self.count()
        self._settle()

    def _settle(self) -> None:
        """Keep the end at the bottom, or the line in place that was current when the filter was set."""
        if self.following:
            self.put(self.last)
        elif self._held is not None:
            line, y = self._held
            self.put(self.step((self.row_of(line), 0), -y))

    # Events

    def on_mount(self) -> None:
        """Read the log."""
        self.grow()

    def on_resize(self) -> None:
        """Draw in the new width; a log that is followed keeps showing its end."""
        self.reflow(self.at_top())

    def on_click(self, event: events.Click) -> None:
        """A click on the heading of a section folds or unfolds it."""
        row, _ = self.place_at(event.y)
        line = self.line_of_row(row)
        if row < self.rows and line in self._headings and self.text_selection is None and not self.filtered:
            self.toggle(line)
