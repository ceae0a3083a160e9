"""Results read by viewport: the ids of all records in order, and records by position."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from data.errors import StoreError
from data.model import Record
from data.store.mongo.client import Server
from data.store.mongo.failures import as_store_errors
from data.store.mongo.homes import ID, Document, Home, id_in
from data.store.mongo.order import Part, Token, behind
from data.store.mongo.predicate import all_of
from data.store.mongo.reading import get_many, rows

R = TypeVar("R", bound=Record)

FIRST: Final = 200
"""Records whose ids are read before all others: more than the tallest screen shows."""
ALL: Final = 2**31 - 1
"""More than there are, for a server that reads whole collections anyway."""
BATCH: Final = 20_000
"""Ids of an answer."""
NEAR: Final = 2000
"""Positions on each side of the last window that `index_of` looks at before all others."""


class Load:
    """The ids of one result while they arrive: the first, then all that come behind those.

    Attributes:
        ids: those that are known.
        complete: whether these are all.
    """

    def __init__(self, server: Server, at: Home, condition: Document, parts: Sequence[Part]) -> None:
        self._server, self._at, self._condition, self._parts = server, at, condition, parts
        self.ids: list[str] = []
        self.complete = False
        self.task: asyncio.Task[None] | None = None
        self._wanted = True

    async def begin(self) -> None:
        """Read the first ids, and go on with the others behind the scenes."""
        enough = ALL if self._server.scans else FIRST
        first = await rows(self._server, self._at, self._condition, self._parts, None, enough, {ID: 1})
        self.ids = [id_ for document, _ in first if (id_ := id_in(document)) is not None]
        self.complete = len(first) < enough
        if not self.complete:
            self.task = self._server.calls.start(self._rest(first[-1][1]))

    async def _rest(self, after: Token) -> None:
        with as_store_errors(self._server.place):
            found: list[str] = []
            seen = set(self.ids)
            collection = self._server.database[self._at.collection]
            for number in range(after.part, len(self._parts)):
                part = self._parts[number]
                here = [behind(part, after.values)] if number == after.part else []
                query = all_of([part.condition, self._condition, *here])
                async for one in collection.find(query, {ID: 1}).sort(part.sort).batch_size(BATCH):
                    if not self._wanted:
                        return
                    id_ = id_in(one)
                    if id_ is not None and id_ not in seen:  # a record that moved down the order while it was read
                        seen.add(id_)
                        found.append(id_)
            self.ids += found
            self.complete = True

    def stop(self) -> None:
        """Nobody waits any more."""
        self._wanted = False


class MongoListing(Generic[R]):
    """A query's result in order; see `data.store.port.Listing`."""

    def __init__(self, server: Server, kind: type[R], load: Load) -> None:
        self._server, self._kind, self._load = server, kind, load
        self._last = 0
        self._gone: set[str] = set()
        weakref.finalize(self, load.stop)

    @property
    def size(self) -> int:
        """Number of records; exact once `complete`, a lower bound before."""
        return len(self._load.ids)

    @property
    def complete(self) -> bool:
        """Whether the order of all records is known."""
        return self._load.complete

    async def window(self, start: int, count: int) -> list[R]:
        """Records at positions `start` to `start + count`; shorter at the end. Deleted ones are left out."""
        if start + count > self.size and not self.complete:
            await self.finish()
        self._last = max(start, 0)
        ids = self._load.ids[self._last : self._last + count]
        with as_store_errors(self._server.place):
            found = await self._server.calls.run(get_many(self._server, self._kind, ids))
        self._gone.difference_update(found)
        self._gone.update(id_ for id_ in ids if id_ not in found)
        return [found[id_] for id_ in ids if id_ in found]

    async def finish(self) -> None:
        """Wait until `complete`."""
        task = self._load.task
        if task is not None:
            await asyncio.wait({task})
            if task.cancelled():
                raise StoreError(f"the store {self._server.place} is closed")
            task.result()

    def index_of(self, id: str) -> int | None:
        """Position of a record, None when it is not in it (or not known yet, or was missed in a window)."""
        if id in self._gone:
            return None
        ids = self._load.ids
        low, high = max(self._last - NEAR, 0), self._last + NEAR
        for start, stop in ((low, high), (0, low), (high, len(ids))):
            try:
                return ids.index(id, start, stop)
            except ValueError:
                continue
        return None
