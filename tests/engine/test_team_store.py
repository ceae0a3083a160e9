"""Engines on a team's store: it goes away and comes back, engines stand still or die, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.config import Secret
from data.config.settings import MONGO_DB_URL
from data.engine.process import EngineProcess, spawn
from data.engine.service import Engine
from data.errors import StoreError
from data.model import Command, Lease
from tests.engine.conftest import CHURN, TIMING, Lab, until
from tests.engine.joblogs import add, being_read, end, holds, on_server
from tests.engine.teamlab import Hooked, team_lab
from tests.team.ferret import FerretDB, ferret

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]
PRINTED = [f"part {number}\n".encode() * 500 for number in range(4)]
TAKEOVER = 15.0
"""Seconds after which at the latest another engine goes on."""


@pytest.fixture(scope="module")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FerretDB]:
    """A server that tests may freeze, kill and start again; each leaves it running."""
    with ferret(tmp_path_factory.mktemp("ferretdb")) as server:
        yield server


@pytest.fixture
async def team(mongo: FerretDB, tmp_path: Path) -> AsyncIterator[tuple[Lab, str]]:
    """A lab on the team's store, and the store's URL."""
    async with team_lab(mongo, tmp_path) as found:
        yield found


async def launched(lab: Lab, run_id: str) -> Command:
    """Somebody launches a run."""
    return await lab.submit("launch", ref="main", run_id=run_id, variables=[{"key": "RUN_ID", "value": run_id}])


async def run_ids(lab: Lab) -> list[str]:
    """RUN_IDs of all pipelines that were launched, in order."""
    return [one["variables"]["RUN_ID"] for one in await lab.requested() if "RUN_ID" in one["variables"]]


@pytest.mark.parametrize("how", ["frozen", "killed"])
async def test_the_store_goes_away_while_an_engine_works(team: tuple[Lab, str], mongo: FerretDB, how: str) -> None:
    lab, _ = team
    async with lab.running() as engine:
        job = await being_read(lab, PRINTED[0])
        first = await launched(lab, "r1")
        assert (await lab.settled(first)).state == "done"
        (mongo.freeze if how == "frozen" else mongo.kill)()
        try:

            async def noticed() -> bool:
                return bool(engine.feed.trouble) and not engine.leases

            await until(noticed)
            assert engine.feed.since is not None
            add(lab, job, PRINTED[1])
        finally:
            (mongo.thaw if how == "frozen" else mongo.start)()

        async def answers() -> bool:
            return not engine.feed.trouble

        await until(answers)
        second = await launched(lab, "r2")
        assert (await lab.settled(second)).state == "done"
        await lab.look(f"log:{job.id}")
        add(lab, job, PRINTED[2])
        await holds(lab, job, b"".join(PRINTED[:3]))
    assert await run_ids(lab) == ["r1", "r2"]


async def test_an_outcome_that_cannot_be_written_is_written_later(team: tuple[Lab, str]) -> None:
    """The store goes away between the server's answer and the note of it: nobody has to ask the server again."""
    lab, _ = team
    hooked, fails = Hooked(lab.store), asyncio.Event()

    async def settle() -> None:
        if await lab.requested() and not fails.is_set():
            fails.set()
            raise StoreError("the store is away")

    hooked.before["settle"] = settle
    engine = Engine(lab.settings(), hooked.store, lab.logs, "test", timing=replace(TIMING, settle=3600.0), env={})
    task = asyncio.create_task(engine.run())
    try:
        await lab.look("projects")
        done = await lab.settled(await launched(lab, "r1"))
        assert fails.is_set() and done.state == "done" and done.attempts == 1
    finally:
        engine.stop()
        await task
    assert await run_ids(lab) == ["r1"]


async def test_who_slept_between_claiming_and_sending_does_not_send(team: tuple[Lab, str]) -> None:
    """By its own clock the lease is still its own, and another engine has carried out the command meanwhile."""
    lab, _ = team
    hooked, awake, asleep = Hooked(lab.store), asyncio.Event(), asyncio.Event()

    async def sleep() -> None:
        asleep.set()
        await awake.wait()

    hooked.after["claim"] = sleep
    slow = Engine(lab.settings(), hooked.store, lab.logs, "slow", timing=replace(TIMING, lease=600.0), env={})
    running = asyncio.create_task(slow.run())
    try:
        command = await launched(lab, "r1")
        await asyncio.wait_for(asleep.wait(), 30)
        await lab.store.lease(lab.project_id(), "slow", seconds=0)
        async with lab.running(owner="quick"):
            assert (await lab.settled(command)).state == "done"
            awake.set()

            async def gave_up() -> bool:
                return not slow.leases

            await until(gave_up)
            assert (await lab.settled(command)).owner == "quick"
    finally:
        awake.set()
        slow.stop()
        await running
    assert await run_ids(lab) == ["r1"]


