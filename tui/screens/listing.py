"""Screens that are one list: a grid, a filter, and the prompt for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from tui.look import Look
from tui.rows import RecordRows
from tui.screens.base import TABS, LinesideScreen
from widgets.cells import Cell, Column
from widgets.grid import Grid, ListSource, Row

if TYPE_CHECKING:
    from data.query import Node
    from tui.snapshot import Snapshot
    from widgets.prompt import Prompt

MOST_MARKED = 1_000
"""Rows that one key marks at most."""
LEAVING = frozenset({"back", "leave", "quit", *(f"go.{tab}" for tab in TABS)})
"""Commands that leave a list."""
WITHOUT_ROWS = LEAVING | {"suspend", "filter", "clear", "line", "palette", "help", "refresh", "panes.next"}
"""Commands that need none of a list's rows, and not even the store."""
TYPING = frozenset({"filter", "line", "palette"})
"""Commands behind which keys are text."""
MOVE = "grid."
"""Beginning of the ids of keys that need any rows, those of the last look among them."""


class ListScreen(LinesideScreen):
    """A grid with a filter. Subclasses say what it lists."""

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[tuple[str, ...]] = ()
    """Sentences for an empty list: what would be here, and how to get it."""

    AUTO_FOCUS = "#list"

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__()
        self.filter = filter
        self._seen = seen
        self._before = filter
        self._is_filled = False
        self._fits = True
        """Whether the rows in the grid are those of the filter; those of the last look are, too."""

    def body(self) -> Iterable[Widget]:
        """The grid."""
        yield self.list_grid()

    def columns(self) -> Sequence[Column]:
        """The columns that are shown."""
        return self.COLUMNS

    def list_grid(self) -> Grid:
        """The list, with the rows and the cursor of the last look until the store's own are there."""
        source = ListSource(self._seen.rows if self._seen else ())
        grid = Grid(self.columns(), source, empty_text=self.opening(), id="list")
        if self._seen is not None and self._seen.cursor:
            at = source.index_of(self._seen.cursor)
            if at is None:
                grid.expect(self._seen.cursor)
            else:
                grid.cursor = at
        return grid

    def look(self) -> Look:
        """How the list is looked at, for the next start."""
        return Look(filter=self.filter)

    def snapshot_rows(self, count: int) -> list[Row]:
        """The first rows, for the next start."""
        source = self.grid.source
        rows = (source.row(index) for index in range(min(source.size, count)))
        return [row for row in rows if row is not None]

    def owner_of(self, id: str) -> Widget | None:  # noqa: ARG002 - all of them
        """The list moves by its own commands."""
        return self.grid

    def opening(self) -> tuple[Cell, ...]:
        """What stands there until the store is open."""
        return (Cell("opening the store", "dim"),)

    @property
    def grid(self) -> Grid:
        """The list."""
        return self.query_one("#list", Grid)

    def filter_text(self) -> str:
        """The filter."""
        return self.filter

    # Filling it

    @property
    def is_filled(self) -> bool:
        """Whether the list was read with this filter: its rows are those of the store, or there are none."""
        return self._is_filled

    def filled(self) -> None:
        """The first rows are there; keys that came before them go on."""
        if not self._is_filled:
            self._is_filled = self._fits = True
            self.dashboard.rows_stand(self)

    def load(self) -> None:
        """Read everything again, in the background; a newer call makes an older one void."""
        self.work(self._fill, group="load")

    async def _fill(self) -> None:
        try:
            await self.reload()
        except Exception:  # whatever it was, it is said, and no rows will come
            self.filled()
            raise
        if self.feed is not None:
            self.filled()

    def is_ready_for(self, key: str) -> bool:
        """Whether the rows are there that a key is for."""
        if self._is_filled and self.grid.source.size:
            return True
        if self.focused is None:  # the list is just being put on the screen
            return False
        id_ = self._command_of(key) if self.focused is self.grid else ""
        if id_.startswith(MOVE):
            return self._fits and bool(self.grid.source.size)
        return not id_ or id_ in WITHOUT_ROWS

    def leaves_by(self, key: str) -> bool:
        """Whether a key leaves the list."""
        return self._command_of(key) in LEAVING

    def types_behind(self, key: str) -> bool:
        """Whether keys behind this one are text."""
        return self._command_of(key) in TYPING

    def _command_of(self, key: str) -> str:
        """Id of the command that a key means here; "" for none."""
        bound = self.active_bindings.get(key)
        return (bound.binding.id or "") if bound is not None else ""

    def nothing(self) -> None:
        """Say why the list is empty."""
        if self.filter:
            lines: tuple[Cell, ...] = (
                Cell(f"Nothing matches {self.filter}", "bold"),
                Cell("backspace shows everything again", "dim"),
            )
        else:
            lines = tuple(Cell(line, "dim" if index else "bold") for index, line in enumerate(self.EMPTY))
        self.grid.set_empty(lines)

    def on_grid_wanted(self, message: Grid.Wanted) -> None:
        """Load what came into sight."""
        if message.grid is self.grid:
            self.work(partial(self._want, message.start, message.end), group="want")

    async def _want(self, start: int, stop: int) -> None:
        rows = self.grid.source
        if isinstance(rows, RecordRows):
            await rows.load(start, stop)
            if rows is self.grid.source:
                self.grid.refresh_rows(start, stop)

    def on_grid_range_wanted(self, message: Grid.RangeWanted) -> None:
        """`v` over rows that are not in memory: load and mark them."""
        if message.end - message.start > MOST_MARKED:
            sentence = f"{message.end - message.start:,} rows are too many to mark at once"
            self.say(f"{sentence}, {MOST_MARKED:,} are the most; a filter narrows the list", "warning")
        elif message.grid is self.grid:
            self.work(partial(self._mark, message.start, message.end), group="mark-rows")

    async def _mark(self, start: int, stop: int) -> None:
        await self._want(start, stop)
        self.grid.mark_rows(start, stop)

    # The filter

    def parsed(self) -> Node | None:
        """The filter as a tree; None for no filter.

        Raises:
            QueryError: it cannot be read.
        """
        if not self.filter.strip():
            return None
        from data.query import for_viewer, parse
        from tui.context import names_of

        connections = self.feed.overview.connections if self.feed else ()
        return for_viewer(parse(self.filter), names_of(connections, self.dashboard.user))

    def set_filter(self, text: str) -> None:
        """Show what matches `text`."""
        if text == self.filter:
            return
        self.filter = text
        self._is_filled, self._fits = False, False  # keys that need rows wait for those that fit
        self.refresh_frame()
        self.load()

    def do_filter(self) -> None:
        """`/`: type a filter; the list follows while one types."""
        self._before = self.filter
        self.dashboard.ask(self, "/", self.filter, complete=self.complete_filter)

    def complete_filter(self, text: str) -> Sequence[str]:
        """Completions of a filter: whole texts."""
        return self.dashboard.complete_filter(text)

    def do_clear(self) -> None:
        """`backspace`: no filter."""
        self.set_filter("")

    def do_back(self) -> None:
        """`esc`: drop the filter of a first screen, else go back."""
        if self.filter and self.TAB and self is self.dashboard.screen_stack[0]:
            self.set_filter("")
        else:
            super().do_back()

    def do_open(self) -> None:
        """`enter` from the palette: open what is under the cursor."""
        self.grid.action_open()

    def prompt_changed(self, prompt: Prompt, text: str) -> None:
        """The text of the prompt changed."""
        from data.errors import QueryError
        from data.query import parse

        try:
            parse(text)
        except QueryError as error:
            prompt.show_error(error.message, error.position)
            return
        prompt.show_error("")
        self.set_filter(text)

    def prompt_submitted(self, text: str) -> None:
        """`enter` in the prompt."""
        self.set_filter(text)

    def prompt_cancelled(self) -> None:
        """`esc` in the prompt: as it was before."""
        self.set_filter(self._before)
