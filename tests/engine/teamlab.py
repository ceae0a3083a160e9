"""A lab on a team's store, and an engine on it that stands still when a test says so."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

from data.engine.serving import closed
from data.simulator import ManualClock, Simulator, SimulatorSettings
from data.store.logs import LogFiles
from data.store.open import open_logs, open_store
from data.store.port import Store
from tests.engine.conftest import Lab
from tests.team.ferret import FerretDB

HASTY: Final = "timeoutMS=1500&serverSelectionTimeoutMS=500"
"""What a test asks of the driver: nobody has to wait long for a store that is away."""


@asynccontextmanager
async def team_lab(mongo: FerretDB, folder: Path) -> AsyncIterator[tuple[Lab, str]]:
    """A quiet server of six projects without history, an empty team's store, and its URL."""
    clock = ManualClock(time.time())
    url = mongo.url(f"lineside_{uuid.uuid4().hex[:12]}", options=HASTY)
    with Simulator(SimulatorSettings(history_days=0, activity=0, failure_rate=0), clock) as simulator:
        store = await open_store(url)
        lab = Lab(simulator, clock, store, folder)
        lab.logs = cast(LogFiles, open_logs(url, folder / "logs"))  # what a lab asks of it, both can
        try:
            yield lab, url
        finally:
            lab.http.close()
            await closed(store, lab.logs)


class Hooked:
    """A store on which a test does something before a call is made, or after it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.before: dict[str, Callable[[], Awaitable[None]]] = {}
        self.after: dict[str, Callable[[], Awaitable[None]]] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*given: Any, **more: Any) -> Any:
            if name in self.before:
                await self.before[name]()
            result = await found(*given, **more)
            if name in self.after:
                await self.after[name]()
            return result

        return call

    @property
    def store(self) -> Store:
        """As what an engine takes it for."""
        return cast(Store, self)
