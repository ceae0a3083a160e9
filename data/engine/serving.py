"""What runs in an engine's process: the engine, and the mirror of a team's store. Both go on while it is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol, runtime_checkable

from data.config import Secret, Settings
from data.config.paths import ensure
from data.engine.adopting import keep_adopting
from data.engine.copies import keep_room
from data.engine.secrets import Secrets
from data.engine.service import Engine
from data.engine.vitals import Vitals, state_of
from data.errors import LinesideError, StoreError, StoreVersion
from data.store.logs import LogFiles, LogStore
from data.store.open import open_logs, open_store
from data.store.place import Place
from data.store.port import Store

log = logging.getLogger(__name__)

PAUSES: Final = (1.0, 2.0, 5.0)
"""Seconds between tries to open a team's store that is away; the last one goes on."""
CLOSING: Final = 0.25
"""Seconds that a store gets to close: it may be away."""
LOOK: Final = 0.5
"""Seconds between two looks whether there is something new to say of our health."""
REMIND: Final = 60.0
"""Seconds after which the health is said although nothing has changed."""


class Service:
    """An engine on the store of a `place`, and with `mirror` the mirror of a team's store in the place's own file.

    `say` is told how the engine does: now and then, and whenever that changes.
    """

    def __init__(
        self,
        settings: Settings,
        place: Place,
        owner: str,
        *,
        engine: bool = True,
        mirror: bool = False,
        say: Callable[[Vitals], None] | None = None,
    ) -> None:
        self.settings, self.place, self.owner = settings, place, owner
        self._with_engine, self._with_mirror, self._say = engine, mirror and bool(place.url), say
        self._secrets = Secrets()
        self._stopping = asyncio.Event()
        self._engine: Engine | None = None
        self._trouble = ""
        self._since: datetime | None = None
        self._began = time.monotonic()

    def stop(self) -> None:
        """Tell `run` to end. May be called from a signal handler of the event loop."""
        self._stopping.set()

    def give_secrets(self, command_id: str, values: Mapping[str, Secret]) -> None:
        """Hand over the values of a launch's secret variables; they are kept in memory until it was sent."""
        self._secrets.give(command_id, dict(values))

    async def run(self) -> None:
        """Work until `stop`, then let go of everything within a second.

        Raises:
            StoreError: a file that cannot be opened, or a team's store that a newer Lineside made.
            LinesideError: the work came to an end that nobody asked for.
        """
        ensure(self.place.file.parent)
        parts: list[Coroutine[Any, Any, None]] = [self._stopping_comes()]
        parts += [self._tell()] if self._say is not None else []
        parts += [self._mirror()] if self._with_mirror else []
        parts += [self._work()] if self._with_engine else []
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        self._tell_now("ended")
        for error in ended:
            if isinstance(error, Exception):
                raise error
        if not self._stopping.is_set():
            raise LinesideError("the engine ended by itself", hint="engine.log may say why; start it again")

    async def _stopping_comes(self) -> None:
        await self._stopping.wait()

    async def _work(self) -> None:
        store = await self._opened()
        logs = open_logs(self.place.url, self.place.logs)
        adopting = asyncio.create_task(keep_adopting(store, self.owner))
        try:
            engine = self._engine = Engine(self.settings, store, logs, self.owner, secrets=self._secrets)
            await engine.run()
        finally:
            adopting.cancel()
            await closed(store, logs)

    async def _opened(self) -> Store:
        """The store, as soon as it can be opened."""
        if not self.place.url:
            return await open_store(self.place.file)
        tries = 0
        while True:
            try:
                store = await open_store(self.place.url)
            except StoreVersion:
                raise
            except StoreError as error:
                if str(error) != self._trouble:
                    self._trouble, self._since = str(error), self._since or datetime.now(UTC)
                    log.warning("%s", error)
            else:
                self._trouble, self._since = "", None
                return store
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    async def _mirror(self) -> None:
        from data.store.mirror import Mirror, MirrorTiming

        local, files = await open_store(self.place.file), LogFiles(self.place.logs)
        timing = MirrorTiming(log_bytes=self.settings.logs.quota or sys.maxsize)
        mirror = Mirror(local, files, self.place.url, place=self.place.shown, owner=self.owner, timing=timing)
        limit, connections = self.settings.logs.quota, self.settings.names("gitlab")
        keeper = asyncio.create_task(keep_room(local, files, limit, connections))
        try:
            await mirror.run()
        finally:
            keeper.cancel()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await mirror.close()
            await closed(local)

    # Health

    async def _tell(self) -> None:
        said, at = None, 0.0
        while True:
            state: Literal["opening", "ok", "away"] = "opening"
            if self._engine is not None:
                state = "away" if self._engine.feed.trouble else "ok"
            vitals = self._vitals(state)
            if vitals.telling() != said or time.monotonic() - at >= REMIND:
                said, at = vitals.telling(), time.monotonic()
                self._tell_now(state)
            await asyncio.sleep(LOOK)

    def _tell_now(self, state: Literal["opening", "ok", "away", "ended"]) -> None:
        if self._say is not None:
            self._say(self._vitals(state))

    def _vitals(self, state: Literal["opening", "ok", "away", "ended"]) -> Vitals:
        engine = self._engine
        return Vitals(
            time=datetime.now(UTC),
            owner=self.owner,
            state=state,
            store=self.place.shown,
            trouble=engine.feed.trouble if engine is not None else self._trouble,
            since=engine.feed.since if engine is not None else self._since,
            projects=len(self.settings.projects),
            leases=engine.leases if engine is not None else (),
            connections={name: state_of(one) for name, one in engine.connections.items()} if engine else {},
            uptime=time.monotonic() - self._began,
        )


async def open_parts(place: Place) -> tuple[Store, LogStore]:
    """The store and the logs that an engine works on: those of the team, or those in files.

    Raises:
        StoreError: the store cannot be opened.
    """
    ensure(place.file.parent)
    return await open_store(place.url or place.file), open_logs(place.url, place.logs)


@runtime_checkable
class Closable(Protocol):
    """Logs behind a network."""

    def close(self) -> None:
        """Let go of the connections."""
        ...


async def closed(store: Store, logs: object = None) -> None:
    """Close a store that may be away, and its logs."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSING):
            await store.close()
            if isinstance(logs, Closable):
                await asyncio.to_thread(logs.close)
