"""Notices what is written to the store, by whomever, and whether the store answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol, runtime_checkable

from data.engine.timing import Timing
from data.errors import StoreError
from data.model import Record
from data.store.port import Store

log = logging.getLogger(__name__)

News = dict[type[Record], frozenset[str]]
"""Ids of records that were put, by type."""
PAUSE: Final = 1.0
"""Seconds of rest after the store failed."""


@runtime_checkable
class Announcing(Protocol):
    """A store behind a network: to ask it is a request, so that it is asked rarely, or tells by itself."""

    async def news(self, after: int, *, poll: float) -> int:
        """The newest revision, as soon as it is greater than `after`, at the latest after `poll` seconds."""
        ...


class Feed:
    """Watches the store's revision and hands on what changed.

    Attributes:
        trouble: why the store does not answer; empty while it does.
        since: when it began not to.
    """

    def __init__(self, store: Store, timing: Timing, tell: Callable[[News], None]) -> None:
        self._store, self._timing, self._tell = store, timing, tell
        self._seen: int | None = None
        self.trouble = ""
        self.since: datetime | None = None

    async def run(self) -> None:
        """Watch until cancelled. What is written while the store cannot be reached is told afterwards."""
        while True:
            try:
                await self._look()
            except StoreError as error:
                self._failed(error)
                await asyncio.sleep(PAUSE)
            else:
                self._answered()

    async def _look(self) -> None:
        if self._seen is None:
            self._seen = await self._store.revision()
        if isinstance(self._store, Announcing):
            newest = await self._store.news(self._seen, poll=self._timing.news)
        else:
            await asyncio.sleep(self._timing.watch)
            newest = await self._store.revision()
        if newest < self._seen:  # it is another store by now, or an older copy of it
            self._seen = newest
        elif newest > self._seen:
            changes = await self._store.changes(self._seen)
            self._seen = changes.revision
            self._tell(changes.put)

    def _failed(self, error: StoreError) -> None:
        if not self.trouble:
            self.since = datetime.now(UTC)
        if str(error) != self.trouble:
            log.error("%s", error)
        self.trouble = str(error)

    def _answered(self) -> None:
        if self.trouble:
            log.info("the store answers again")
        self.trouble, self.since = "", None
