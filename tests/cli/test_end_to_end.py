"""Commands against a simulated GitLab, through an engine process that the command itself starts."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import yaml

from data.model import Command, JobRun, PipelineRun, Record
from data.simulator.server import Simulator
from data.simulator.settings import SimulatorSettings
from data.store.open import open_store
from data.store.place import STORE_FILE
from tests.cli.conftest import Invoke, Outcome
from tui.context import collect

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

R = TypeVar("R", bound=Record)

PROJECT = "ml/customer/churn"
WITH_MANUAL_JOB = "ml/risk/fraud-detection"
INPUTS_ONLY = "ml/support/nlp/nlp-tickets"
DEADLINE = 60.0
"""Seconds until something that should happen counts as not happening."""
PATIENCE = ("--timeout", "60")
"""Deadline of the commands under test."""


@pytest.fixture(scope="module")
def gitlab() -> Iterator[Simulator]:
    """A GitLab whose jobs run two hundred times as fast as in life; none fails by chance, nobody else works on it."""
    settings = SimulatorSettings(projects=6, history_days=0.05, activity=0, failure_rate=0, speed=200)
    with Simulator(settings) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def normal(gitlab: Simulator) -> Iterator[None]:
    """Every job succeeds again, at the usual pace, after a test."""
    yield
    with gitlab.world.lock:
        gitlab.world.forced.clear()


@pytest.fixture
def configure(own_world: Path, gitlab: Simulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes the user's configuration: which token, which address, which projects."""
    monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(own_world))
    monkeypatch.chdir(own_world)

    def write(token: str = "maintainer", url: str = "", projects: tuple[str, ...] = (PROJECT,)) -> Path:
        content = {
            "connections": {"gitlab": {"kind": "gitlab", "url": url or gitlab.url, "token": gitlab.tokens[token]}},
            "projects": [
                {
                    "project": name,
                    "pipelines": [{"name": "training", "apis": [{"name": "quick", "user_variables": {"EPOCHS": "2"}}]}],
                }
                for name in projects
            ],
            "sync": {"fast": "0.5s", "medium": "1s"},
        }
        path = own_world / "config.yaml"
        path.write_text(yaml.safe_dump(content))
        path.chmod(0o600)
        return path

    return write


def records(own_world: Path, kind: type[R]) -> list[R]:
    """What the store holds of a kind."""

    async def read() -> list[R]:
        store = await open_store(own_world / "data" / STORE_FILE)
        try:
            return await collect(store, kind)
        finally:
            await store.close()

    return asyncio.run(read())


def pipeline_of(gitlab: Simulator, shown: Outcome) -> int:
    """The pipeline id that a launch printed; it exists on the server."""
    number = int(shown.out.split()[0].rpartition(":")[2])
    with gitlab.world.lock:
        assert number in gitlab.world.pipelines
    return number


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def status(gitlab: Simulator, pipeline: int) -> str:
    """The status of a pipeline on the server, now."""
    with gitlab.world.lock:
        gitlab.world.advance()
        return gitlab.world.pipelines[pipeline].status


def test_launch_and_wait(invoke: Invoke, configure: Callable[..., Path], gitlab: Simulator, own_world: Path) -> None:
    configure()
    shown = invoke("launch", "churn", "--api", "quick", "--why", "baseline", "--yes", "--wait", *PATIENCE)
    assert shown.code == 0, shown.err
    number = pipeline_of(gitlab, shown)
    run_id, address = shown.out.split()
    assert address == f"{gitlab.url}/{PROJECT}/-/pipelines/{number}"
    assert "reading the project for the first time" in shown.err
    assert f"#{number} success" in shown.err
    with gitlab.world.lock:
        sent = {one.key: one.value for one in gitlab.world.pipelines[number].variables}
    assert sent["EPOCHS"] == "2"
    run = next(one for one in records(own_world, PipelineRun) if one.id == run_id)
    assert (run.api, run.run_info_id) == ("quick", sent["RUN_ID"])
    command = records(own_world, Command)[0]
    assert (command.state, command.why) == ("done", "baseline")


