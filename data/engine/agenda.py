"""What has to be done when: items that come round, each at a pace and a rank of its own that may change any time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from data.engine.backoff import Backoff
from data.engine.budget import Rank
from data.engine.timing import Timing
from data.errors import LinesideError, RateLimited, SourceError, StoreError, Unauthorized, Unreachable

log = logging.getLogger(__name__)

IDLE: Final = 30.0
"""Longest sleep in seconds without a look at the items: their paces depend on who looks at what."""
LEAST: Final = 0.02
"""Shortest sleep in seconds."""

Act = Callable[[], Awaitable[None]]
Report = Callable[[str, LinesideError | None], None]
"""Told of each outcome: an item's name, and its error or None."""


def _closes(error: LinesideError) -> bool:
    """Whether it is a limit of the whole connection; those of single calls say no time (GitLab, application limits)."""
    return isinstance(error, RateLimited) and error.retry_after is not None


class Item:
    """One thing that comes round. Without `every` it happens once."""

    def __init__(
        self, name: str, act: Act, every: Callable[[], float] | None, rank: Callable[[], Rank], timing: Timing
    ) -> None:
        self.name, self.act, self.every, self.rank = name, act, every, rank
        self.last = float("-inf")
        self.busy = False
        self.again = False
        self.backoff = Backoff(timing)

    def due(self, watched: bool) -> float:
        """When it is due, by the monotonic clock. What failed comes round sooner or later than what went well."""
        if self.backoff.failures:
            return self.last + self.backoff.wait(watched and self.rank() is Rank.PERSON)
        return self.last + (self.every() if self.every is not None else 0.0)


class Agenda:
    """The items of one project or connection."""

    def __init__(self, timing: Timing, report: Report, watched: Callable[[], bool]) -> None:
        self._timing, self._report, self._watched = timing, report, watched
        self._items: dict[str, Item] = {}
        self._wake: dict[Rank, asyncio.Event] = {rank: asyncio.Event() for rank in Rank}
        self._failed: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._items

    def add(
        self,
        name: str,
        act: Act,
        every: Callable[[], float] | None = None,
        rank: Callable[[], Rank] = lambda: Rank.ROUTINE,
    ) -> None:
        """Add an item that is due now; one of this name that is there stays."""
        if name not in self._items:
            self._items[name] = Item(name, act, every, rank, self._timing)
            self.wake()

    def remove(self, name: str) -> None:
        """Drop an item."""
        self._items.pop(name, None)

    def soon(self, name: str, *, force: bool = False) -> None:
        """Make an item due now; one that failed keeps its pause unless `force` says so."""
        item = self._items.get(name)
        if item is not None and (force or not item.backoff.failures):
            item.backoff.succeeded()
            item.last, item.again = float("-inf"), item.busy
            self.wake()

    def wake(self) -> None:
        """Look again at what is due."""
        for event in self._wake.values():
            event.set()

    async def work(self, rank: Rank) -> None:
        """Do the items of a rank as they fall due, until cancelled."""
        while True:
            self._wake[rank].clear()
            item, wait = self._next(rank)
            if item is not None:
                await self.do(item)
                continue
            try:
                async with asyncio.timeout(max(wait, LEAST)):
                    await self._wake[rank].wait()
            except TimeoutError:
                pass

    async def finish(self, ranks: set[Rank], *, rounds: int) -> None:
        """Do each item of these ranks once, those that come up meanwhile included; at most `rounds` of them."""
        done: set[Item] = set()
        for _ in range(rounds):
            ready = [item for item in self._items.values() if item.rank() in ranks and item not in done]
            if not ready:
                return
            item = min(ready, key=lambda one: one.rank())
            done.add(item)
            await self.do(item)

    async def do(self, item: Item) -> None:
        """Do one item, and take note of how it went; a failure concerns this item only."""
        item.busy, rank = True, item.rank()
        error: LinesideError | None = None
        try:
            await item.act()
        except (SourceError, StoreError) as failure:
            error = failure
        except Exception as failure:  # a fault of ours in one item must not end the others
            log.exception("%s failed", item.name)
            error = LinesideError(f"{item.name} failed: {type(failure).__name__}")
        finally:
            item.busy = False
        self._settle(item, error)
        if item.rank() is not rank:
            self.wake()  # whoever does this rank passed it over while it was busy

    def _settle(self, item: Item, error: LinesideError | None) -> None:
        self._report(item.name, error)
        again, item.again = item.again, False
        # A step of long work that wants to go on takes its turn behind everything that has been due for longer.
        item.last = float("-inf") if again and item.every is not None else time.monotonic()
        if error is None:
            item.backoff.succeeded()
            if item.every is None and not again and self._items.get(item.name) is item:
                del self._items[item.name]
        elif isinstance(error, Unreachable | Unauthorized) or _closes(error):
            # The connection itself pauses; as soon as it goes on, so does the item.
            item.last = float("-inf")
        else:
            item.backoff.failed()

    def _next(self, rank: Rank) -> tuple[Item | None, float]:
        now, watched = time.monotonic(), self._watched()
        best: Item | None = None
        best_due = now + IDLE
        for item in self._items.values():
            if not item.busy and item.rank() is rank and (due := item.due(watched)) < best_due:
                best, best_due = item, due
        if best is not None and best_due <= now:
            return best, 0.0
        return None, best_due - now
