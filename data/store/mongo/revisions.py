"""Numbers of writes, and what each changed: without transactions, in an order that readers can rely on.

A writer inserts the next number as open, writes its records, and closes it. Readers see revisions up to the first open
one: what comes later may be there already, but is not told yet. So nobody hears of a revision that lacks its records.
A writer that dies leaves its number open; after a while it counts as closed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from pymongo.errors import DuplicateKeyError

from data.errors import StoreError
from data.store.mongo.client import Server

COLLECTION: Final = "revisions"
ABANDONED: Final = 20.0
"""Seconds after which an open number counts as closed, because its writer is dead."""
RENEWED: Final = 5.0
"""Seconds after which a writer that goes on says so."""
LATE: Final = 15.0
"""Seconds of silence after which a writer must not go on: others may take it for dead soon."""
TOLD: Final = 500
"""Ids that a number tells by itself; of more changes it tells the types."""
KEPT: Final = 400
"""Numbers that are kept at least."""
KEPT_SECONDS: Final = 120.0
"""Seconds for which numbers are kept at least: far longer than it takes to give out the next."""
FEW: Final = 50
"""Numbers that are better asked for one by one where the server reads whole collections."""
_DIGITS: Final = 15
_TRIES: Final = 1_000

Guard = Callable[[], Awaitable[None]]
"""Raises `StoreError` where a writer must not go on."""
Ids = Mapping[str, Iterable[str]]
"""Ids of records by the table of their kind."""


class Entry(NamedTuple):
    """One number."""

    number: int
    open: bool
    put: dict[str, list[str]] | None
    """None where there are too many ids."""
    gone: dict[str, list[str]]
    tables: list[str]


class Revisions:
    """The numbers of one store, for one event loop."""

    def __init__(self, server: Server) -> None:
        self._collection = server.database[COLLECTION]
        self._scans = server.scans
        self._last = 0
        self._last_read = -KEPT_SECONDS
        self._stable = 0
        self._stable_read = -KEPT_SECONDS

    @property
    def known(self) -> int:
        """The newest revision that was found to be whole, without asking."""
        return self._stable

    async def begin(self, put: Ids, gone: Ids, guard: Guard | None = None) -> Write:
        """Take the next number; see `Write.go_on` for `guard`."""
        told = {table: list(ids) for table, ids in put.items()}
        few = sum(map(len, told.values())) <= TOLD
        document: dict[str, Any] = {
            "open": True,
            "put": told if few else None,
            "gone": {table: list(ids) for table, ids in gone.items()},
            "tables": sorted({*told, *gone}),
        }
        for _ in range(_TRIES):
            if time.monotonic() - self._last_read > RENEWED:
                await self._find_last()
            number, begun = self._last + 1, self._last_read
            try:
                await self._collection.insert_one({"_id": _key(number), "at": time.time(), **document})
            except DuplicateKeyError:
                if self._scans:  # what follows this one is tried at once
                    self._last, self._last_read = number, time.monotonic()
                else:
                    await self._find_last()
                continue
            write = Write(self._collection, number, guard)
            if time.monotonic() - begun > KEPT_SECONDS / 2:  # the number may have been given out and removed before
                await write.end()
                self._last_read = -KEPT_SECONDS
                continue
            self._last = number
            return write
        raise StoreError("the store is written by too many at once", hint="try again")

    async def stable(self) -> int:
        """The newest revision that is whole, with all before it."""
        begun = time.monotonic()
        async for document in self._behind():
            if document["open"] and document["at"] > time.time() - ABANDONED:
                break
            self._stable = max(self._stable, int(document["_id"]))
        self._stable_read = begun
        return self._stable

    async def _behind(self) -> AsyncIterator[dict[str, Any]]:
        """Numbers behind the newest that is known to be whole, in order, as far as they are kept."""
        fields = {"open": 1, "at": 1}
        if self._scans and time.monotonic() - self._stable_read < KEPT_SECONDS / 2:  # none can be gone meanwhile
            number = self._stable + 1
            while document := await self._collection.find_one({"_id": _key(number)}, fields):
                yield document
                number += 1
            return
        async for document in self._collection.find({"_id": {"$gt": _key(self._stable)}}, fields).sort("_id", 1):
            yield document

    async def entries(self, since: int, upto: int) -> list[Entry]:
        """Those of the numbers behind `since` that are kept, in order."""
        if self._scans and upto - since <= FEW:
            keys = [_key(number) for number in range(since + 1, upto + 1)]
            each = await asyncio.gather(*(self._collection.find_one({"_id": key}) for key in keys))
            found = [one for one in each if one is not None]
        else:
            between = {"_id": {"$gt": _key(since), "$lte": _key(upto)}}
            found = await self._collection.find(between).sort("_id", 1).to_list()
        return [Entry(int(one["_id"]), one["open"], one["put"], one["gone"], one["tables"]) for one in found]

    async def tidy(self) -> None:
        """Remove numbers that nobody needs."""
        old = {"_id": {"$lt": _key(self._last - KEPT)}, "at": {"$lt": time.time() - KEPT_SECONDS}}
        await self._collection.delete_many(old)

    async def _find_last(self) -> None:
        self._last_read = time.monotonic()
        for document in await self._collection.find({}, {"_id": 1}).sort("_id", -1).limit(1).to_list():
            self._last = max(self._last, int(document["_id"]))


class Write:
    """An open number."""

    def __init__(self, collection: Any, number: int, guard: Guard | None) -> None:
        self._collection, self.number, self._guard = collection, number, guard
        self._heard = time.monotonic()

    async def go_on(self) -> None:
        """Called before each request that writes: a writer that was asleep must not write what others have undone.

        Raises:
            StoreError: it was silent for too long.
        """
        silent = time.monotonic() - self._heard
        if silent > LATE:
            raise StoreError("a write to the store took too long and was given up", hint="it is done anew")
        if silent > RENEWED:
            if self._guard is not None:
                await self._guard()
            await self._collection.update_one({"_id": _key(self.number)}, {"$set": {"at": time.time()}})
            self._heard = time.monotonic()

    async def end(self) -> None:
        """Close it."""
        await self._collection.update_one({"_id": _key(self.number)}, {"$set": {"open": False}})


def _key(number: int) -> str:
    """A number as key: texts are looked up by every server."""
    return f"{max(number, 0):0{_DIGITS}}"
