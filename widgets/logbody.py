"""What of a log is in sight: growth, following its end, folded sections, the status line. `LogView` adds keys."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.strip import Strip

from data.logtext import LogIndex, LogLine, Section
from widgets.cells import Cell
from widgets.folds import Folds
from widgets.logpaint import NUMBER_WIDTH, LogPaint

INDEX_SLICE = 0.008
"""Seconds for which the index is extended before keys are answered again."""

INDEX_PAUSE = 0.001
"""Seconds left for keys and drawing between two slices."""


class LogBody(LogPaint):
    """The lines of a `LogIndex` that are not folded away, and the status line behind them."""

    @dataclass(eq=False, repr=False)
    class FollowChanged(Message, namespace="log_view"):
        """The view begins, or ceases, to follow the end of the log."""

        following: bool

    def __init__(
        self,
        index: LogIndex | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.index = index
        self.following = True
        self._folds = Folds()
        self._sections: list[Section] = []
        self.lines = 0
        """Lines of the log that are shown, or folded away; the index may know more already."""
        self._slicing = False
        self._first_new = 0
        """First line that is new and not shown yet."""
        self._tail: list[LogLine] = []
        """The last lines of a large log, shown until it is indexed."""

    def open(self, index: LogIndex) -> None:
        """Show another log, or the same one anew, at its end."""
        if self.index is not None and self.index is not index:
            self.index.close()
        self.index = index
        self._reset()
        self.grow()

    def grow(self) -> None:
        """Take over what was written to the file; large files are read in slices, between which keys are answered."""
        if self.index is None or self._slicing:
            return
        growth = self.index.extend(seconds=INDEX_SLICE)
        if growth.reset:
            self._reset()
        self._first_new = min(self._first_new, growth.first)
        if growth.done and self._first_new >= self.index.lines and not growth.reset:
            return
        if growth.done or not self.following:
            # While the end is still being looked for, following it would repaint the page for every slice.
            first, self._first_new, self._tail = self._first_new, self.index.lines, []
            self.show_lines(first)
            self.grown(first)
        elif not self.lines and not self._tail:
            self._tail = self.index.tail()
            self.refresh()
        if not growth.done:
            # A timer, unlike `call_later`, lets what is drawn reach the terminal meanwhile.
            self._slicing = True
            self.set_timer(INDEX_PAUSE, self._go_on)

    def _go_on(self) -> None:
        self._slicing = False
        self.grow()

    def grown(self, first: int) -> None:
        """Lines from `first` on are new or have changed; for subclasses."""

    def restarted(self) -> None:
        """Another log is shown, or the same one from its beginning; for subclasses."""

    def set_status(self, status: Cell) -> None:
        """Say behind the last line what the log waits for; an empty cell takes that line away."""
        if status != self.status:
            self.status = status
            self.show_lines(self.lines)

    def _reset(self) -> None:
        self._folded.clear()
        self._headings = {}
        self._folds = Folds()
        self._sections = []
        self._tail = []
        self._first_new = self.lines = 0
        self.pan = 0
        self.following = True
        self._redraw()
        self.restarted()

    def show_lines(self, first: int) -> None:
        """Draw the lines from `first` on, which are new or have changed, and the status line."""
        for number in [number for number in self._strips if number >= first]:
            del self._strips[number]
        self.lines = 0 if self.index is None else self.index.lines
        self._take_sections()
        self.set_count(self.rows + bool(self.status.text))
        if self.following:
            self.jump(self.rows)
        digits = max(NUMBER_WIDTH, len(str(self.lines)))
        if digits != self.number_width:
            self.number_width = digits
            self._redraw()
        begin = max(0, self._folds.row(first) - self.top)
        if begin < self.page:
            self.repaint(begin, self.page - begin)

    def _take_sections(self) -> None:
        """Take over the sections of the log: those that the job wants folded are, when they are new."""
        if self.index is None:
            return
        sections = self.index.sections
        if sections is not self._sections:
            self._folded |= {section.start for section in sections[len(self._sections) :] if section.collapsed}
            self._sections = sections
            before, self._headings = self._headings, {section.start: section for section in sections}
            for start in [start for start in before if before[start] != self._headings.get(start)]:
                self._strips.pop(start, None)
                self.repaint(self._folds.row(start) - self.top)
        if self._folded:
            self._refold()

    def _refold(self) -> None:
        assert self.index is not None
        hidden = []
        for start in self._folded:
            section = self._headings.get(start)
            if section is not None:
                end = self.lines if section.end is None else section.end
                hidden.append((start + 1, end + (end not in self._headings and self._is_blank(end))))
        self._folds = Folds(hidden)

    def _is_blank(self, number: int) -> bool:
        """Whether line `number` exists and holds nothing but markers."""
        assert self.index is not None
        return number < self.index.lines and not self.index.line(number).text

    @property
    def rows(self) -> int:
        """Lines of the log that are not folded away."""
        return self._folds.rows(self.lines)

    @property
    def current(self) -> int:
        """The line that keys refer to: the current match where it is in sight, else the first line in sight."""
        if self.hit >= 0 and self.top <= self._folds.row(self.hit) < self.top + self.page:
            return self.hit
        return self._folds.line(self.top)

    # Drawing

    def line(self, y: int) -> Strip:
        """A line of the log, or the status line, or nothing."""
        if self._tail:
            at = len(self._tail) - self.page + y
            return self.draw_unnumbered(self._tail[at]) if at >= 0 else self.strip((), self.line_width)
        row = self.top + y
        if row < self.rows:
            return self.draw_line(self._folds.line(row), row)
        return self.draw_status() if row == self.rows and self.status.text else self.strip((), self.line_width)

    def _redraw(self) -> None:
        self.forget_lines()
        self.refresh()

    def on_mount(self) -> None:
        """Read the log."""
        self.grow()

    def on_resize(self) -> None:
        """Draw in the new width; a log that is followed keeps showing its end."""
        self.forget_lines()
        self.show_lines(0)

    def on_click(self, event: events.Click) -> None:
        """A click on the heading of a section folds or unfolds it."""
        row = self.top + event.y
        if row < self.rows and self._folds.line(row) in self._headings and self.text_selection is None:
            self._toggle(self._folds.line(row))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up leaves the end of the log; reaching it again takes it up."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and new_value < self.max_scroll_y:
            self._follow(False)
        elif new_value >= self.max_scroll_y:
            self._follow(True)

    def _follow(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.post_message(self.FollowChanged(following))

    def _section_of(self, number: int) -> int | None:
        """Heading of the innermost section that holds line `number`."""
        around = [
            start
            for start, section in self._headings.items()
            if start <= number and (section.end is None or number < section.end)
        ]
        return around[-1] if around else None

    def _toggle(self, start: int) -> None:
        self._folded ^= {start}
        self._refold()
        self.set_count(self.rows + bool(self.status.text))
        row = self._folds.row(start)
        if row < self.top:
            self.jump(row)
        self._redraw()

    def _reveal(self, number: int) -> None:
        """Unfold what hides line `number`."""
        while self._folds.hides(number):
            inside = [s for s in self._folded if s < number and self._hides(s, number)]
            self._folded -= set(inside)
            self._refold()
            self.set_count(self.rows + bool(self.status.text))
            self._redraw()

    def _hides(self, start: int, number: int) -> bool:
        section = self._headings.get(start)
        return section is not None and (section.end is None or number <= section.end)
