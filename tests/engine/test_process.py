"""The engine as a real process: started, ended, and killed at the worst moments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.config import Secret
from data.engine.process import EngineProcess, spawn
from data.model import Command, Connection, EngineState, Lease
from tests.engine.conftest import CHURN, Lab, until

pytestmark = pytest.mark.server


def write_config(lab: Lab, folder: Path) -> Path:
    """A configuration file for the lab's server and store."""
    path = folder / "config.yaml"
    path.write_text(
        f"connections:\n  work:\n    kind: gitlab\n    url: {lab.simulator.url}\n    token_env: TEST_TOKEN\n"
        f"projects:\n  - {CHURN}\nstore:\n  path: {folder}\nsync:\n  fast: 0.5\n  medium: 1\n  slow: 2\n"
    )
    return path


@pytest.fixture
def engines() -> Iterator[list[EngineProcess]]:
    """Engines to be ended with the test."""
    started: list[EngineProcess] = []
    yield started
    for one in started:
        one.stop()


def start(lab: Lab, tmp_path: Path, engines: list[EngineProcess], owner: str) -> EngineProcess:
    """An engine process on the lab."""
    env = {**os.environ, "TEST_TOKEN": lab.simulator.tokens["maintainer"]}
    with (tmp_path / f"{owner}.log").open("wb") as log:
        engine = spawn(write_config(lab, tmp_path), owner=owner, stderr=log, env=env)
    engines.append(engine)
    return engine


async def holds_lease(lab: Lab, owner: str) -> None:
    """Wait until an engine works on the project."""

    async def check() -> bool:
        found = await lab.store.get(Lease, lab.project_id())
        connection = await lab.store.get(Connection, "work")
        return found is not None and found.owner == owner and connection is not None and connection.user != ""

    await until(check, f"{owner} never took the lease")


async def test_an_engine_process_works_and_ends_with_its_parent(
    lab: Lab, tmp_path: Path, engines: list[EngineProcess]
) -> None:
    engine = start(lab, tmp_path, engines, "one")
    await holds_lease(lab, "one")
    await lab.look("projects")
    await lab.run(await lab.pipeline(EPOCHS="3"))
    command = await lab.submit(
        "launch", ref="main", run_id="r1", variables=[{"key": "RUN_ID", "value": "r1"}], secrets=["API_TOKEN"]
    )
    engine.give_secrets(command.id, {"API_TOKEN": Secret("s3cret-value")})
    assert (await lab.settled(command)).state == "done"
    assert (await lab.requested())[-1]["variables"]["API_TOKEN"] == "s3cret-value"
    began = time.monotonic()
    engine.stop()
    assert time.monotonic() - began < 1.0 and not engine.running
    assert await lab.store.get(EngineState, "one") is None
    told = (tmp_path / "one.log").read_text()
    assert "lease" in told and "s3cret-value" not in told and lab.simulator.tokens["maintainer"] not in told
    assert "Traceback" not in told


async def test_sigterm_ends_an_engine_while_the_server_hangs(
    lab: Lab, tmp_path: Path, engines: list[EngineProcess]
) -> None:
    engine = start(lab, tmp_path, engines, "one")
    await holds_lease(lab, "one")
    await lab.look("projects")
    await lab.fault("hang", count=1000)
    before = sum((await lab.requests()).values())

    async def hangs() -> bool:
        return sum((await lab.requests()).values()) > before

    await until(hangs)
    began = time.monotonic()
    os.kill(engine.pid, signal.SIGTERM)
    engine.stop()
    assert time.monotonic() - began < 1.0
    assert await lab.store.get(EngineState, "one") is None, "it ended by itself and tidied up"
    lab.simulator.stop()


@pytest.mark.parametrize("handled", [True, False])
async def test_kill_between_sending_and_answer_gives_exactly_one_pipeline(
    lab: Lab, tmp_path: Path, engines: list[EngineProcess], handled: bool
) -> None:
    """The server carries out the request while (or never, for it lost it) its sender is killed."""
    victim = start(lab, tmp_path, engines, "victim")
    await holds_lease(lab, "victim")
    if handled:
        await lab.fault_latency(60_000)
    else:
        await lab.fault("hang", method="POST", path="/pipeline$")
    command = await lab.submit("launch", ref="main", run_id="r1", variables=[{"key": "RUN_ID", "value": "r1"}])

    async def under_way() -> bool:
        now = await lab.store.get(Command, command.id)
        arrived = "POST /api/v4/projects/{id}/pipeline" in await lab.requests()
        return now is not None and now.state == "sending" and arrived

    await until(under_way)
    os.kill(victim.pid, signal.SIGKILL)
    victim.stop()
    await lab.fault_latency(0)
    await lab.store.lease(lab.project_id(), "victim", seconds=0)
    async with lab.running(owner="heir"):
        settled = await lab.settled(command)
    assert settled.state == "done", settled.answer
    assert settled.owner == "heir"
    assert [one["variables"]["RUN_ID"] for one in await lab.requested()] == ["r1"]
    assert settled.attempts == (1 if handled else 2)


async def test_a_killed_engine_is_followed_by_another(lab: Lab, tmp_path: Path, engines: list[EngineProcess]) -> None:
    victim = start(lab, tmp_path, engines, "victim")
    await holds_lease(lab, "victim")
    os.kill(victim.pid, signal.SIGKILL)
    victim.stop()
    async with lab.running(owner="heir"):
        await lab.store.lease(lab.project_id(), "victim", seconds=0.3)
        await holds_lease(lab, "heir")
        await lab.run(await lab.pipeline(EPOCHS="3"))


@pytest.mark.parametrize(
    ("text", "words"),
    [("connections: [", "YAML"), ("connections: {a: {kind: gitlab}}\n", "url"), (None, "no such file")],
)
def test_a_wrong_configuration_is_one_sentence(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "config.yaml"
    if text is not None:
        path.write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "data.engine", "--config", str(path)], capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1
    assert words in ended.stderr and "Traceback" not in ended.stderr and len(ended.stderr.strip().splitlines()) == 1


def test_starting_a_process_imports_neither_servers_clients_nor_a_database() -> None:
    heavy = ("gitlab", "mlflow", "sqlalchemy", "requests")
    code = f"import sys, data.engine.process; print([name for name in {heavy} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert ended.stdout.strip() == "[]", ended.stderr
