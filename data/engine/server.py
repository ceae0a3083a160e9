"""A connection as the engine uses it: worker threads with a source each, the budget, the pauses after failures."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import math
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

from data.config import ConnectionSettings
from data.engine.backoff import Backoff
from data.engine.budget import Budget, Rank
from data.engine.health import Health
from data.engine.leases import Permit
from data.engine.timing import Timing
from data.errors import BadAnswer, ConfigError, RateLimited, SourceError, StoreError, Unauthorized, Unreachable
from data.model import Connection
from data.sources.http import Response

log = logging.getLogger(__name__)


class Source(Protocol):
    """What every source has."""

    def probe(self) -> Connection:
        """Who and what answers there."""
        ...

    @property
    def received(self) -> int:
        """Bytes of answers so far."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...


S = TypeVar("S", bound=Source)
T = TypeVar("T")
Opener = Callable[[Callable[[Response], None]], S]
"""Makes a source; the argument is told of every request."""

LOOK: Final = 0.5
"""Longest sleep in seconds while a request waits: what it waits for may end early."""


class Lane(StrEnum):
    """A group of worker threads; none waits for another."""

    SYNC = "sync"
    LOGS = "logs"
    KEPT = "kept"
    """Logs that nobody waits for, one at a time."""
    WRITES = "writes"


PROBE_AGAIN: Final = 10.0
"""Seconds until a server is asked again who it is, where the question failed."""
NONSENSE: Final = 3
"""So many answers in a row that nobody documents (5xx, HTML) mean that the server is out of order as a whole."""
WORKERS: Final = {Lane.SYNC: 2, Lane.LOGS: 2, Lane.KEPT: 1, Lane.WRITES: 1}
"""Requests of one connection at a time."""


LATE: Final = "this engine was stopped for a while, and another one may work on it"
"""Why nothing is sent after a lease ran out between the question and the answer."""


class NotSent(SourceError):
    """A write was not even tried: the server is known to be away, it asked for a pause (`retry_after` seconds), or the
    lease is not ours any more.
    """


