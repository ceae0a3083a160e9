"""Results read by viewport: records by position."""

from __future__ import annotations

import asyncio
import weakref
from typing import Final, Generic, TypeVar

from data.model import Record
from data.store.sqlite import reading
from data.store.sqlite.lanes import Lane
from data.store.sqlite.loading import Load
from data.store.sqlite.pulse import Pulse
from data.store.sqlite.tables import Home

R = TypeVar("R", bound=Record)

NEAR: Final = 2000
"""Rows on each side of the last window that `index_of` looks at before all others."""


class SqliteListing(Generic[R]):
    """A query's result in order; see `data.store.port.Listing`."""

    def __init__(self, home: Home, kind: type[R], load: Load, lane: Lane, pulse: Pulse) -> None:
        self._home, self._kind = home, kind
        self._load, self._lane, self._pulse = load, lane, pulse
        self._last = 0
        weakref.finalize(self, load.stop)

    @property
    def size(self) -> int:
        """Number of records; exact once `complete`, a lower bound before."""
        return len(self._load.keys)

    @property
    def complete(self) -> bool:
        """Whether the order of all records is known."""
        return self._load.complete

    async def window(self, start: int, count: int) -> list[R]:
        """Records at positions `start` to `start + count`; shorter at the end. Deleted ones are left out."""
        if start + count > self.size and not self.complete:
            await self.finish()
        self._last = max(start, 0)
        keys = self._load.keys[self._last : self._last + count]
        return await self._lane.run(reading.by_number, self._kind, keys.tolist())

    async def finish(self) -> None:
        """Wait until `complete`."""
        await asyncio.shield(self._load.ended)

    def index_of(self, id: str) -> int | None:
        """Position of a record, None when it is not in it (or not known yet)."""
        key = self._pulse.row_of(self._home.head.name, id)
        if key is None:
            return None
        keys = self._load.keys
        low, high = max(self._last - NEAR, 0), self._last + NEAR
        for start, stop in ((low, high), (0, low), (high, len(keys))):
            try:
                return keys.index(key, start, stop)
            except ValueError:
                continue
        return None
