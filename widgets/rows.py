"""Rows of a grid and where they come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from widgets.cells import Cell


class Row(NamedTuple):
    """One row.

    Attributes:
        key: names the row for good, wherever it stands.
        cells: one per column of the grid, in the order of its columns; a single one has the whole line.
        marked: drawn as marked, in addition to those that the user marks.
        stale: its data is old; drawn dim.
    """

    key: str
    cells: tuple[Cell, ...]
    marked: bool = False
    stale: bool = False


class RowSource(Protocol):
    """Any number of rows, of which some are in memory. Every call returns at once."""

    @property
    def size(self) -> int:
        """How many rows there are."""

    def row(self, index: int) -> Row | None:
        """Row `index`, None while it is not in memory."""

    def index_of(self, key: str) -> int | None:
        """Where the row `key` stands, None when that is not known or it is not there."""


class ListSource:
    """A short list of rows, all in memory."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = tuple(rows)
        self._index = {row.key: index for index, row in enumerate(self.rows)}

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def row(self, index: int) -> Row | None:
        """Row `index`, None outside of the list."""
        return self.rows[index] if 0 <= index < len(self.rows) else None

    def index_of(self, key: str) -> int | None:
        """Where the row `key` stands."""
        return self._index.get(key)


class Anchor(NamedTuple):
    """Where a grid stands: cursor and first row in sight, by index and, where known, by key."""

    cursor: int
    cursor_key: str | None
    top: int
    top_key: str | None

    @property
    def home(self) -> bool:
        """Whether the grid shows its beginning with the cursor on it; then it keeps showing the beginning."""
        return self.cursor == 0 and self.top == 0

    def move(self, source: RowSource, page: int) -> tuple[int, int]:
        """(cursor, top) that keep cursor and view on the same rows in a changed `source`.

        A visible cursor keeps its place on the screen; else the first row in sight does. A row that is gone is replaced
        by the one that took its place.
        """
        last = max(0, source.size - 1)
        if self.home:
            return 0, 0
        found = None if self.cursor_key is None else source.index_of(self.cursor_key)
        cursor = max(0, min(last, self.cursor if found is None else found))
        if self.top <= self.cursor < self.top + page:
            top = self.top + cursor - self.cursor
        else:
            known = None if self.top_key is None else source.index_of(self.top_key)
            top = self.top if known is None else known
        return cursor, max(0, min(top, source.size - page))
