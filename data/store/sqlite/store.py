"""`Store` in one SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection

from data.errors import StoreError
from data.model import Command, Interest, Lease, Record
from data.query import Query
from data.store.kinds import KINDS
from data.store.port import GROUPS, NAMES, OFFERED, PAGE, Changes, Group, Listing, Page, Sort, Was, Where
from data.store.sqlite import changes, distinct, grouping, reading, schema, sweeping, work, writing
from data.store.sqlite.conditions import Condition, conditions
from data.store.sqlite.connect import thread_engine
from data.store.sqlite.failures import as_store_errors
from data.store.sqlite.lanes import Lane
from data.store.sqlite.listing import SqliteListing
from data.store.sqlite.loading import Load
from data.store.sqlite.pulse import Pulse
from data.store.sqlite.seek import Seek
from data.store.sqlite.tables import home

R = TypeVar("R", bound=Record)

THREADS: Final = 3
"""Listings that load at the same time."""


def utc_now() -> datetime:
    """The present time."""
    return datetime.now(UTC)


class SqliteStore:
    """See `data.store.port.Store`. For one event loop; any number of processes may have the file open."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        """Use `open_sqlite`, which prepares the file first."""
        self.path = path
        self._clock = clock
        self._writer = Lane(path, writes=True)
        self._reader = Lane(path)
        self._searcher = Lane(path)  # long searches must not hold up the rows that a key press asks for
        self._counter = Lane(path)  # counting a million rows must not hold up a search
        self._pulse = Pulse(path)
        self._engine = thread_engine(path)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="listing")
        self._loads: set[Load] = set()
        self._closed = False

    @property
    def name(self) -> str:
        """What to call it on the screen."""
        return "sqlite"

    async def close(self) -> None:
        """Write what is pending, stop reading, and let go of the file."""
        if self._closed:
            return
        self._closed = True
        for load in tuple(self._loads):
            load.stop()
        await self._reader.close()
        await self._searcher.close()
        await self._counter.close()
        await self._writer.close()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for load in tuple(self._loads):
            load.give_up()
        self._engine.dispose()
        self._pulse.close()

    # Records

    async def put(self, records: Sequence[Record], *, fence: Lease | None = None, was: Sequence[Was] = ()) -> int:
        """Insert or replace by id, in one transaction; returns how many changed."""

        def put(connection: Connection) -> int:
            if fence is not None:
                work.check(connection, fence)
            writing.refuse_overtaken(connection, was)
            return writing.put(connection, records)

        return await self._writer.run(put)

    async def delete(self, kind: type[Record], ids: Sequence[str], *, fence: Lease | None = None) -> int:
        """Delete by id, in one transaction; returns how many there were."""

        def remove(connection: Connection) -> int:
            if fence is not None:
                work.check(connection, fence)
            return writing.remove(connection, kind, ids)

        return await self._writer.run(remove)

    async def get(self, kind: type[R], id: str) -> R | None:
        """One record."""
        return (await self.get_many(kind, [id])).get(id)

    async def get_many(self, kind: type[R], ids: Sequence[str]) -> dict[str, R]:
        """Those of `ids` that exist, by id."""
        return await self._reader.run(reading.get_many, kind, ids)

    async def page(
        self,
        kind: type[R],
        *,
        where: Where | None = None,
        query: Query | None = None,
        sort: Sort | None = None,
        after: str | None = None,
        limit: int = PAGE,
    ) -> Page[R]:
        """A page by keyset."""
        seek = Seek(home(kind), self._conditions(kind, where, query), sort or KINDS[kind].default_sort)
        return await self._searcher.run(reading.page, kind, seek, seek.token(after), limit)

    async def listing(
        self, kind: type[R], *, where: Where | None = None, query: Query | None = None, sort: Sort | None = None
    ) -> Listing[R]:
        """The whole result, to be read by viewport."""
        if self._closed:
            raise StoreError(f"the store {self.path} is closed")
        seek = Seek(home(kind), self._conditions(kind, where, query), sort or KINDS[kind].default_sort)
        load = Load(self._engine, self.path, seek)
        self._loads.add(load)
        load.ended.add_done_callback(lambda _: self._loads.discard(load))
        listing = SqliteListing(home(kind), kind, load, self._reader, self._pulse)
        load.start(self._threads)
        await load.begun
        return listing

    async def count(self, kind: type[Record], *, where: Where | None = None, query: Query | None = None) -> int:
        """How many match."""
        return await self._counter.run(reading.count, kind, self._conditions(kind, where, query))

    async def tally(
        self, kind: type[Record], field: str, *, where: Where | None = None, query: Query | None = None
    ) -> dict[str, int]:
        """How many match, by the value of a field; a missing value is the empty text."""
        return await self._counter.run(reading.tally, kind, field, self._conditions(kind, where, query))

    async def groups(
        self,
        kind: type[Record],
        field: str,
        *,
        where: Where | None = None,
        query: Query | None = None,
        best: Sort | None = None,
        among: int | None = None,
        limit: int = GROUPS,
    ) -> list[Group]:
        """Records that match, by the value of a field: newest activity first, then by value."""
        chosen = self._conditions(kind, where, query)
        lane = self._counter if among is None else self._searcher
        return await lane.run(grouping.groups, kind, field, chosen, best, among, limit)

    async def values(self, kind: type[Record], field: str, *, contains: str = "", limit: int = OFFERED) -> list[str]:
        """Distinct values of a field of texts that hold a text, without regard to case."""
        return await self._searcher.run(distinct.values, kind, field, contains, limit)

    async def names(self, kind: type[Record], entries: str, *, contains: str = "", limit: int = NAMES) -> list[str]:
        """Names of `metrics`, `params` or `tags` that records have and that hold a text."""
        return await self._searcher.run(distinct.names, kind, entries, contains, limit)

    def _conditions(self, kind: type[Record], where: Where | None, query: Query | None) -> list[Condition]:
        return conditions(home(kind), where, query)

    # Change

    async def revision(self) -> int:
        """Revision of the newest write by anybody."""
        if self._closed:
            raise StoreError(f"the store {self.path} is closed")
        return self._pulse.revision()

    async def changes(self, since: int) -> Changes:
        """What was written after revision `since`."""
        return await self._searcher.run(changes.changes, since)

    async def sweep(self, seconds: float) -> int:
        """Remove the traces of deletions that are at least so many seconds old; returns how many there were."""
        return await self._writer.run(sweeping.sweep, seconds, self._clock())

    # Commands

    async def submit(self, *commands: Command) -> None:
        """Put new commands in the outbox, in one transaction; a second one of an id changes nothing."""
        await self._writer.run(work.submit, commands)

    async def claim(
        self, owner: str, project_ids: Sequence[str], *, limit: int = 1, ids: Sequence[str] | None = None
    ) -> list[Command]:
        """Take the oldest queued commands of these projects for one owner."""
        return await self._writer.run(work.claim, owner, project_ids, limit, ids, self._clock())

    async def adopt(self, owner: str, project_ids: Sequence[str]) -> list[Command]:
        """Take over commands of these projects that others left in `sending`."""
        return await self._writer.run(work.adopt, owner, project_ids)

    async def settle(self, command: Command) -> bool:
        """Record the outcome of a claimed command; False when it is not its owner's any more."""
        return await self._writer.run(work.settle, command)

    async def amend(self, command: Command, *, was: Command) -> bool:
        """Replace a command that is still queued and as it `was`; False when it is not."""
        return await self._writer.run(work.amend, command, was)

    async def withdraw(self, id: str) -> bool:
        """Take back a command that is still queued; False when it is not."""
        return await self._writer.run(work.withdraw, id, self._clock())

    # Leases and interests

    async def lease(self, name: str, owner: str, *, host: str = "", seconds: float = 15) -> Lease | None:
        """Take or renew a lease; None when another owner holds it and it has not expired."""
        return await self._writer.run(work.lease, name, owner, host, seconds, self._clock())

    async def release(self, name: str, owner: str) -> None:
        """Give a lease back; nothing happens when it is not ours."""
        await self._writer.run(work.release, name, owner)

    async def watch(self, interests: Sequence[Interest]) -> None:
        """Say what a viewer looks at."""
        await self._writer.run(work.watch, interests, self._clock())

    async def interests(self, now: datetime) -> list[Interest]:
        """Interests that have not expired."""
        return await self._reader.run(work.interests, now)


async def open_sqlite(path: Path, *, clock: Callable[[], datetime] = utc_now) -> SqliteStore:
    """Open a store's file, making it or bringing it up to date where needed.

    Raises:
        StoreError: see `data.store.sqlite.schema.prepare`.
    """

    def prepare() -> None:
        with as_store_errors(path):
            schema.prepare(path)

    await asyncio.to_thread(prepare)
    with as_store_errors(path):
        return SqliteStore(path, clock=clock)
