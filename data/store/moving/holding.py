"""Who works with a store: engines that would mix with a move, and other moves."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from data.errors import StoreError
from data.model import Lease
from data.store.kinds.common import BY_ID
from data.store.moving.contents import Side

if TYPE_CHECKING:
    from data.store.port import Store

LEASE: Final = "moving"
"""Lease under which a store is moved into."""
SECONDS: Final = 15.0
"""How long it holds: after so long somebody else can go on where one was killed."""
RENEWED: Final = 4.0
"""Seconds after which it is renewed."""
PATIENCE: Final = SECONDS + 5.0
"""Seconds to wait for another one to end, or to turn out dead."""
POLL: Final = 0.5
_FREE: Final = "stop it first (an engine that a dashboard started ends with it), or give --force"


async def working(store: Store) -> list[Lease]:
    """Leases that other processes hold now: of engines, and of mirrors that keep a file in step with a team store."""
    now = datetime.now(UTC)
    found: list[Lease] = []
    after: str | None = None
    while True:
        page = await store.page(Lease, sort=BY_ID, after=after)
        found += [lease for lease in page.records if lease.id != LEASE and lease.expires > now]
        after = page.after
        if after is None:
            return found


async def refuse_working(side: Side) -> None:
    """See that nobody works with a store.

    Raises:
        StoreError: an engine does.
    """
    if leases := await working(side.store):
        hosts = ", ".join(sorted({lease.host or lease.owner for lease in leases}))
        raise StoreError(f"an engine on {hosts} works with {side.shown}", hint=_FREE)


def _is_dead(lease: Lease) -> bool:
    """Whether the process that holds it was on this machine, and is no more."""
    host, _, rest = lease.owner.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it lives, and is somebody else's
        return False
    return False


class Hold:
    """The right to move things into a store, one at a time; kept up by `look`."""

    def __init__(self, side: Side, *, force: bool) -> None:
        self._side, self._force = side, force
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{id(self)}"
        self._looked = 0.0

    async def take(self) -> None:
        """Take it, waiting for somebody else who has it: who was killed elsewhere has it for a while, too.

        Raises:
            StoreError: an engine works with the store, or somebody else goes on moving things into it.
        """
        deadline = time.monotonic() + PATIENCE
        held = await self._side.store.get(Lease, LEASE)
        if held is not None and _is_dead(held):
            await self._side.store.release(LEASE, held.owner)
        while not await self._renew():
            if time.monotonic() > deadline:
                raise StoreError(f"somebody else is copying into {self._side.shown}", hint="wait until that has ended")
            await asyncio.sleep(POLL)

    async def look(self) -> None:
        """Renew it, now and then.

        Raises:
            StoreError: it is lost, or an engine has begun to work with the store.
        """
        if time.monotonic() - self._looked > RENEWED and not await self._renew():
            raise StoreError(f"somebody else has begun to copy into {self._side.shown}", hint="run the command again")

    async def release(self) -> None:
        """Give it back."""
        await self._side.store.release(LEASE, self._owner)

    async def _renew(self) -> bool:
        if not self._force:
            await refuse_working(self._side)
        lease = await self._side.store.lease(LEASE, self._owner, host=socket.gethostname(), seconds=SECONDS)
        self._looked = time.monotonic()
        return lease is not None