def test_a_failed_run_is_exit_code_1_and_names_the_job(
    invoke: Invoke, configure: Callable[..., Path], gitlab: Simulator
) -> None:
    configure()
    with gitlab.world.lock:
        gitlab.world.forced["features"] = "script_failure"
    shown = invoke("launch", PROJECT, "--ref", "develop", "--yes", "--wait", *PATIENCE)
    assert shown.code == 1, shown.err
    number = pipeline_of(gitlab, shown)
    assert f"#{number} failed" in shown.err
    assert "features failed: script_failure; lineside logs " in shown.err
    log = invoke("logs", f"{number}/features", "--plain", *PATIENCE)
    assert log.code == 0, log.err
    assert "ERROR: Job failed" in log.out.splitlines()[-1]
    followed = invoke("logs", f"#{number}/extract", "--follow", *PATIENCE)
    assert followed.out.splitlines()[-1] == "Job succeeded"


def test_cancel_retry_and_follow(invoke: Invoke, configure: Callable[..., Path], gitlab: Simulator) -> None:
    configure()
    shown = invoke("launch", PROJECT, "--var", "EPOCHS=1000", "--yes", *PATIENCE)
    assert shown.code == 0, shown.err
    number, (run_id, address) = pipeline_of(gitlab, shown), shown.out.split()
    canceled = invoke("cancel", address, "--yes", "--wait", *PATIENCE)
    assert canceled.code == 0, canceled.err
    assert status(gitlab, number) == "canceled"
    again = invoke("cancel", run_id, "--yes")
    assert (again.code, again.out) == (2, "")
    assert f"#{number} is over: its status is canceled" in again.err
    retried = invoke("retry", f"#{number}", "--yes", *PATIENCE)
    assert retried.code == 0, retried.err
    assert retried.out.split()[0] == run_id
    followed = invoke("logs", f"{number}/extract", "--follow", *PATIENCE)
    assert followed.code == 0, followed.err
    assert followed.out.splitlines()[-1] == "Job succeeded"
    assert "\x1b" not in followed.out


def test_play_a_manual_job(invoke: Invoke, configure: Callable[..., Path], gitlab: Simulator) -> None:
    configure(projects=(WITH_MANUAL_JOB,))
    shown = invoke("launch", "fraud-detection", "--ref", "main", "--yes", "--wait", *PATIENCE)
    number = pipeline_of(gitlab, shown)
    assert shown.code == 1, shown.err
    assert f"#{number} waits for a person" in shown.err
    waiting = invoke("jobs", f"#{number}", "status:manual", "--json").json
    assert waiting
    played = invoke("play", str(waiting[0]["git_job_id"]), "--yes", *PATIENCE)
    assert played.code == 0, played.err
    until(lambda: status(gitlab, number) not in {"manual", "created"})


def test_inputs_where_variables_are_forbidden(
    invoke: Invoke, configure: Callable[..., Path], gitlab: Simulator
) -> None:
    configure(projects=(INPUTS_ONLY,))
    refused = invoke("launch", INPUTS_ONLY, "--var", "SEED=2", "--yes", *PATIENCE)
    assert (refused.code, refused.out) == (2, "")
    assert "lets nobody set pipeline variables" in refused.err
    assert "no input seed" in refused.err
    wrong = invoke("launch", INPUTS_ONLY, "--input", "epochs=many", "--yes", *PATIENCE)
    assert (wrong.code, wrong.out) == (2, "")
    assert "epochs must be a number" in wrong.err
    given = ("--var", "EPOCHS=3", "--input", "environment=production", "--input", "full_data=yes")
    shown = invoke("launch", INPUTS_ONLY, *given, "--yes", *PATIENCE)
    assert shown.code == 0, shown.err
    assert "EPOCHS is sent as the input epochs" in shown.err
    with gitlab.world.lock:
        made = gitlab.world.pipelines[pipeline_of(gitlab, shown)]
    assert made.inputs == {"epochs": 3, "environment": "production", "full_data": True, "learning_rate": 0.001}
    assert not made.variables


