"""Who polls what: leases that are taken, renewed, given back, and heeded at once when they are lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Coroutine, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

from data.engine.timing import Timing
from data.errors import StoreError
from data.model import Lease
from data.store.port import Store

log = logging.getLogger(__name__)

RENEWALS: Final = 3
"""How often a lease is renewed in its life."""
TRIES: Final = 5
"""How often in its life a lease is tried for that another engine holds."""
DIFFERENCE: Final = 0.2
"""Share of a lease's life by which the clocks of engines may differ: nothing is sent in its last part."""
_AWAKE_OR_NOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The clock that goes on while the machine sleeps, where there is one (Linux, clock_gettime(2))."""

NONE: Final[Mapping[str, int | None]] = MappingProxyType({})
"""No leases that a task works under."""


def clock() -> float:
    """Seconds from some moment on, those included in which this process or its machine slept."""
    return time.clock_gettime(_AWAKE_OR_NOT)


class LeaseLost(Exception):
    """Another engine holds the lease now."""


class Permit:
    """Leave to change something on a server, while the lease stands under which that is ours to do."""

    def __init__(self, leases: Leases, name: str, token: int | None) -> None:
        self._leases, self._name, self._token = leases, name, token

    async def confirm(self) -> None:
        """Ask the store whether the lease stands now.

        Raises:
            StoreError: it does not, or the store cannot tell.
        """
        await self._leases.confirm(self._name)

    def stands(self) -> bool:
        """Whether it still does by our own clock, with all that clocks may differ by; from any thread."""
        return self._leases.token(self._name) == self._token and self._leases.left(self._name) > 0


class Leases:
    """The leases of one engine."""

    def __init__(self, store: Store, owner: str, timing: Timing) -> None:
        self._store, self._owner, self._timing = store, owner, timing
        self._host = socket.gethostname()
        self._held: dict[str, Lease] = {}
        self._until: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._tokens: ContextVar[Mapping[str, int | None]] = ContextVar("tokens", default=NONE)
        """Under which lease a task works: one that was taken anew meanwhile is not its lease any more."""
        self._said = ""

    @property
    def owner(self) -> str:
        """Name under which this engine holds its leases."""
        return self._owner

    def names(self) -> tuple[str, ...]:
        """What this engine works on now."""
        return tuple(sorted(name for name in self._held if self.holds(name)))

    def holds(self, name: str) -> bool:
        """Whether the lease is ours and has not expired by our own clock."""
        return name in self._held and clock() < self._until[name]

    def left(self, name: str) -> float:
        """Seconds for which the lease is ours by any engine's clock; 0 or less when it is not."""
        return self._until.get(name, 0.0) - clock() - DIFFERENCE * self._timing.lease

    def permit(self, name: str) -> Permit:
        """What changes of a server are made under."""
        return Permit(self, name, self._tokens.get().get(name, self.token(name)))

    def token(self, name: str) -> int | None:
        """The fencing token of a lease, None while it is not ours."""
        lease = self._held.get(name)
        return lease.token if lease is not None else None

    async def confirm(self, name: str) -> None:
        """Ask the store whether a lease of ours stands now.

        Raises:
            StoreError: it does not, or the store cannot tell.
        """
        try:
            await self._store.put((), fence=self.fence(name))
        except StoreError:
            await self.check(name)
            raise

    def fence(self, name: str) -> Lease:
        """The lease to write under.

        Raises:
            StoreError: it is not ours any more; what was about to be written belongs to another engine now.
        """
        if not self.holds(name) or self._tokens.get().get(name, self.token(name)) != self.token(name):
            raise StoreError(f"the lease on {name} is held by another engine")
        return self._held[name]

    async def until(self, name: str, *, held: bool) -> None:
        """Return as soon as the lease is ours (or is not any more)."""
        while self.holds(name) is not held:
            await self._wait(None if held else self._until.get(name, 0.0) - clock())

    async def _wait(self, seconds: float | None) -> None:
        """Wait for a change, but not longer than so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def during(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` for as long as the lease is ours without a break; then it is cancelled."""
        token = self.token(name)
        before = self._tokens.set({**self._tokens.get(), name: token})
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(work)
                while self.token(name) == token and self.holds(name):
                    await self._wait(self._until[name] - clock())
                raise LeaseLost
        except* LeaseLost:
            log.warning("%s was not ours for a while", name)
        finally:
            self._tokens.reset(before)

    async def keep(self, name: str) -> None:
        """Take the lease as soon as it is free and renew it, until cancelled."""
        while True:
            if clock() >= self._not_before.get(name, 0.0):
                await self._renew(name)
            await asyncio.sleep(self._timing.lease / (RENEWALS if self.holds(name) else TRIES))

    async def check(self, name: str) -> None:
        """Find out at once whether a lease is still ours: a write under it was refused."""
        if name in self._held:
            await self._renew(name)

    async def hand_over(self, name: str) -> None:
        """Give a lease back, and leave it to others for as long as it would have lasted."""
        self._not_before[name] = clock() + self._timing.lease
        self._lost(name)
        await self._store.release(name, self._owner)

    async def release(self) -> None:
        """Give everything back, so that another engine can go on at once."""
        held = list(self._held)
        for name in held:
            self._lost(name)
        await asyncio.gather(*(self._store.release(name, self._owner) for name in held))

    async def _renew(self, name: str) -> None:
        asked = clock()
        try:
            lease = await self._store.lease(name, self._owner, host=self._host, seconds=self._timing.lease)
        except StoreError as error:
            if str(error) != self._said:
                log.warning("lease %s: %s", name, error)
            self._said = str(error)
            return
        self._said = ""
        if lease is None:
            if name in self._held:
                log.warning("lease %s lost to another engine", name)
                self._lost(name)
            return
        if name not in self._held:
            log.info("lease %s taken", name)
        new = not self.holds(name) or self.token(name) != lease.token
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