async def test_a_launch_goes_to_the_engine_that_has_its_secrets(team: tuple[Lab, str]) -> None:
    """Another engine works on the project: it leaves it to the one beside which the values were typed."""
    lab, _ = team
    patient = replace(TIMING, secrets=3.0)
    async with lab.running(owner="leader", timing=patient) as leader:
        await lab.look("projects")
        await lab.run(await lab.pipeline(EPOCHS="3"))
        assert leader.leases
        async with lab.running(owner="beside", timing=patient) as beside:
            variables = [{"key": "RUN_ID", "value": "r1"}]
            command = await lab.submit("launch", ref="main", run_id="r1", variables=variables, secrets=["API_TOKEN"])
            beside.give_secrets(command.id, {"API_TOKEN": Secret("s3cret-value")})
            done = await lab.settled(command)
            assert (done.state, done.owner) == ("done", "beside"), done.answer
    assert (await lab.requested())[-1]["variables"]["API_TOKEN"] == "s3cret-value"


class Crew:
    """Engine processes on one team's store."""

    def __init__(self, lab: Lab, url: str, folder: Path) -> None:
        self.lab, self._folder = lab, folder
        self._config = folder / "config.yaml"
        self._config.write_text(
            f"connections:\n  work:\n    kind: gitlab\n    url: {lab.simulator.url}\n    token_env: TEST_TOKEN\n"
            f"projects:\n  - {CHURN}\nsync:\n  fast: 0.5\n  medium: 1\n  slow: 2\n"
        )
        self._env = {**os.environ, "TEST_TOKEN": lab.simulator.tokens["maintainer"], MONGO_DB_URL: url}
        self.engines: dict[str, EngineProcess] = {}

    def start(self, owner: str) -> EngineProcess:
        """Start an engine."""
        with (self._folder / f"{owner}.log").open("wb") as told:
            self.engines[owner] = spawn(self._config, owner=owner, stderr=told, env=self._env)
        return self.engines[owner]

    def told(self, owner: str) -> str:
        """What it said."""
        return (self._folder / f"{owner}.log").read_text()

    def send(self, owner: str, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.engines[owner].pid, number)

    async def leads(self, owner: str) -> None:
        """Wait until an engine works on the project."""

        async def check() -> bool:
            lease = await self.lab.store.get(Lease, self.lab.project_id())
            return lease is not None and lease.owner == owner

        await until(check, f"{owner} never took the lease")

    def stop(self) -> None:
        """End all."""
        for owner, engine in self.engines.items():
            with suppress(ProcessLookupError):
                self.send(owner, signal.SIGCONT)
            engine.stop()


@pytest.fixture
def crew(team: tuple[Lab, str], tmp_path: Path) -> Iterator[Crew]:
    """Nobody yet."""
    found = Crew(*team, tmp_path)
    yield found
    found.stop()


async def test_others_go_on_for_engines_that_stand_still_or_die(crew: Crew) -> None:
    lab = crew.lab
    crew.start("one")
    await crew.leads("one")
    crew.start("two")
    await lab.look("projects", seconds=600)
    job = await being_read(lab, PRINTED[0])
    await lab.look(f"log:{job.id}", seconds=600)

    commands = [await launched(lab, f"frozen-{number}") for number in range(3)]
    crew.send("one", signal.SIGSTOP)
    began = time.monotonic()
    await crew.leads("two")
    assert time.monotonic() - began < TAKEOVER
    add(lab, job, PRINTED[1])
    await holds(lab, job, b"".join(PRINTED[:2]))
    commands.append(await launched(lab, "taken-over"))
    assert (await lab.settled(commands[-1])).owner == "two"
    crew.send("one", signal.SIGCONT)

    async def noticed() -> bool:
        return "lost to another engine" in crew.told("one") or "was not ours for a while" in crew.told("one")

    await until(noticed)
    add(lab, job, PRINTED[2])
    await holds(lab, job, b"".join(PRINTED[:3]))

    crew.send("two", signal.SIGKILL)
    began = time.monotonic()
    await crew.leads("one")
    assert time.monotonic() - began < TAKEOVER
    add(lab, job, PRINTED[3])
    end(lab, job)
    await holds(lab, job, await on_server(lab, job))
    states = [(await lab.settled(command)).state for command in commands]
    assert states == ["done"] * 4
    assert sorted(await run_ids(lab)) == ["frozen-0", "frozen-1", "frozen-2", "taken-over"]
    assert "Traceback" not in crew.told("one") + crew.told("two")


async def test_sigterm_ends_an_engine_while_the_store_is_frozen(crew: Crew, mongo: FerretDB) -> None:
    engine = crew.start("one")
    await crew.leads("one")
    mongo.freeze()
    try:
        began = time.monotonic()
        crew.send("one", signal.SIGTERM)
        while engine.running and time.monotonic() - began < TAKEOVER:
            await asyncio.sleep(0.01)
        assert time.monotonic() - began < 2.0
        assert "Traceback" not in crew.told("one")
    finally:
        mongo.thaw()
