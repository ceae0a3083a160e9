"""A list of rows with a cursor: keys, mouse, messages and what happens when rows come and go. `Grid` draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from widgets.lines import LineView
from widgets.rows import Anchor, ListSource, Row, RowSource

WANTED_MARGIN = 32
"""Rows above and below those in sight that are asked for too, so that the next keys find them in memory."""


class CursorView(LineView):
    """Rows of a `RowSource`, of which one has the cursor, which stays on its row, by key, while rows come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "cursor_down", "Down", show=False, id="grid.down"),
        Binding("k,up", "cursor_up", "Up", show=False, id="grid.up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="grid.page_down"),
        Binding("pageup", "page_up", "Page up", show=False, id="grid.page_up"),
        Binding("ctrl+d", "half_page_down", "Half a page down", show=False, id="grid.half_page_down"),
        Binding("ctrl+u", "half_page_up", "Half a page up", show=False, id="grid.half_page_up"),
        Binding("g,home", "home", "First row", show=False, id="grid.home"),
        Binding("G,end", "end", "Last row", show=False, id="grid.end"),
        Binding("enter", "open", "Open", show=False, id="grid.open"),
    ]

    @dataclass(eq=False, repr=False)
    class Sent(Message, bubble=False):
        """A message of a grid."""

        grid: CursorView

        @property
        def control(self) -> CursorView:
            """The grid that sent it."""
            return self.grid

        def can_replace(self, message: Message) -> bool:
            """The newest of its kind from one grid suffices."""
            return isinstance(message, type(self)) and message.grid is self.grid

    @dataclass(eq=False, repr=False)
    class Wanted(Sent, bubble=True, namespace="grid"):
        """Rows `start` to `end` (exclusive) are, or soon will be, in sight and not all of them in memory."""

        start: int
        end: int

    @dataclass(eq=False, repr=False)
    class Scrolled(Sent, bubble=True, namespace="grid"):
        """Other rows came into sight: `start` to `end` (exclusive)."""

        start: int
        end: int

    @dataclass(eq=False, repr=False)
    class Moved(Sent, bubble=True, namespace="grid"):
        """The cursor stands on another row; `key` is None while that row is not in memory."""

        index: int
        key: str | None

    @dataclass(eq=False, repr=False)
    class Opened(Sent, bubble=True, namespace="grid"):
        """The user asked for the row under the cursor."""

        key: str
        index: int

        def can_replace(self, message: Message) -> bool:  # noqa: ARG002 - none is replaced
            """Each one counts."""
            return False

    def __init__(
        self,
        source: RowSource | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.source: RowSource = source if source is not None else ListSource()
        self.cursor = 0
        self._key: str | None = None
        self._top_key: str | None = None
        self._expected: str | None = None
        self._asked: tuple[int, int] | None = None
        self._sent_view: tuple[int, int] | None = None

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor; None when there is none, or it is not in memory yet."""
        return self._key

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, where it is in memory."""
        return self.source.row(self.cursor) if self.source.size else None

    @property
    def in_sight(self) -> tuple[int, int]:
        """Rows in sight: start, and stop (exclusive)."""
        return self.top, min(self.source.size, self.top + self.page)

    def set_source(self, source: RowSource) -> None:
        """Show the rows of `source`; cursor and view stay on their rows where it knows them."""
        self.source = source
        self.size_changed()

    @property
    def place(self) -> Anchor:
        """Where the list stands: what `set_source` keeps."""
        return Anchor(self.cursor, self._key, self.top, self._top_key)

    def show_top(self) -> None:
        """Forget where the list stands: the next source is shown from its beginning."""
        self.cursor, self._key, self._top_key, self._expected = 0, None, None, None
        self.jump(0)

    def size_changed(self) -> None:
        """Take over a source that has more, fewer or otherwise ordered rows than before."""
        expected = None if self._expected is None else self.source.index_of(self._expected)
        cursor, top = self.place.move(self.source, self.page)
        self._asked = None
        self.set_count(self.source.size)
        self._set_cursor(cursor)
        if top != self.top and self.laid_out:
            self.jump(top)
        if self.is_attached:
            self._view_changed()
            self.repaint_rows()
        if expected is not None:
            self.move_to(expected)

    def refresh_rows(self, start: int, stop: int) -> None:
        """Take over rows `start` to `stop` (exclusive) that came into memory or changed, and draw them."""
        self._asked = None
        if start <= self.cursor < stop:
            self._set_cursor(self.cursor)
        if start <= self.top < stop:
            self._top_key = self.key_at(self.top)
        self.repaint_rows(start, stop)

    def repaint_rows(self, start: int = 0, stop: int | None = None) -> None:
        """Draw those rows in sight, from `start` to `stop` (exclusive), again that look different now."""
        raise NotImplementedError

    def key_at(self, index: int) -> str | None:
        """Key of row `index`, None when it is not in memory or there is none."""
        row = self.source.row(index) if 0 <= index < self.source.size else None
        return None if row is None else row.key

    # The cursor

    def move_to(self, index: int) -> None:
        """Put the cursor on row `index`, the nearest that exists, and bring it into sight."""
        self._expected = None
        self._put(index)

    def _put(self, index: int) -> None:
        index = max(0, min(self.source.size - 1, index))
        old = self.cursor
        self._set_cursor(index)
        if not self.laid_out:  # `on_resize` brings it into sight
            return
        if index < self.top:
            self.jump(index)
        elif index >= self.top + self.page:
            self.jump(index - self.page + 1)
        self.repaint_rows(old, old + 1)
        self.repaint_rows(index, index + 1)

    def go_to(self, key: str) -> bool:
        """Put the cursor on the row `key`; False when the source does not know where it is."""
        index = self.source.index_of(key)
        if index is None:
            return False
        self.move_to(index)
        return True

    def expect(self, key: str) -> None:
        """Put the cursor on the row `key` as soon as a source knows where it is, unless it is moved before."""
        if not self.go_to(key):
            self._expected = key

    def _set_cursor(self, index: int) -> None:
        key = self.key_at(index)
        if (index, key) != (self.cursor, self._key):
            self.cursor, self._key = index, key
            self.post_message(self.Moved(self, index, key))

    def _move_page(self, rows: int) -> None:
        """Move view and cursor by `rows`, so that the cursor keeps its place on the screen where it can."""
        top = max(0, min(self.top + rows, self.source.size - self.page))
        if top != self.top:
            self.jump(top)
        self.move_to(self.cursor + rows)

    def action_cursor_down(self) -> None:
        """One row down."""
        self.move_to(self.cursor + 1)

    def action_cursor_up(self) -> None:
        """One row up."""
        self.move_to(self.cursor - 1)

    def action_page_down(self) -> None:
        """One page down."""
        self._move_page(self.page)

    def action_page_up(self) -> None:
        """One page up."""
        self._move_page(-self.page)

    def action_half_page_down(self) -> None:
        """Half a page down."""
        self._move_page(max(1, self.page // 2))

    def action_half_page_up(self) -> None:
        """Half a page up."""
        self._move_page(-max(1, self.page // 2))

    def action_home(self) -> None:
        """To the first row."""
        self.move_to(0)

    def action_end(self) -> None:
        """To the last row."""
        self.move_to(self.source.size - 1)

    def action_open(self) -> None:
        """Tell the owner that the row under the cursor is wanted."""
        if self._key is not None:
            self.post_message(self.Opened(self, self._key, self.cursor))

    # Events

    def on_mount(self) -> None:
        """Show what the source has."""
        self.size_changed()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.set_count(self.source.size)
        self._put(self.cursor)
        self._view_changed()

    def on_click(self, event: events.Click) -> None:
        """A first click puts the cursor on a row, a second one opens it."""
        index = self.top + event.y - self.HEADER
        if event.y < self.HEADER or index >= self.source.size:
            return
        if index == self.cursor:
            self.action_open()
        else:
            self.move_to(index)

    def watch_has_focus(self, value: bool) -> None:
        """Draw the cursor as one that keys move, or as one that they do not."""
        super().watch_has_focus(value)
        self.repaint_rows(self.cursor, self.cursor + 1)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the rows that came into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._view_changed()

    def _view_changed(self) -> None:
        start, stop = self.in_sight
        self._top_key = self.key_at(start)
        if self._sent_view != (start, stop):
            self._sent_view = start, stop
            self.post_message(self.Scrolled(self, start, stop))
        first, end = max(0, start - WANTED_MARGIN), min(self.source.size, stop + WANTED_MARGIN)
        if self._asked != (first, end) and self._missing(first, start, stop, end):
            self._asked = first, end
            self.post_message(self.Wanted(self, first, end))

    def _missing(self, first: int, start: int, stop: int, end: int) -> bool:
        """Whether a row in sight (`start` to `stop`) or one at the ends of the margins is not in memory."""
        return any(self.source.row(index) is None for index in {first, max(first, end - 1), *range(start, stop)} if end)
