"""Rows for a grid out of a store's listing: records are loaded by window and drawn when they are asked for."""

from __future__ import annotations

import asyncio
import traceback
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from widgets.cells import Cell
from widgets.rows import Row

if TYPE_CHECKING:
    from data.model.base import Record
    from data.store.port import Listing

R = TypeVar("R", bound="Record")
T = TypeVar("T")

KEPT = 300
"""Records kept in memory: more than some screens of any size. With all metrics and params one takes some kilobytes."""


class RecordRows(ABC, Generic[R]):
    """A `RowSource` whose rows stand for records of a store, loaded when they come into sight.

    No protocol: with each key a screen asks many times whether its rows are such, which for a protocol takes 0.1 ms.
    """

    @property
    @abstractmethod
    def size(self) -> int:
        """Rows in all."""

    @abstractmethod
    def row(self, index: int) -> Row | None:
        """The row at `index`; None while it is not in memory."""

    @abstractmethod
    def index_of(self, key: str) -> int | None:
        """Where the row `key` stands; None when that is not known or it is not there."""

    @abstractmethod
    def record(self, index: int) -> R | None:
        """The record at `index`; None for rows that stand for none, and for records that are not loaded."""

    @abstractmethod
    async def load(self, start: int, stop: int) -> None:
        """Bring the records of rows `start` to `stop` (exclusive) into memory."""

    @abstractmethod
    def known(self, ids: Iterable[str]) -> list[str]:
        """Those of `ids` that are loaded."""

    @abstractmethod
    def replace(self, records: Mapping[str, R]) -> list[int]:
        """Put newer versions of loaded records in place; returns the rows that changed."""


async def _releasing(reading: Awaitable[T]) -> T:
    """Await a listing's answer. When that is cancelled, nothing holds the listing any more.

    A cancelled task keeps the frames in which it stopped until the next collection of garbage, and a listing that they
    hold goes on reading what nobody wants.
    """
    try:
        return await reading
    except asyncio.CancelledError as cancelled:
        traceback.clear_frames(cancelled.__traceback__)
        raise


class _Ended(Generic[R]):
    """A listing of so many records that reads none of them."""

    complete = True

    def __init__(self, size: int) -> None:
        self.size = size

    async def window(self, start: int, count: int) -> list[R]:  # noqa: ARG002 - whichever they are
        """None."""
        return []

    async def finish(self) -> None:
        """There is nothing to wait for."""

    def index_of(self, id: str) -> int | None:  # noqa: ARG002 - whichever it is
        """Nothing is known."""
        return None


class StoreRows(RecordRows[R]):
    """Rows over a `Listing`, with rows of the caller's own above it (such as launches under way).

    `cells` turns a record into its cells each time that the row is drawn, so that ages stay right.
    """

    def __init__(self, listing: Listing[R], cells: Callable[[R], tuple[Cell, ...]], above: Sequence[Row] = ()) -> None:
        self.listing: Listing[R] = listing
        self._cells = cells
        self._above = tuple(above)
        self._above_index = {row.key: index for index, row in enumerate(self._above)}
        self._records: dict[int, R] = {}
        self._positions: dict[str, int] = {}

    def let_go(self) -> None:
        """Read nothing any more: other rows are about to take their place, and the store has better things to do."""
        if not self.listing.complete:
            self.listing = _Ended(self.listing.size)

    async def finish(self) -> None:
        """Wait until all rows are known."""
        await _releasing(self.listing.finish())

    @property
    def size(self) -> int:
        """Rows in all."""
        return self.listing.size + len(self._above)

    @property
    def above(self) -> tuple[Row, ...]:
        """The caller's own rows."""
        return self._above

    def row(self, index: int) -> Row | None:
        """The row at `index`; None while its record is not loaded."""
        if index < len(self._above):
            return self._above[index]
        record = self._records.get(index - len(self._above))
        return None if record is None else Row(record.id, self._cells(record))

    def record(self, index: int) -> R | None:
        """The record at `index`; None for rows above and for records that are not loaded."""
        return self._records.get(index - len(self._above))

    def index_of(self, key: str) -> int | None:
        """Where the row of `key` is."""
        if key in self._above_index:
            return self._above_index[key]
        position = self._positions.get(key)
        if position is None:
            position = self.listing.index_of(key)
        return None if position is None else position + len(self._above)

    async def load(self, start: int, stop: int) -> None:
        """Bring the records of rows `start` to `stop` into memory."""
        first = max(0, start - len(self._above))
        last = min(stop - len(self._above), self.listing.size)
        while first < last and first in self._records:
            first += 1
        while first < last and last - 1 in self._records:
            last -= 1
        if first >= last:
            return
        if len(self._records) > KEPT:
            self._records.clear()
            self._positions.clear()
        for offset, record in enumerate(await _releasing(self.listing.window(first, last - first))):
            self._records[first + offset] = record
            self._positions[record.id] = first + offset

    def known(self, ids: Iterable[str]) -> list[str]:
        """Those of `ids` that are loaded."""
        return [id_ for id_ in ids if id_ in self._positions]

    def replace(self, records: Mapping[str, R]) -> list[int]:
        """Put newer versions of loaded records in place; returns the rows that changed."""
        changed = []
        for id_, record in records.items():
            position = self._positions.get(id_)
            if position is not None and self._records.get(position) != record:
                self._records[position] = record
                changed.append(position + len(self._above))
        return changed
