"""Tabs that list records, with every field of the one under the cursor beside or below the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.app import ComposeResult

from data.model.base import Record
from tui.lazyrows import LazyRows
from tui.present.fields import COLUMNS as FIELD_COLUMNS
from tui.present.fields import FieldLine, field_lines, field_row, matches
from tui.screens.pane import TabPane
from widgets.cells import Cell, Column, layout
from widgets.grid import GUTTER, Grid, Row

if TYPE_CHECKING:
    from data.store.port import Changes, Store

R = TypeVar("R", bound=Record)

LEAST_WIDTH = 16
"""Cells of a value's line at least."""


def value_width(grid: Grid) -> int:
    """Cells that a grid of fields has for the values."""
    placed = {FIELD_COLUMNS[one.column].key: one.width for one in layout(FIELD_COLUMNS, grid.line_width - GUTTER)}
    return max(LEAST_WIDTH, placed.get("value", LEAST_WIDTH))


class FieldsPane(TabPane):
    """A tab that shows every field of one record."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[FieldLine] = []

    def compose(self) -> ComposeResult:
        """The fields."""
        yield Grid(FIELD_COLUMNS, empty_text=(Cell("reading", "dim"),), id=f"{self.id}-list", classes="pane-list")

    def record(self) -> Record | None:
        """The record; None until it is read."""
        raise NotImplementedError

    def told(self) -> Mapping[str, Any]:
        """Words in place of fields."""
        return {}

    def without(self) -> Sequence[str]:
        """Fields that are shown elsewhere."""
        return ()

    async def load(self) -> None:
        """The screen has read it."""
        self.show()

    def on_resize(self) -> None:
        """Break long values anew."""
        self.show()

    def show(self) -> None:
        """Draw the fields."""
        record = self.record()
        if record is None or not self.is_attached:
            return
        lines = field_lines(record, self.now(), value_width(self.grid), self.told(), self.without())
        self.lines = [line for line in lines if matches(line, self.filter)] if self.filter else lines
        self.nothing("Nothing is known of it")
        self.grid.set_source(LazyRows(self.lines, _line_key, field_row))

    def copied(self) -> str:
        """What `y` copies: the value under the cursor."""
        return _copied(self.grid)


class RecordsPane(TabPane, Generic[R]):
    """A tab that lists records of one kind."""

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    KINDS: ClassVar[tuple[type[Record], ...]] = ()
    """Records of which the list is made; when one changes it is read anew."""
    NOTHING: ClassVar[tuple[str, ...]] = ()
    """Sentences for an empty list: what would be here, and how to get it."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[R] = []
        self._minute = -1

    def compose(self) -> ComposeResult:
        """The list, and the fields of the record under its cursor."""
        self.add_class("-records")
        yield Grid(self.COLUMNS, empty_text=(Cell("reading", "dim"),), id=f"{self.id}-list", classes="pane-list")
        yield Grid(FIELD_COLUMNS, id=f"{self.id}-fields", classes="pane-fields")

    # What subclasses say

    async def read(self, store: Store) -> Sequence[R]:
        """The records, in their order."""
        raise NotImplementedError

    def cells(self, record: R) -> tuple[Cell, ...]:
        """The row of a record."""
        raise NotImplementedError

    def told(self, record: R) -> Mapping[str, Any]:  # noqa: ARG002 - most need none
        """Words in place of its fields."""
        return {}

    def open(self, record: R) -> None:
        """`enter`."""

    # Data

    async def load(self) -> None:
        """Read the records."""
        store = self.store
        if store is not None:
            self.records = list(await self.read(store))
            self.show()

    def count(self) -> int:
        """Records."""
        return len(self.records)

    async def data_changed(self, changes: Changes) -> None:
        """Read again when one of them changed."""
        if any(kind in changes.put or kind in changes.deleted for kind in self.KINDS):
            await self.load()

    def show(self) -> None:
        """Draw the list; its cursor stays."""
        if not self.is_attached or not self.ready:
            return
        self.nothing(*self.NOTHING)
        wanted = self.filter.lower()
        shown = [one for one in self.records if not wanted or any(wanted in c.text.lower() for c in self.cells(one))]
        self.grid.set_source(LazyRows(shown, _key, self._row))
        self.show_fields()

    def tick(self) -> None:
        """Ages are told in minutes: once in a minute they are drawn again."""
        minute = self.now().minute
        if minute != self._minute:
            self._minute = minute
            self.show()

    def _row(self, record: R) -> Row:
        return Row(record.id, self.cells(record))

    @property
    def current(self) -> R | None:
        """The record under the cursor."""
        rows = self.grid.source if self.is_attached else None
        return rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None

    # The fields

    @property
    def fields(self) -> Grid:
        """The list of fields."""
        return self.query_one(".pane-fields", Grid)

    def on_grid_moved(self, message: Grid.Moved) -> None:
        """The fields follow the cursor."""
        if message.grid is self.grid:
            self.fields.show_top()
            self.show_fields()
            self.home.refresh_frame()

    def on_resize(self) -> None:
        """Break long values anew."""
        self.show_fields()

    def show_fields(self) -> None:
        """Draw every field of the record under the cursor."""
        record = self.current
        lines = field_lines(record, self.now(), value_width(self.fields), self.told(record)) if record else []
        self.fields.set_source(LazyRows(lines, _line_key, field_row))

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter` in the list."""
        if message.grid is self.grid and self.current is not None:
            self.open(self.current)

    def copied(self) -> str:
        """What `y` copies: the value of the field under the cursor where the fields have the focus."""
        return _copied(self.fields) if self.fields.has_focus else ""


def _copied(grid: Grid) -> str:
    rows = grid.source
    line = rows.item(grid.cursor_key) if isinstance(rows, LazyRows) else None
    return line.whole if isinstance(line, FieldLine) else ""


def _line_key(line: FieldLine) -> str:
    return line.key


def _key(record: Record) -> str:
    return record.id
