"""Where records are changed: read, merged and written in one piece, under a lease."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from data.engine.leases import Leases
from data.errors import StoreError
from data.model import Record
from data.query import Query
from data.store.port import Overtaken, Sort, Store, Was, Where

PAGE: Final = 1_000
"""Records of one page of a query."""
FEW: Final = 16
"""Records that are held at a time where each may be as large as an MLflow run gets: some hundred kilobytes."""
R = TypeVar("R", bound=Record)
Merge = Callable[[R | None, R], R]
"""From the stored record (None when there is none) and the fresh one to what shall be stored."""
Edit = Callable[[R], R]
"""From the stored record to what shall be stored."""

TRIES: Final = 50
"""How often a change is tried that other engines come before."""
AGAIN: Final = 0.02
"""Seconds until the next try; they grow with each."""


class Along(NamedTuple):
    """Another record that is changed in the same transaction: `change` makes it from what is stored, if anything."""

    kind: type[Record]
    id: str
    change: Callable[[Any], Record]


class Draft(NamedTuple):
    """What is to be written, and what it was made from."""

    changed: list[Record]
    was: list[Was]


class Desk:
    """Serialises this engine's changes, so that two tasks never overwrite each other's fields of one record."""

    def __init__(self, store: Store, leases: Leases) -> None:
        self.store, self._leases = store, leases
        self._lock = asyncio.Lock()

    @property
    def alone(self) -> asyncio.Lock:
        """Held while records are changed that are under no lease of ours; nothing of this class may be called then."""
        return self._lock

    async def merge(
        self, lease: str, kind: type[R], fresh: Sequence[R], merge: Merge[R], *, along: Along | None = None
    ) -> list[R]:
        """Store `fresh` merged with what is there; returns them as they are stored now, in the same order.

        `merge` may be called again with newer records: an engine that holds another lease may change them, too.
        """
        merged: list[R] = []

        async def draft() -> Draft:
            nonlocal merged
            stored = await self.store.get_many(kind, [record.id for record in fresh])
            merged = [merge(stored.get(record.id), record) for record in fresh]
            found = _draft(kind, {record.id: (stored.get(record.id), record) for record in merged})
            if along is not None:
                now = await self.store.get(along.kind, along.id)
                more = _draft(along.kind, {along.id: (now, along.change(now))})
                return Draft(found.changed + more.changed, found.was + more.was)
            return found

        await self._change(lease, draft)
        return merged

    async def edit(self, lease: str, kind: type[R], id: str, edit: Edit[R]) -> R | None:
        """Change one stored record, and return it as it is then; None when there is none. See `merge` for `edit`."""
        return (await self.edit_many(lease, kind, {id: edit})).get(id)

    async def edit_many(self, lease: str, kind: type[R], edits: Mapping[str, Edit[R]]) -> dict[str, R]:
        """Change stored records in one transaction, each by its own edit; those that there are not are left out."""
        edited: dict[str, R] = {}

        async def draft() -> Draft:
            nonlocal edited
            stored = await self.store.get_many(kind, list(edits))
            edited = {id: edits[id](record) for id, record in stored.items()}
            return _draft(kind, {id: (stored[id], record) for id, record in edited.items()})

        if edits:
            await self._change(lease, draft)
        return edited

    async def _change(self, lease: str, draft: Callable[[], Awaitable[Draft]]) -> None:
        """Write what `draft` makes of the store, and make it anew where another engine was faster."""
        async with self._lock:
            for tried in range(TRIES):
                found = await draft()
                if not found.changed:
                    return
                try:
                    await self._write(lease, found.changed, found.was)
                except Overtaken:
                    if tried == TRIES - 1:
                        raise
                    await asyncio.sleep(AGAIN * (tried + 1) * random.random())
                else:
                    return

    async def put(self, lease: str, records: Sequence[Record]) -> int:
        """Store records of which nobody else holds a part; returns how many changed."""
        if not records:
            return 0
        async with self._lock:
            return await self._write(lease, records)

    async def delete(self, lease: str, kind: type[Record], ids: Sequence[str]) -> int:
        """Delete records; returns how many there were."""
        if not ids:
            return 0
        async with self._lock:
            try:
                return await self.store.delete(kind, ids, fence=self._leases.fence(lease))
            except StoreError:
                await self._leases.check(lease)
                raise

    async def _write(self, lease: str, records: Sequence[Record], was: Sequence[Was] = ()) -> int:
        try:
            return await self.store.put(records, fence=self._leases.fence(lease), was=was)
        except Overtaken:
            raise
        except StoreError:
            await self._leases.check(lease)
            raise

    async def all(self, kind: type[R], where: Where, *, limit: int, sort: Sort | None = None) -> list[R]:
        """The first `limit` records of a query, in order."""
        return [record async for record in self._each(kind, where, limit, sort, None, PAGE)]

    def each(
        self, kind: type[R], where: Where, *, limit: int, sort: Sort | None = None, query: Query | None = None
    ) -> AsyncIterator[R]:
        """The same, one after the other, for records of which each may be large: no more than `FEW` are held."""
        return self._each(kind, where, limit, sort, query, FEW)

    async def each_of(self, kind: type[R], ids: Iterable[str]) -> AsyncIterator[R]:
        """Those of `ids` that exist, one after the other; no more than `FEW` are held."""
        wanted = sorted(ids)
        for at in range(0, len(wanted), FEW):
            found = await self.store.get_many(kind, wanted[at : at + FEW])
            for id in list(found):
                yield found.pop(id)

    async def _each(
        self, kind: type[R], where: Where, limit: int, sort: Sort | None, query: Query | None, size: int
    ) -> AsyncIterator[R]:
        after: str | None = None
        while limit > 0:
            page = await self.store.page(kind, where=where, query=query, sort=sort, after=after, limit=min(limit, size))
            after, limit = page.after, limit - len(page.records)
            for record in page.records:
                yield record
            if after is None:
                return


def _draft(kind: type[R], pairs: Mapping[str, tuple[R | None, R]]) -> Draft:
    """Those that differ, of pairs of what is stored and what shall be."""
    differ = {id: pair for id, pair in pairs.items() if pair[0] != pair[1]}
    return Draft([after for _, after in differ.values()], [Was(kind, id, before) for id, (before, _) in differ.items()])
