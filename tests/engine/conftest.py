"""A simulated GitLab, a real SQLite store, and engines on them."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests

from data.config import ConnectionSettings, ProjectSettings, Secret, Settings, SyncSettings
from data.engine.service import Engine
from data.engine.timing import Timing
from data.model import Command, Interest, JobRun, PipelineRun, Record
from data.simulator import ManualClock, Simulator, SimulatorSettings
from data.store.logs import LogFiles
from data.store.open import open_store
from data.store.port import Store
from tests.stores import new_store

CHURN = "ml/customer/churn"
"""A project whose training starts a child pipeline."""
TIMING = Timing(
    lease=3.0,
    watch=0.02,
    looks=0.05,
    interests=0.05,
    heartbeat=0.2,
    backoff_first=0.05,
    backoff_watched=0.2,
    backoff_cap=0.5,
    background_gap=0.0,
    history=0.1,
    settle=1.0,
    search=0.1,
    hold=0.1,
    secrets=0.3,
    tail_steps=(0.05, 0.1, 0.2),
    tail_write=0.02,
    tail_settle=0.2,
)
SYNC = SyncSettings(fast=0.1, medium=0.3, slow=1.0)
LONGEST = 60.0
"""Seconds after which a condition that does not come true fails its test."""

T = TypeVar("T")
R = TypeVar("R", bound=Record)


async def until(check: Callable[[], Awaitable[T | None]], what: str = "") -> T:
    """The first true result of `check`."""
    deadline = time.monotonic() + LONGEST
    while not (found := await check()):
        assert time.monotonic() < deadline, what or "the condition never came true"
        await asyncio.sleep(0.02)
    return found


class Lab:
    """One simulated server with a store; its world's time stands still until `pass_time`."""

    def __init__(self, simulator: Simulator, clock: ManualClock, store: Store, folder: Path) -> None:
        self.simulator, self.clock, self.store, self.folder = simulator, clock, store, folder
        self.logs = LogFiles(folder / "logs")
        self.http = requests.Session()

    # The server

    async def call(self, method: str, path: str, who: str = "maintainer", **options: Any) -> Any:
        """A request of somebody else; the JSON of the answer."""

        def ask() -> Any:
            root = "" if path.startswith("/-/") else "/api/v4"
            headers = {"PRIVATE-TOKEN": self.simulator.tokens[who]}
            answer = self.http.request(
                method, f"{self.simulator.url}{root}{path}", headers=headers, timeout=10, **options
            )
            answer.raise_for_status()
            return answer.json() if answer.content else None

        return await asyncio.to_thread(ask)

    async def fault(self, kind: str, **more: Any) -> None:
        """Order a fault for the next requests that fit."""
        await self.call("POST", "/-/simulator/faults", json={"kind": kind, **more})

    async def fault_latency(self, milliseconds: float) -> None:
        """Let every request wait before it is handled; one whose sender goes away is handled at once."""
        await self.call("POST", "/-/simulator/faults", json={"latency_ms": milliseconds})

    async def requests(self) -> dict[str, int]:
        """Requests by route since the start or the last reset."""
        found: dict[str, int] = (await self.call("GET", "/-/simulator/requests"))["routes"]
        return found

    async def requested(self) -> list[dict[str, Any]]:
        """Pipelines that were created through the API, with their variables."""
        found: list[dict[str, Any]] = await self.call("GET", "/-/simulator/pipelines")
        return found

    def pass_time(self, seconds: float, step: float = 5.0) -> None:
        """Let the world move on."""
        world = self.simulator.world
        with world.lock:
            while seconds > 0:
                self.clock.advance(min(step, seconds))
                world.advance()
                seconds -= step

    def pass_time_until(self, reached: Callable[[], bool], longest: float = 7200.0) -> None:
        """Let the world move on until something is true in it."""
        passed = 0.0
        while not reached():
            assert passed < longest, "the world never got there"
            self.pass_time(5.0)
            passed += 5.0

    async def pipeline(self, path: str = CHURN, ref: str = "main", **variables: str) -> int:
        """Somebody else starts a pipeline; its id on the server."""
        given = [{"key": key, "value": value} for key, value in variables.items()]
        made = await self.call("POST", f"/projects/{self.git(path)}/pipeline", json={"ref": ref, "variables": given})
        return int(made["id"])

    def git(self, path: str = CHURN) -> int:
        """The server's id of a project."""
        return self.simulator.world.paths[path].id

    # Lineside

    def settings(self, *paths: str, who: str = "maintainer", **more: Any) -> Settings:
        """A configuration of some projects."""
        connection = ConnectionSettings(
            kind="gitlab", url=self.simulator.url, token=Secret(self.simulator.tokens[who]), timeout_read=5.0
        )
        projects = more.pop("projects", None) or [
            ProjectSettings(project=path, connection="work") for path in paths or (CHURN,)
        ]
        return Settings(
            connections={"work": connection, **more.pop("connections", {})},
            projects=projects,
            sync=more.pop("sync", SYNC),
            **more,
        )

    def engine(self, settings: Settings | None = None, owner: str = "test", **more: Any) -> Engine:
        """An engine that is not running."""
        timing = more.pop("timing", TIMING)
        return Engine(settings or self.settings(), self.store, self.logs, owner, timing=timing, env={})

    @contextlib.asynccontextmanager
    async def running(
        self, settings: Settings | None = None, owner: str = "test", **more: Any
    ) -> AsyncIterator[Engine]:
        """A running engine."""
        engine = self.engine(settings, owner, **more)
        task = asyncio.create_task(engine.run())
        try:
            yield engine
        finally:
            engine.stop()
            await task

    def project_id(self, path: str = CHURN) -> str:
        """Id of the `Project`."""
        return f"work:{self.git(path)}"

    def run_id(self, pipeline: int, path: str = CHURN) -> str:
        """Id of a `PipelineRun`."""
        return f"work:{self.git(path)}:{pipeline}"

    async def look(self, *topics: str, viewer: str = "me", seconds: float = 60.0) -> None:
        """Somebody looks at something."""
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        await self.store.watch(
            [Interest(id=f"{viewer}:{topic}", viewer=viewer, topic=topic, expires=expires) for topic in topics]
        )

    async def run(self, pipeline: int, *statuses: str, path: str = CHURN) -> PipelineRun:
        """The stored run, once it has one of the statuses and its jobs were read."""

        async def check() -> PipelineRun | None:
            found = await self.store.get(PipelineRun, self.run_id(pipeline, path))
            fits = found is not None and (not statuses or found.status in statuses) and found.jobs_synced
            return found if fits else None

        return await until(check, f"run {pipeline} never became {statuses}")

    async def jobs(self, pipeline: int, path: str = CHURN) -> dict[str, JobRun]:
        """The newest attempts of a run's jobs, by name."""
        page = await self.store.page(JobRun, where={"pipeline_run_id": self.run_id(pipeline, path)}, limit=200)
        return {job.name: job for job in page.records if not job.retried}

    async def submit(self, what: str, target: str = "", *, path: str = CHURN, **payload: Any) -> Command:
        """Put a command into the outbox."""
        command = Command(
            id=str(uuid.uuid4()),
            kind=what,
            connection="work",
            project_id=self.project_id(path),
            target_id=target,
            title=f"{what} {target}",
            payload=payload,
            by="ada",
            created=datetime.now(UTC),
        )
        await self.store.submit(command)
        return command

    async def settled(self, command: Command, states: Collection[str] = ("done", "refused", "unknown")) -> Command:
        """The command, once it is in one of these states."""

        async def check() -> Command | None:
            found = await self.store.get(Command, command.id)
            return found if found is not None and found.state in states else None

        return await until(check, f"{command.title} was never settled")


@pytest.fixture
async def make_lab(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Lab]]]:
    """Make labs with simulator settings of the test's own, whose clock is `behind` ours by some seconds."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(*, behind: float = 0.0, **settings: Any) -> Lab:
            given = {"history_days": 0, "activity": 0, "failure_rate": 0, **settings}
            clock = ManualClock(time.time() - behind)
            simulator = stack.enter_context(Simulator(SimulatorSettings(**given), clock))
            path = tmp_path / "lineside.db"
            await new_store(path)
            store = await open_store(path)
            lab = Lab(simulator, clock, store, tmp_path)
            stack.push_async_callback(store.close)
            stack.callback(lab.http.close)
            return lab

        yield make


@pytest.fixture
async def lab(make_lab: Callable[..., Awaitable[Lab]]) -> Lab:
    """A quiet server of six projects without history."""
    return await make_lab()
