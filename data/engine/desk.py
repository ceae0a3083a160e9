"""Where records are changed: read, merged and written in one piece, under a lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from data.engine.leases import Leases
from data.errors import StoreError
from data.model import Record
from data.store.port import Sort, Store, Where

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
        found: list[R] = []
        after: str | None = None
        while len(found) < limit:
            page = await self.store.page(kind, where=where, sort=sort, after=after, limit=min(limit - len(found), 1000))
            found += page.records
            after = page.after
            if after is None:
                break
        return found
