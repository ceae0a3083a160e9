"""Who polls what: leases that are taken, renewed, given back, and heeded at once when they are lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Coroutine
from typing import Any

from data.engine.timing import Timing
from data.errors import StoreError
from data.model import Lease
from data.store.port import Store

log = logging.getLogger(__name__)

RENEWALS = 3
"""How often a lease is renewed in its life."""


class LeaseLost(Exception):
    """Another engine holds the lease now."""


class Leases:
    """The leases of one engine."""

    def __init__(self, store: Store, owner: str, timing: Timing) -> None:
        self._store, self._owner, self._timing = store, owner, timing
        self._host = socket.gethostname()
        self._held: dict[str, Lease] = {}
        self._until: dict[str, float] = {}
        self._changed = asyncio.Event()

    @property
    def owner(self) -> str:
        """Name under which this engine holds its leases."""
        return self._owner

    def names(self) -> tuple[str, ...]:
        """What this engine works on now."""
        return tuple(sorted(name for name in self._held if self.holds(name)))

    def holds(self, name: str) -> bool:
        """Whether the lease is ours and has not expired by our own clock."""
        return name in self._held and time.monotonic() < self._until[name]

    def fence(self, name: str) -> Lease:
        """The lease to write under.

        Raises:
            StoreError: it is not ours any more; what was about to be written belongs to another engine now.
        """
        if not self.holds(name):
            raise StoreError(f"the lease on {name} is held by another engine")
        return self._held[name]

    async def until(self, name: str, *, held: bool) -> None:
        """Return as soon as the lease is ours (or is not any more)."""
        while self.holds(name) is not held:
            left = None if held else self._until.get(name, 0.0) - time.monotonic()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._changed.wait()

    async def during(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` for as long as the lease is ours; then it is cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(work)
                await self.until(name, held=False)
                raise LeaseLost
        except* LeaseLost:
            log.warning("%s is worked on by another engine now", name)

    async def keep(self, name: str) -> None:
        """Take the lease as soon as it is free and renew it, until cancelled."""
        pause = self._timing.lease / RENEWALS
        while True:
            await self._renew(name)
            await asyncio.sleep(pause)

    async def check(self, name: str) -> None:
        """Find out at once whether a lease is still ours: a write under it was refused."""
        if name in self._held:
            await self._renew(name)

    async def release(self) -> None:
        """Give everything back, so that another engine can go on at once."""
        for name in list(self._held):
            self._lost(name)
            await self._store.release(name, self._owner)

    async def _renew(self, name: str) -> None:
        asked = time.monotonic()
        try:
            lease = await self._store.lease(name, self._owner, host=self._host, seconds=self._timing.lease)
        except StoreError as error:
            log.warning("lease %s: %s", name, error)
            return
        if lease is None:
            if name in self._held:
                log.warning("lease %s lost to another engine", name)
                self._lost(name)
            return
        if name not in self._held:
            log.info("lease %s taken", name)
        new = not self.holds(name)
        self._held[name] = lease
        self._until[name] = asked + self._timing.lease
        if new:
            self._tell()

    def _lost(self, name: str) -> None:
        self._held.pop(name, None)
        self._until.pop(name, None)
        self._tell()

    def _tell(self) -> None:
        """Wake everybody who waits for a change; each then looks for itself."""
        told, self._changed = self._changed, asyncio.Event()
        told.set()
