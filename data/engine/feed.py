"""Notices what is written to the store, by whomever, within a tenth of a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from data.engine.timing import Timing
from data.errors import StoreError
from data.model import Record
from data.store.port import Store

log = logging.getLogger(__name__)

News = dict[type[Record], frozenset[str]]
"""Ids of records that were put, by type."""
PAUSE: Final = 1.0
"""Seconds of rest after the store failed."""


class Feed:
    """Watches the store's revision and hands on what changed."""

    def __init__(self, store: Store, timing: Timing, tell: Callable[[News], None]) -> None:
        self._store, self._timing, self._tell = store, timing, tell

    async def run(self) -> None:
        """Watch until cancelled; asking without news costs microseconds."""
        seen = await self._store.revision()
        while True:
            await asyncio.sleep(self._timing.watch)
            try:
                if await self._store.revision() == seen:
                    continue
                changes = await self._store.changes(seen)
                seen = changes.revision
                self._tell(changes.put)
            except StoreError as error:
                log.error("%s", error)
                await asyncio.sleep(PAUSE)
