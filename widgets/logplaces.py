"""Where the lines of a log stand: rows, long lines that take several rows of the screen, scrolling among them.

    row     the place of a line among those that are in sight, not folded away nor left out by a filter
    part    which of the screen's rows that a wrapped line takes; 0 for its first one
    place   (row, part)

The scroll bar counts rows, so no more heights are ever needed than those of the lines on one screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from widgets.folds import Folds
from widgets.logpaint import LogPaint
from widgets.logrows import Rows

Place: TypeAlias = tuple[int, int]
"""Row and part."""

CONTEXT = 3
"""A line that was gone to is put at this part of the page (1/3 from the top)."""

WHEEL = 3
"""Rows of the screen by which the mouse wheel moves."""


class LogPlaces(LogPaint):
    """Lines that are in sight, and how one moves among them."""

    @dataclass(eq=False, repr=False)
    class FollowChanged(Message, namespace="log_view"):
        """The view begins, or ceases, to follow the end of the log."""

        following: bool

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.following = True
        self.lines = 0
        """Lines of the log that are shown or left out; the index may know more already."""
        self.part = 0
        """The part of the line at the top that is first in sight."""
        self._folds = Folds()
        self._shown: Rows = self._folds
        self._last: Place | None = None
        """The place at the top when the end of the log is at the bottom, where it is known."""
        self._page: list[Place] = []
        """Places of the rows of the screen, as far as they were asked for."""
        self._placing = False

    # Rows

    @property
    def rows(self) -> int:
        """Lines of the log that are in sight or can be scrolled to."""
        return self._shown.rows(self.lines)

    def row_of(self, line: int) -> int:
        """Where `line` stands; for one that is not in sight, where a line near it stands."""
        return max(0, min(self._shown.row(line), self.rows - 1))

    def line_of_row(self, row: int) -> int:
        """The line of the log that stands in `row`."""
        return self._shown.line(max(0, row))

    def hides(self, line: int) -> bool:
        """Whether `line` is folded away, or left out by the filter."""
        return self._shown.hides(line)

    @property
    def extent(self) -> int:
        """Rows with the one of the status line."""
        return self.rows + bool(self.status.text)

    @property
    def current(self) -> int:
        """The line that keys refer to: the one gone to last where it is in sight, else the first line in sight."""
        if self.hit >= 0 and not self.hides(self.hit) and 0 <= self._y_of((self._shown.row(self.hit), 0)) < self.page:
            return self.hit
        return self.line_of_row(self.top)

    # Places

    def height(self, row: int) -> int:
        """Rows of the screen that the line in `row` takes."""
        return self.height_of(self.line_of_row(row)) if self.wrap and row < self.rows else 1

    def step(self, place: Place, count: int) -> Place:
        """The place `count` rows of the screen below `place`; not before the first one, nor far behind the last one."""
        row, part = place[0], place[1] + count
        if not self.wrap:
            return max(0, row + count), 0
        while part < 0 and row > 0:
            row -= 1
            part += self.height(row)
        extent = self.extent
        while row < extent and part >= (height := self.height(row)):
            part -= height
            row += 1
        return row, max(0, part)

    @property
    def last(self) -> Place:
        """The place at the top when the end of the log is at the bottom."""
        if self._last is None:
            self._last = self.step((self.extent, 0), -self.page)
        return self._last

    def place_at(self, y: int) -> Place:
        """What stands in row `y` of the screen; `extent` or a row behind it where nothing does."""
        if not self.wrap:
            return self.top + y, 0
        page = self._page
        if not page or page[0] != (self.top, self.part):
            page[:] = [(self.top, self.part)]
        while len(page) <= y:
            page.append(self.step(page[-1], 1))
        return page[y]

    def _y_of(self, place: Place) -> int:
        """The row of the screen in which `place` is; -1 above the screen, `page` below it."""
        if place < (self.top, self.part):
            return -1
        if not self.wrap:
            return min(self.page, place[0] - self.top)
        return next((y for y in range(self.page) if self.place_at(y) >= place), self.page)

    # Scrolling

    def jump(self, top: int) -> None:
        """Bring row `top` to the first place, as far as there are rows enough."""
        self.place((top, 0))

    def place(self, place: Place) -> None:
        """Bring `place` to the top, as far as there are rows enough, because the user scrolls.

        Going up leaves the end of the log; reaching it, or trying to go beyond it, takes it up.
        """
        before = self.top, self.part
        self.put(place)
        after = self.top, self.part
        if after >= self.last and (after > before or place > self.last):
            self.follow(True)
        elif after < before:
            self.follow(False)
        self.moved()

    def put(self, place: Place) -> None:
        """Bring `place` to the top, as far as there are rows enough."""
        before = self.top, self.part
        row, self.part = max((0, 0), min(place, self.last))
        self._placing = True
        super().jump(row)
        self._placing = False
        if self.top != row:  # there is no room yet to scroll in; a part belongs to its own line only
            self.part = 0
        if before[0] == self.top and before[1] != self.part:
            self.refresh()

    def keep(self, place: Place) -> None:
        """Bring `place` to the top because rows came or went; the end is left when it is out of sight then."""
        self.put(place)
        if (self.top, self.part) < self.last:
            self.follow(False)

    def moved(self) -> None:
        """The user went elsewhere, or tried to; for subclasses."""

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """The mouse moves the scroll bar: go to the beginning of a line, or to the end of the log."""
        if self._placing or y is None:
            super().scroll_to(x, y, **options)
        else:
            self.place(self.last if y >= self.last[0] else (round(y), 0))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves by rows of the screen."""
        self._wheel(event, WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves by rows of the screen."""
        self._wheel(event, -WHEEL)

    def _wheel(self, event: events.MouseEvent, count: int) -> None:
        event.prevent_default()
        event.stop()
        self.move(count)

    def move(self, count: int) -> None:
        """Scroll by `count` rows of the screen."""
        self.place(self.step((self.top, self.part), count))

    def go_top(self) -> None:
        """To the beginning."""
        self.place((0, 0))

    def go_end(self) -> None:
        """To the end, and follow it."""
        self.place(self.last)
        self.follow(True)

    def follow(self, following: bool) -> None:
        """Follow the end of the log, or cease to."""
        if following != self.following:
            self.following = following
            self.post_message(self.FollowChanged(following))

    def bring(self, line: int, *, at: int | None = None) -> None:
        """Scroll until `line` is in sight, if it is not: to row `at` of the screen, else as little as needed.

        Then the end is not followed any more, lest it takes the line out of sight again. Of a line that takes several
        rows the first match is brought into sight, as far as there is one.
        """
        place = self.row_of(line), self.part_at(line, self._match_in(line))
        y = self._y_of(place)
        if not 0 <= y < self.page:
            above = at if at is not None else 0 if y < 0 else self.page - 1
            self.put(self.step(place, -above))
            self.follow(False)
            self.moved()

    def _match_in(self, line: int) -> int:
        """Character at which the first match in `line` begins."""
        if not self.wrap or self.pattern is None:
            return 0
        found = self.pattern.search(self._read(line).text)
        return found.start() if found is not None else 0

    # How it is shown

    def set_wrap(self, on: bool) -> None:
        """Wrap long lines, or let `pan` move them."""
        if on == self.wrap:
            return
        if not self.is_attached:  # nothing stands anywhere yet
            self.wrap = on
            return
        place = self.at_top()
        self.wrap = on
        self.pan = 0
        self.reflow(place)

    def pan_by(self, cells: int) -> None:
        """Move lines that run on by `cells`, to the right as far as the longest line in sight goes."""
        pan = max(0, self.pan + cells)
        if cells > 0:
            pan = max(self.pan, min(pan, self._beyond()))
        if pan != self.pan and not self.wrap:
            self.pan = pan
            self.redraw()

    def _beyond(self) -> int:
        """Cells that the longest line in sight has beyond what fits."""
        lines = [self.line_of_row(row) for row in range(self.top, min(self.rows, self.top + self.page))]
        return max((self.cells_of(line) - self.room_of(line) for line in lines), default=0)

    def at_top(self) -> Place:
        """What is at the top, for `reflow` after lines are wrapped otherwise: the row, and a character of its line."""
        number = self.line_of_row(self.top)
        known = self._cuts.get(number) if self.part else None
        return self.top, known[min(self.part, len(known) - 1)] if known else 0

    def reflow(self, at_top: Place) -> None:
        """Draw anew because lines wrap otherwise; what was at the top stays there, or the end at the bottom."""
        self.forget_lines()
        self.count()
        row, character = at_top
        self.put(self.last if self.following else (row, self.part_at(self.line_of_row(row), character)))
        self.refresh()

    def count(self) -> None:
        """Tell the scroll bar how many rows there are: so many that its end shows the end of the last line."""
        self._last = None
        self._page.clear()
        self._placing = True
        self.set_count(self.last[0] + self.page if self.wrap else self.extent)
        self._placing = False
        if (self.top, self.part) > self.last:
            self.part = self.last[1]

    # Drawing

    def line(self, y: int) -> Strip:
        """A row of the log, or the status line, or nothing."""
        row, part = self.place_at(y)
        if row < self.rows:
            return self.draw_row(self.line_of_row(row), part, row)
        return self.draw_status() if row == self.rows and self.status.text else self.strip((), self.line_width)

    def ruled(self, number: int, part: int, row: int) -> bool:
        """Whether lines are left out below this row of the screen, which the gutter tells of."""
        return self._shown.gap_after(row, self.lines) and part == self.height_of(number) - 1

    def forget_lines(self) -> None:
        """Drop what is known of how the lines are drawn."""
        super().forget_lines()
        self._last = None
        self._page.clear()

    def shift_lines(self, count: int) -> None:
        """The numbers of all lines grow by `count`, and with them nearly all places."""
        super().shift_lines(count)
        self.lines += count
        self._last = None
        self._page.clear()

    def redraw(self) -> None:
        """Draw every line in sight anew."""
        self.forget_lines()
        self.refresh()

    def repaint_from(self, row: int) -> None:
        """Draw `row` and all below it again."""
        y = max(0, self._y_of((row, 0)))
        if y < self.page:
            self.repaint(y, self.page - y)

    def repaint_row(self, row: int) -> None:
        """Draw `row` again, where it is in sight; a wrapped line may take more or fewer rows of the screen now."""
        if self.wrap:
            self._page.clear()
            self.repaint_from(row)
        elif self.top <= row < self.top + self.page:
            self.repaint(row - self.top)

    def shift_selection(self, count: int) -> None:
        """Keep the text that is selected with the mouse, where rows have `count` rows more above them."""
        selection = self.text_selection
        if selection is not None:
            ends = [None if end is None else Offset(end.x, end.y + count) for end in selection]
            self.screen.selections[self] = Selection(*ends)