class Slots:
    """Places that are given to the most urgent that waits, and among equals to the first."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._order = itertools.count()
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def take(self, rank: Rank) -> AsyncIterator[None]:
        """A place for the block."""
        if self._free:
            self._free -= 1
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (rank, next(self._order), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._give()
                raise
        try:
            yield
        finally:
            self._give()

    def _give(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Server(Generic[S]):
    """One connection. `watched` says whether somebody looks, which shortens the pauses after failures."""

    def __init__(
        self,
        name: str,
        settings: ConnectionSettings,
        open_source: Opener[S],
        timing: Timing,
        watched: Callable[[], bool],
    ) -> None:
        self.name, self.settings = name, settings
        self._open, self._watched = open_source, watched
        self.budget = Budget(settings.requests_per_minute, background_gap=timing.background_gap)
        self.health = Health(name, settings, timing)
        self._backoff = Backoff(timing)
        self._timing = timing
        self._probed_at = float("-inf")
        self._failed_at = 0.0
        self._nonsense = 0
        self._slots = {lane: Slots(count) for lane, count in WORKERS.items()}
        self._pools = {
            lane: ThreadPoolExecutor(count, thread_name_prefix=f"{name}-{lane}") for lane, count in WORKERS.items()
        }
        self._local = threading.local()
        self._opened: list[S] = []

    @property
    def received(self) -> int:
        """Bytes of answers so far, of all its sources."""
        return sum(source.received for source in self._opened)

    async def call(self, ask: Callable[[S], T], *, rank: Rank = Rank.ROUTINE, lane: Lane = Lane.SYNC) -> T:
        """Run `ask` with a source in a worker thread, as soon as budget and pauses allow.

        Raises:
            SourceError: what the source raised.
        """
        while True:
            async with self._slots[lane].take(rank):
                wait = self.wait(rank)
                if not wait:
                    self.budget.begin(rank)
                    return await self._run(ask, lane)
            await asyncio.sleep(min(wait, LOOK))

    async def write(self, permit: Permit, ask: Callable[[S], T]) -> T:
        """Run `ask` in the thread for writes, now or not at all: the store is asked whether `permit` stands, and right
        before `ask` our own clock, since this process may have been stopped for a while in between.

        Raises:
            NotSent: nothing was sent, and it is worth trying again later.
            SourceError: what the source raised.
        """

        def ours(source: S) -> T:
            if not permit.stands():
                raise NotSent(LATE)
            return ask(source)

        async with self._slots[Lane.WRITES].take(Rank.PERSON):
            if closed := self.budget.closed_for:
                raise NotSent(
                    "the server asked for a pause", hint="it is sent by itself afterwards", retry_after=closed
                )
            if pause := self._pause():
                error = self.health.record.last_error
                raise NotSent(error, hint="it is sent as soon as the server answers again", retry_after=pause)
            try:
                await permit.confirm()
            except StoreError as error:
                raise NotSent(error.message, hint=error.hint) from None
            return await self._run(ours, Lane.WRITES)

    def wait(self, rank: Rank) -> float:
        """Seconds that a request should wait now."""
        return max(self.budget.wait(rank), self._pause())

    def why_waiting(self, rank: Rank) -> str:
        """What a request of `rank` waits for now, in a sentence; empty when it may go."""
        if closed := self.budget.closed_for:
            return f"{self.name} limits requests and asked for a pause of {math.ceil(closed)} s"
        if self._pause():
            return f"offline: {self.health.record.last_error}"
        if self.budget.wait(rank):
            return f"the requests that {self.name} allows are used up for the moment"
        return ""

    async def probe(self) -> None:
        """Ask who and what answers there, unless it was asked a while ago; a failure shows in the health."""
        if time.monotonic() - self._probed_at < self._timing.describe:
            return
        self._probed_at = time.monotonic()
        try:
            self.health.probed(await self.call(lambda source: source.probe()))
        except SourceError as error:
            log.warning("%s: %s", self.name, error)
            self._probed_at += PROBE_AGAIN - self._timing.describe

    def close(self) -> None:
        """Take no more work and let go; threads that wait for a network are left behind."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        for source in self._opened:
            source.close()

    async def _run(self, ask: Callable[[S], T], lane: Lane) -> T:
        loop = asyncio.get_running_loop()
        try:
            result = await loop.run_in_executor(self._pools[lane], self._ask, ask)
        except NotSent:
            raise
        except SourceError as error:
            self._judge(error)
            raise
        self._succeeded()
        return result

    def _ask(self, ask: Callable[[S], T]) -> T:
        source: S | None = getattr(self._local, "source", None)
        if source is None:
            try:
                source = self._open(self._heard)
            except ConfigError as error:
                raise Unauthorized(error.message, hint=error.hint) from None
            self._local.source = source
            self._opened.append(source)
        return ask(source)

    def _heard(self, response: Response) -> None:
        self.budget.spent()
        self.budget.heard(response.rate, response.retry_after if response.status == 429 else None)  # noqa: PLR2004

    def _judge(self, error: SourceError) -> None:
        """Slow down for what concerns the whole connection; a single thing that is refused or missing does not."""
        if isinstance(error, RateLimited):
            if error.retry_after is None:  # the limit of one call, not of the connection (GitLab, application limits)
                return
            self.budget.close(error.retry_after)
        elif isinstance(error, Unreachable | Unauthorized) or self._broken(error):
            self._backoff.failed()
            self._failed_at = time.monotonic()
        else:
            if not isinstance(error, BadAnswer):
                self._succeeded()
            return
        self.health.failed(error)

    def _broken(self, error: SourceError) -> bool:
        """Whether nothing but nonsense comes: a proxy answers for a server that is away."""
        self._nonsense = self._nonsense + 1 if isinstance(error, BadAnswer) else 0
        return self._nonsense >= NONSENSE

    def _succeeded(self) -> None:
        self._nonsense = 0
        self._backoff.succeeded()
        if not self.budget.closed_for:  # the answer of a request that was under way when another one was limited
            self.health.succeeded()

    def _pause(self) -> float:
        if not self._backoff.failures:
            return 0.0
        return max(self._failed_at + self._backoff.wait(self._watched()) - time.monotonic(), 0.0)
