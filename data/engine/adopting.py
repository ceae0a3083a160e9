"""Takes up what other tools write to a team's database in the plain design. One engine at a time does it."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Final, Protocol, runtime_checkable

from data.errors import StoreError
from data.store.port import Store

log = logging.getLogger(__name__)

LEASE: Final = "plain design"
"""Lease under which it is done."""
OUTLIVES: Final = 30.0
"""Seconds by which the lease outlives a round: whoever does it goes on doing it."""


@runtime_checkable
class Shared(Protocol):
    """A store whose collections other tools write to."""

    @property
    def adopt_every(self) -> float:
        """Seconds between two looks at what they have written."""

    async def adopt_plain(self) -> int:
        """Take up what they have written since; returns how many records came of it."""


async def keep_adopting(store: Store, owner: str) -> None:
    """Do so until cancelled; a store that is away is asked again with the next round."""
    if not isinstance(store, Shared):
        return
    host = socket.gethostname()
    while True:
        await asyncio.sleep(store.adopt_every)
        try:
            if await store.lease(LEASE, owner, host=host, seconds=store.adopt_every + OUTLIVES) is not None:
                await store.adopt_plain()
        except StoreError as error:
            log.warning("what other tools wrote: %s", error)