def test_the_servers_own_reason(invoke: Invoke, configure: Callable[..., Path], own_world: Path) -> None:
    configure()
    shown = invoke("launch", PROJECT, "--ref", "no-such-branch", "--yes", *PATIENCE)
    assert (shown.code, shown.out) == (1, "")
    assert "Reference not found" in shown.err
    assert records(own_world, Command)[0].state == "refused"


@pytest.mark.parametrize("token", ["expired", "revoked"])
def test_a_token_that_is_not_accepted(invoke: Invoke, configure: Callable[..., Path], token: str) -> None:
    configure(token=token)
    shown = invoke("launch", "churn", "--yes", *PATIENCE)
    assert (shown.code, shown.out) == (1, "")
    assert token in shown.err.lower()
    synced = invoke("sync", "--once", *PATIENCE)
    assert synced.code == 1
    assert token in synced.err.lower()
    examined = invoke("doctor", "--json").json
    assert examined["connections"][0]["state"] == "unauthorized"
    assert examined["problems"] >= 1


def test_a_token_that_may_only_read(invoke: Invoke, configure: Callable[..., Path]) -> None:
    configure(token="reader")
    shown = invoke("launch", "churn", "--yes", *PATIENCE)
    assert (shown.code, shown.out) == (1, "")
    assert "scope" in shown.err
    examined = invoke("doctor")
    assert examined.code == 1
    assert "may read, but neither launch" in examined.out


def test_a_project_that_is_not_there(invoke: Invoke, configure: Callable[..., Path]) -> None:
    configure(projects=("ml/no-such-project",))
    shown = invoke("launch", "no-such-project", "--yes", *PATIENCE)
    assert (shown.code, shown.out) == (3, "")
    assert "ml/no-such-project" in shown.err
    assert invoke("sync", "--once", *PATIENCE).code == 1
    examined = invoke("doctor")
    assert examined.code == 1
    assert "ml/no-such-project" in examined.out


def test_a_server_that_is_away(invoke: Invoke, configure: Callable[..., Path], own_world: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    configure(url=f"http://127.0.0.1:{port}")
    started = time.monotonic()
    shown = invoke("launch", "churn", "--yes", "--timeout", "4")
    assert time.monotonic() - started < DEADLINE
    assert (shown.code, shown.out) == (1, "")
    assert "offline" in shown.err
    assert records(own_world, Command) == []
    assert invoke("sync", "--once", *PATIENCE).code == 1
    assert invoke("doctor", "--json").json["connections"][0]["state"] == "offline"


def test_sync_once_then_lists_without_a_server(invoke: Invoke, configure: Callable[..., Path], own_world: Path) -> None:
    configure(projects=(PROJECT, WITH_MANUAL_JOB))
    synced = invoke("sync", "--once", PROJECT, *PATIENCE)
    assert synced.code == 0, synced.err
    assert [one["path"] for one in invoke("projects", "--json").json] == [PROJECT]
    unknown = invoke("sync", "--once", "nothing")
    assert unknown.code == 2
    assert "nothing is no project of this configuration" in unknown.err
    assert {job.project_id for job in records(own_world, JobRun)} <= {"gitlab:101"}


def test_doctor_on_a_good_day(invoke: Invoke, configure: Callable[..., Path], gitlab: Simulator) -> None:
    configure()
    assert invoke("sync", "--once", *PATIENCE).code == 0
    examined = invoke("doctor")
    assert examined.code == 0, examined.out
    assert "as bo" in examined.out
    assert PROJECT in examined.out
    assert gitlab.tokens["maintainer"] not in examined.out
    report = invoke("doctor", "--json").json
    assert report["store"]["integrity"] == "ok"
    assert report["store"]["counts"]["projects"] == 1
    assert report["connections"][0]["scopes"] == ["api"]
    assert report["connections"][0]["projects"][0]["access_level"] == 40
