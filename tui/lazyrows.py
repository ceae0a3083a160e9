"""Rows for a grid out of a list in memory: a row is made when it comes into sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from widgets.rows import Row

T = TypeVar("T")


class LazyRows(Generic[T]):
    """A row source over `items`; `key` names an item for good, `make` draws it."""

    def __init__(self, items: Sequence[T], key: Callable[[T], str], make: Callable[[T], Row]) -> None:
        self.items = items
        self._key, self._make = key, make
        self._rows: dict[int, Row] = {}
        self._places: dict[str, int] | None = None

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.items)

    def row(self, index: int) -> Row | None:
        """Row `index`, None outside of the list."""
        if not 0 <= index < len(self.items):
            return None
        row = self._rows.get(index)
        if row is None:
            row = self._rows[index] = self._make(self.items[index])
        return row

    def item(self, key: str | None) -> T | None:
        """The item that `key` names."""
        place = None if key is None else self.index_of(key)
        return None if place is None else self.items[place]

    def index_of(self, key: str) -> int | None:
        """Where the row `key` stands."""
        if self._places is None:
            self._places = {self._key(item): index for index, item in enumerate(self.items)}
        return self._places.get(key)

    def forget(self, indices: Iterable[int]) -> None:
        """Draw these rows anew when they are asked for again."""
        for index in indices:
            self._rows.pop(index, None)
