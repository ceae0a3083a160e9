"""Members of a team: engine processes on the team's store, and viewers, each with a mirror of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.engine.process import EngineProcess, spawn
from data.model import Connection, Project
from data.simulator import ManualClock, Simulator
from data.store.mirror import Mirror
from data.store.open import open_store
from data.store.place import Place
from data.store.port import Store
from tests.engine.conftest import Lab, until

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN: Final = "mongo team.example/lineside"
"""What the team's store is called on screens."""
STORE: Final = "store"
"""Id of the `Connection` by which a viewer is told how the team's store is."""
TOKEN: Final = "TEST_TOKEN"
"""Environment variable with the token of the simulated server."""
CONFIG: Final = """\
connections:
  work:
    kind: gitlab
    url: {url}
    token_env: {token}
    requests_per_minute: 100000
    max_concurrent: 0
projects:
{projects}sync:
  fast: {fast}
  medium: {medium}
  slow: {slow}
"""


def write_config(folder: Path, url: str, projects: Iterable[str], *, pace: tuple[float, float, float]) -> Path:
    """A configuration of some projects; `pace` are the intervals fast, medium and slow, in seconds."""
    path = folder / "lineside.yaml"
    names = "".join(f"  - project: {name}\n" for name in projects)
    fast, medium, slow = pace
    path.write_text(CONFIG.format(url=url, token=TOKEN, projects=names, fast=fast, medium=medium, slow=slow))
    path.chmod(0o600)
    return path


def place_in(folder: Path, url: str) -> Place:
    """The team's store, mirrored in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return Place(url, folder / "lineside.db", folder / "logs", SHOWN)


class EngineMember:
    """An engine process; what it says is in `log`."""

    def __init__(self, config: Path, place: Place, owner: str, token: str) -> None:
        self.owner, self.place = owner, place
        self.log = place.file.parent / f"{owner}.log"
        with self.log.open("ab") as told:
            self.process: EngineProcess = spawn(
                config, place=place, owner=owner, stderr=told, env={**os.environ, TOKEN: token}
            )

    def freeze(self) -> None:
        """It stands still, as on a laptop whose lid was closed."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on, and knows nothing of the time between."""
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """It ends at once and tidies up nothing."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.stop()

    def stop(self) -> None:
        """End it as its dashboard would, in whatever state it is."""
        with suppress(ProcessLookupError):
            self.thaw()
        self.process.stop()

    def told(self) -> str:
        """What it said so far."""
        return self.log.read_text(errors="replace")


class Viewer(Lab):
    """Somebody's local store and logs, with the mirror that keeps them equal to the team's.

    `store` and `logs` are what a dashboard reads; the helpers of `Lab` work on them.
    """

    def __init__(self, simulator: Simulator, clock: ManualClock, store: Store, place: Place, name: str) -> None:
        super().__init__(simulator, clock, store, place.file.parent)
        self.place, self.name = place, name
        self._task: asyncio.Task[None] | None = None
        self.mirror: Mirror

    def _mirror(self) -> Mirror:
        return Mirror(self.store, self.logs, self.place.url, place=self.place.shown, owner=self.name)

    def begin(self) -> None:
        """Mirror from now on."""
        if self._task is None:
            self.mirror = self._mirror()
            self._task = asyncio.create_task(self.mirror.run())

    async def end(self) -> None:
        """Mirror no more; the local store stays open."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            await self.mirror.close()

    async def known(self) -> None:
        """Wait until the project is here; somebody has to look at it."""

        async def check() -> Project | None:
            return await self.store.get(Project, self.project_id())

        await until(check, f"{self.name} never got the project")

    async def connection(self, *states: str) -> Connection:
        """How the team's store is said to be, once it is in one of these states."""

        async def check() -> Connection | None:
            found = await self.store.get(Connection, STORE)
            return found if found is not None and found.state in states else None

        return await until(check, f"{self.name} was never told that the team's store is {states}")


class Team:
    """One simulated server, one team store, and whoever works on them; all are ended with it."""

    def __init__(self, simulator: Simulator, clock: ManualClock, url: str, config: Path, folder: Path) -> None:
        self.simulator, self.clock, self.url, self.config, self.folder = simulator, clock, url, config, folder
        self.engines: list[EngineMember] = []
        self._stack = AsyncExitStack()

    def engine(self, owner: str = "engine", *, url: str = "", who: str = "maintainer") -> EngineMember:
        """An engine process with the mirror of its dashboard, as a dashboard starts it."""
        place = place_in(self.folder / owner, url or self.url)
        member = EngineMember(self.config, place, owner, self.simulator.tokens[who])
        self.engines.append(member)
        self._stack.callback(member.stop)
        return member

    async def viewer(self, name: str, *, url: str = "") -> Viewer:
        """A viewer whose mirror runs."""
        place = place_in(self.folder / name, url or self.url)
        store = await open_store(place.file)
        viewer = Viewer(self.simulator, self.clock, store, place, name)
        self._stack.push_async_callback(store.close)
        self._stack.callback(viewer.http.close)
        self._stack.push_async_callback(viewer.end)
        viewer.begin()
        return viewer

    async def behind(self, member: EngineMember) -> Viewer:
        """Whoever sits before the dashboard of an engine process: its mirror keeps the store and the logs."""
        store = await open_store(member.place.file)
        viewer = Viewer(self.simulator, self.clock, store, member.place, member.owner)
        self._stack.push_async_callback(store.close)
        self._stack.callback(viewer.http.close)
        return viewer

    async def close(self) -> None:
        """End everybody."""
        await self._stack.aclose()

    def told(self) -> str:
        """What all engines said, for a message about a failure."""
        return "\n".join(f"--- {one.owner}\n{one.told()[-4000:]}" for one in self.engines)
