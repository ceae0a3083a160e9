"""`Store` in a MongoDB database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from pymongo.errors import PyMongoError

from data.errors import StoreError, StoreReadOnly
from data.model import Command, Interest, Lease, Record
from data.query import Query
from data.store.kinds import KINDS
from data.store.mongo import adopt, changes, distinct, grouping, leases, reading, schema, sweeping, writing
from data.store.mongo.client import Server, connect
from data.store.mongo.clock import ServerClock
from data.store.mongo.conditions import condition
from data.store.mongo.documents import read
from data.store.mongo.failures import as_store_errors
from data.store.mongo.homes import Document, home
from data.store.mongo.listing import Load, MongoListing
from data.store.mongo.news import News
from data.store.mongo.order import parts, read_token, write_token
from data.store.mongo.revisions import Guard, Revisions
from data.store.mongo.work import Outbox
from data.store.port import GROUPS, NAMES, OFFERED, PAGE, Changes, Group, Listing, Page, Sort, Was, Where

R = TypeVar("R", bound=Record)
T = TypeVar("T")

ADOPTED: Final = 60.0
ADOPTED_BY_SCAN: Final = 600.0
"""Seconds between two looks at what other tools have written: where a query reads the whole collection, the second."""
TIDIED: Final = 256
"""Writes after which revisions that nobody needs are removed."""


def utc_now() -> datetime:
    """The present time."""
    return datetime.now(UTC)


class MongoStore:
    """See `data.store.port.Store`. For one event loop; any number of processes may use the database.

    Attributes:
        identity: tells this database from one that was made anew at the same place.
    """

    def __init__(self, server: Server, identity: str, *, clock: Callable[[], datetime] | None = None) -> None:
        """Use `open_mongo`, which connects and prepares the database first."""
        self.server = server
        self.identity = identity
        self._clock, self._server_clock = clock, ServerClock(server)
        self._revisions = Revisions(server)
        self._outbox = Outbox(server, self._revisions)
        self._news = News(server, self._revisions)
        self._turn = asyncio.Lock()
        self._writes: set[asyncio.Future[Any]] = set()
        self._written = 0
        self._closed = False

    @property
    def name(self) -> str:
        """What to call it on the screen."""
        return "mongo"

    async def close(self) -> None:
        """Write what is pending, stop reading, and close the connections."""
        if self._closed:
            return
        self._closed = True
        if self._writes:
            await asyncio.wait(self._writes)
        with contextlib.suppress(PyMongoError):  # gone, or going
            await self._news.close()
        await self.server.close()

    async def _read(self, work: Awaitable[T]) -> T:
        with as_store_errors(self.server.place):
            return await self.server.calls.run(work)

    async def _write(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run one write after the other, each to its end even when the caller goes away."""
        self._see_open()
        return await self._to_its_end(self._in_turn(work))

    async def _apart(self, work: Callable[[datetime], Awaitable[T]]) -> T:
        """Run a write that waits for no other, to its end: a lease is one register, and must not be renewed late."""
        self._see_open()

        async def run() -> T:
            with as_store_errors(self.server.place):
                return await work(await self._now())

        return await self._to_its_end(run())

    async def _to_its_end(self, write: Awaitable[T]) -> T:
        task = self.server.calls.start(write)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    async def _now(self) -> datetime:
        return self._clock() if self._clock is not None else await self._server_clock.now()

    async def _in_turn(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            with as_store_errors(self.server.place):
                done = await work()
                self._written += 1
                if self._written % TIDIED == 0:
                    await self._revisions.tidy()
                return done

    def _see_open(self) -> None:
        if self._closed:
            raise StoreError(f"the store {self.server.place} is closed")

    async def _condition(self, kind: type[Record], where: Where | None, query: Query | None) -> Document:
        self._see_open()
        return await self._read(condition(self.server.database, home(kind), where, query))

    @property
    def adopt_every(self) -> float:
        """Seconds between two looks at what other tools of the plain design have written."""
        return ADOPTED_BY_SCAN if self.server.scans else ADOPTED

    async def adopt_plain(self) -> int:
        """Take up what another tool of the plain design has written since; returns how many records came of it."""
        return await self._write(lambda: adopt.adopt(self.server, self._revisions))

    # Records

    async def put(self, records: Sequence[Record], *, fence: Lease | None = None, was: Sequence[Was] = ()) -> int:
        """Insert or replace by id; returns how many changed.

        There are no transactions: where a write is cut off, a part of the records may be there, each of them whole.
        """
        if fence is None:
            return await self._write(lambda: writing.put(self.server, self._revisions, records, was=was))
        guard = self._guard(fence)

        async def put() -> int:
            await guard()
            return await writing.put(self.server, self._revisions, records, fence=fence, guard=guard, was=was)

        return await self._write(put)

    async def delete(self, kind: type[Record], ids: Sequence[str], *, fence: Lease | None = None) -> int:
        """Delete by id; returns how many there were."""
        if fence is None:
            return await self._write(lambda: writing.remove(self.server, self._revisions, kind, ids))
        guard = self._guard(fence)

        async def remove() -> int:
            await guard()
            return await writing.remove(self.server, self._revisions, kind, ids, fence=fence, guard=guard)

        return await self._write(remove)

    def _guard(self, fence: Lease) -> Guard:
        async def guard() -> None:
            await leases.check(self.server, fence)

        return guard

    async def get(self, kind: type[R], id: str) -> R | None:
        """One record."""
        return (await self.get_many(kind, [id])).get(id)

    async def get_many(self, kind: type[R], ids: Sequence[str]) -> dict[str, R]:
        """Those of `ids` that exist, by id."""
        self._see_open()
        return await self._read(reading.get_many(self.server, kind, ids))

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
        at = home(kind)
        order = parts(at, sort or KINDS[kind].default_sort)
        token = None if after is None else read_token(after, order)
        asked = await self._condition(kind, where, query)
        rows = await self._read(reading.rows(self.server, at, asked, order, token, limit + 1, reading.DOC))
        here = rows[:limit]
        more = write_token(here[-1][1]) if len(rows) > limit and here else None
        found = (read(kind, document) for document, _ in here)
        return Page(tuple(record for record in found if record is not None), more)

    async def listing(
        self, kind: type[R], *, where: Where | None = None, query: Query | None = None, sort: Sort | None = None
    ) -> Listing[R]:
        """The whole result, to be read by viewport."""
        at = home(kind)
        order = parts(at, sort or KINDS[kind].default_sort)
        load = Load(self.server, at, await self._condition(kind, where, query), order)
        await self._read(load.begin())
        return MongoListing(self.server, kind, load)

    async def count(self, kind: type[Record], *, where: Where | None = None, query: Query | None = None) -> int:
        """How many match."""
        asked = await self._condition(kind, where, query)
        return await self._read(reading.count(self.server, home(kind), asked))

    async def tally(
        self, kind: type[Record], field: str, *, where: Where | None = None, query: Query | None = None
    ) -> dict[str, int]:
        """How many match, by the value of a field; a missing value is the empty text."""
        home(kind).field(field)
        asked = await self._condition(kind, where, query)
        return await self._read(reading.tally(self.server, home(kind), field, asked))

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
        asked = await self._condition(kind, where, query)
        return await self._read(grouping.groups(self.server, home(kind), field, asked, best, among, limit))

    async def values(self, kind: type[Record], field: str, *, contains: str = "", limit: int = OFFERED) -> list[str]:
        """Distinct values of a field of texts that hold a text, without regard to case."""
        self._see_open()
        return await self._read(distinct.values(self.server, home(kind), field, contains, limit))

    async def names(self, kind: type[Record], entries: str, *, contains: str = "", limit: int = NAMES) -> list[str]:
        """Names of `metrics`, `params` or `tags` that records have and that hold a text."""
        self._see_open()
        return await self._read(distinct.names(self.server, home(kind), entries, contains, limit))

    # Change

    async def revision(self) -> int:
        """Revision of the newest write by anybody: one small request."""
        self._see_open()
        return await self._read(self._revisions.stable())

    async def news(self, after: int, *, poll: float) -> int:
        """The newest revision, as soon as it is greater than `after`, at the latest after `poll` seconds.

        It is a request every `poll` seconds at most, or a change stream where the server offers them.
        """
        self._see_open()
        with as_store_errors(self.server.place):
            return await self._news.wait(after, poll)

    async def changes(self, since: int) -> Changes:
        """What was written after revision `since`."""
        self._see_open()
        return await self._read(changes.changes(self.server, self._revisions, since))

    async def sweep(self, seconds: float) -> int:
        """Remove the traces of deletions that are at least so many seconds old; returns how many there were."""

        async def sweep() -> int:
            return await sweeping.sweep(self.server, self._revisions, seconds, await self._now())

        return await self._write(sweep)

    # Commands

    async def submit(self, *commands: Command) -> None:
        """Put new commands in the outbox; a second one of an id changes nothing."""
        await self._write(lambda: self._outbox.submit(commands))

    async def claim(
        self, owner: str, project_ids: Sequence[str], *, limit: int = 1, ids: Sequence[str] | None = None
    ) -> list[Command]:
        """Take the oldest queued commands of these projects for one owner."""

        async def claim() -> list[Command]:
            return await self._outbox.claim(owner, project_ids, limit, ids, await self._now())

        return await self._write(claim)

    async def adopt(self, owner: str, project_ids: Sequence[str]) -> list[Command]:
        """Take over commands of these projects that others left in `sending`."""
        return await self._write(lambda: self._outbox.adopt(owner, project_ids))

    async def settle(self, command: Command) -> bool:
        """Record the outcome of a claimed command; False when it is not its owner's any more."""
        return await self._write(lambda: self._outbox.settle(command))

    async def amend(self, command: Command, *, was: Command) -> bool:
        """Replace a command that is still queued and as it `was`; False when it is not."""
        return await self._write(lambda: self._outbox.amend(command, was))

    async def withdraw(self, id: str) -> bool:
        """Take back a command that is still queued; False when it is not."""

        async def withdraw() -> bool:
            return await self._outbox.withdraw(id, await self._now())

        return await self._write(withdraw)

    # Leases and interests

    async def lease(self, name: str, owner: str, *, host: str = "", seconds: float = 15) -> Lease | None:
        """Take or renew a lease; None when another owner holds it and it has not expired."""
        return await self._apart(lambda now: leases.lease(self.server, name, owner, host, seconds, now))

    async def release(self, name: str, owner: str) -> None:
        """Give a lease back; nothing happens when it is not ours."""
        await self._apart(lambda _: leases.release(self.server, name, owner))

    async def watch(self, interests: Sequence[Interest]) -> None:
        """Say what a viewer looks at."""
        await self._apart(lambda now: leases.watch(self.server, interests, now))

    async def interests(self, now: datetime) -> list[Interest]:
        """Interests that have not expired."""
        self._see_open()
        return await self._read(leases.interests(self.server, now))


async def open_mongo(url: str, *, clock: Callable[[], datetime] | None = None) -> MongoStore:
    """Open the store at a `mongodb://` URL, making it ready where needed.

    Raises:
        StoreError: see `data.store.mongo.client.connect` and `data.store.mongo.schema.prepare`.
    """
    server = await connect(url)
    try:
        with as_store_errors(server.place):
            identity, new = await server.calls.run(schema.prepare(server))
    except BaseException:  # whatever it was, no connection stays open
        await server.close()
        raise
    store = MongoStore(server, identity, clock=clock)
    try:
        if new or not server.scans:  # looking through a whole collection takes too long to do it each time
            with contextlib.suppress(StoreReadOnly):  # who may only read sees what others take up
                await store.adopt_plain()
    except BaseException:  # the same
        await store.close()
        raise
    return store
