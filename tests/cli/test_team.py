"""Commands on a team's store: they see what others wrote, tell what they write, and go on without it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.config import Settings
from data.errors import StoreError
from data.model import Command, PipelineRun
from data.store.mirror import status
from data.store.mongo.logs import MongoLogs
from data.store.open import open_logs, open_store
from data.store.place import place_of
from tests import world
from tests.cli.conftest import Invoke, failed_job
from tests.ferretdb import server
from tests.store.conftest import collect_sockets
from tui.context import collect

pytestmark = [
    pytest.mark.server,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
NOWHERE = "mongodb://ada:hunter2@127.0.0.1:9/lineside?serverSelectionTimeoutMS=200"
SHOWN = "mongo 127.0.0.1:9/lineside"


@pytest.fixture(scope="module")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server."""
    with server(tmp_path_factory.mktemp("ferretdb")) as url:
        yield url
    collect_sockets()


@pytest.fixture
def team(mongo: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of a team's store with the records of `tests.world`, chosen by the environment."""
    url = f"{mongo}/lineside_{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("MONGO_DB_URL", url)

    async def fill() -> None:
        store = await open_store(url)
        await store.put(world.records())
        await store.close()

    asyncio.run(fill())
    return url


def outbox(url: str) -> dict[str, Command]:
    """The commands in a team's store."""

    async def read() -> dict[str, Command]:
        store = await open_store(url)
        try:
            return {one.id: one for one in await collect(store, Command)}
        finally:
            await store.close()

    return asyncio.run(read())


def test_what_others_wrote_is_seen_at_once(invoke: Invoke, team: str) -> None:
    known = {record.id for record in world.records() if isinstance(record, PipelineRun)}
    shown = invoke("runs", "--json")
    assert (shown.code, shown.err) == (0, "")
    assert {run["id"] for run in shown.json} <= known
    assert len(shown.json) > 3

    async def write() -> None:
        store = await open_store(team)
        await store.delete(PipelineRun, [shown.json[0]["id"]])
        await store.close()

    asyncio.run(write())
    assert shown.json[0]["id"] not in {run["id"] for run in invoke("runs", "--json").json}


def test_what_is_asked_for_is_told(invoke: Invoke, team: str) -> None:
    before = outbox(team)
    shown = invoke("--no-engine", "label", "#103", "--add", "best", "--timeout", "0.2")
    assert shown.code == 1, shown
    (made,) = [one for id, one in outbox(team).items() if id not in before]
    assert (made.kind, made.state) == ("label", "withdrawn")


def test_doctor_tells_how_far_the_mirror_is(invoke: Invoke, team: str) -> None:
    new = invoke("doctor", "--json").json["store"]
    assert (new["kind"], new["exists"], new["team"]["mirror"]) == ("mongo", False, None)
    assert invoke("runs").code == 0
    store = invoke("doctor", "--json").json["store"]
    about = store["team"]
    assert (about["state"], about["problems"]) == ("ok", [])
    assert len(about["identity"]) > 8
    assert about["counts"]["projects"] == store["counts"]["projects"] == 3
    assert about["server"].startswith(("FerretDB ", "MongoDB "))
    mirror = about["mirror"]
    assert (mirror["identity"], mirror["behind"], mirror["waiting"]) == (about["identity"], 0, 0)
    assert team.removeprefix("mongodb://") in invoke("doctor").out


def test_doctor_changes_nothing_in_a_database_that_nobody_uses(
    invoke: Invoke, config: Path, mongo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGO_DB_URL", f"{mongo}/lineside_{uuid.uuid4().hex[:12]}")
    for _ in range(2):
        about = invoke("doctor", "--json").json["store"]["team"]
        assert (about["state"], about["schema"], about["identity"]) == ("new", 0, "")


def test_a_store_that_is_away_is_said_once_and_what_is_written_waits(
    invoke: Invoke, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGO_DB_URL", NOWHERE)
    shown = invoke("runs", "--json")
    assert (shown.code, shown.json) == (0, [])
    assert shown.err.splitlines()[0] == f"the team store {SHOWN} is away: nothing was copied from it yet"
    assert shown.err.count("away") == 1
    report = invoke("doctor", "--json")
    assert report.code == 1
    about = report.json["store"]["team"]
    assert about["state"] == "away"
    assert "does not answer" in about["problems"][0]["message"]
    assert "hunter2" not in report.out + report.err + shown.err


def test_what_waits_here_is_told_when_the_store_is_back(
    invoke: Invoke, team: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke("runs").code == 0
    file = place_of(Settings()).file
    before = outbox(team)

    async def refuse(url: str) -> None:
        raise StoreError(f"nobody answers at {url.partition('://')[0]}")

    with monkeypatch.context() as patched:
        patched.setattr("data.store.mirror.mirror.connect", refuse)
        shown = invoke("--no-engine", "label", "#103", "--add", "best", "--timeout", "0.2")
        assert "is away: this is from" in shown.err, shown
        assert "1 change waiting here" in shown.err, shown
    assert asyncio.run(status(file)).waiting == 1
    assert outbox(team) == before
    assert invoke("runs").err == ""
    assert asyncio.run(status(file)).waiting == 0
    (made,) = [one for id, one in outbox(team).items() if id not in before]
    assert (made.kind, made.state) == ("label", "withdrawn")


def test_a_log_that_is_held_by_the_team_needs_no_engine(invoke: Invoke, team: str) -> None:
    logs = open_logs(team, Path())
    assert isinstance(logs, MongoLogs)
    logs.append(world.FAILED_JOB, 0, world.LOG)
    logs.close()

    async def complete() -> None:
        store = await open_store(team)
        await store.put(failed_job(complete=True))
        await store.close()

    asyncio.run(complete())
    shown = invoke("--no-engine", "logs", world.FAILED_JOB, "--raw")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.encode() == world.LOG
