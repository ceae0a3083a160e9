"""Where records are changed: read, merged and written in one piece, under a lease."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from data.engine.leases import Leases
from data.errors import StoreError
from data.model import Record
from data.query import Query
from data.store.port import Sort, Store, Where

PAGE: Final = 1_000
"""Records of one page of a query."""
FEW: Final = 16
"""Records that are held at a time where each may be as large as an MLflow run gets: some hundred kilobytes."""
R = TypeVar("R", bound=Record)
Merge = Callable[[R | None, R], R]
"""From the stored record (None when there is none) and the fresh one to what shall be stored."""
Edit = Callable[[R], R]
"""From the stored record to what shall be stored."""

Along = Callable[[Store], Awaitable[Sequence[Record]]]
"""Reads the store and gives further records to write."""


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

        `along` changes another record in the same transaction.
        """
        async with self._lock:
            stored = await self.store.get_many(kind, [record.id for record in fresh])
            merged = [merge(stored.get(record.id), record) for record in fresh]
            changed: list[Record] = [record for record in merged if stored.get(record.id) != record]
            if along is not None:
                changed += await along(self.store)
            if changed:
                await self._write(lease, changed)
        return merged

    async def edit(self, lease: str, kind: type[R], id: str, edit: Edit[R]) -> R | None:
        """Change one stored record; None when there is none."""
        async with self._lock:
            stored = await self.store.get(kind, id)
            if stored is None:
                return None
            edited = edit(stored)
            if edited != stored:
                await self._write(lease, [edited])
            return edited

    async def edit_many(self, lease: str, kind: type[R], edits: Mapping[str, Edit[R]]) -> None:
        """Change stored records in one transaction, each by its own edit; those that there are not are left out."""
        if not edits:
            return
        async with self._lock:
            stored = await self.store.get_many(kind, list(edits))
            edited = {id: edits[id](record) for id, record in stored.items()}
            if changed := [record for id, record in edited.items() if record != stored[id]]:
                await self._write(lease, changed)

    async def put(self, lease: str, records: Sequence[Record]) -> int:
        """Store records of which nobody else holds a part; returns how many changed."""
        if not records:
            return 0
        async with self._lock:
            return await self._write(lease, records)

    async def _write(self, lease: str, records: Sequence[Record]) -> int:
        try:
            return await self.store.put(records, fence=self._leases.fence(lease))
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
