"""Launches against a simulated GitLab, through an engine process that the command itself starts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.model import Command, Submission
from data.model.vocabulary import ACTIVE
from data.simulator.entities import Pipeline
from data.simulator.server import Simulator
from data.simulator.settings import SimulatorSettings
from data.store.open import open_store
from data.store.place import STORE_FILE
from tests.cli.conftest import Invoke
from tui.context import collect

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

PROJECT = "ml/customer/churn"
TESTS = f"{PROJECT}-tests"
PATIENCE = ("--timeout", "60")
"""Deadline of the commands under test."""
DEADLINE = 60.0
"""Seconds until something that should happen counts as not happening."""
APIS = [
    {"name": "quick", "user_variables": {"EPOCHS": "2"}, "test_repository": TESTS},
    {"name": "data", "type": "custom Sub-API", "flow_control": {"train": False, "trials": False}},
    {"name": "guarded", "user_variables": {"TOKEN": {"secret": True, "required": True}}},
]


@pytest.fixture(scope="module")
def gitlab() -> Iterator[Simulator]:
    """A GitLab whose jobs run two hundred times as fast as in life; none fails by chance, nobody else works on it."""
    settings = SimulatorSettings(projects=6, history_days=0.05, activity=0, failure_rate=0, speed=200)
    with Simulator(settings) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def normal(gitlab: Simulator) -> Iterator[None]:
    """Every job succeeds again after a test."""
    yield
    with gitlab.world.lock:
        gitlab.world.forced.clear()


@pytest.fixture
def configure(own_world: Path, gitlab: Simulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes the user's configuration: how many runs of the pipeline may be under way."""
    monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(own_world))
    monkeypatch.chdir(own_world)

    def write(most: int = 0) -> None:
        content = {
            "connections": {"gitlab": {"kind": "gitlab", "url": gitlab.url, "token": gitlab.tokens["maintainer"]}},
            "projects": [
                {"project": PROJECT, "pipelines": [{"name": "training", "max_concurrent": most, "apis": APIS}]}
            ],
            "sync": {"fast": "0.5s", "medium": "1s"},
        }
        path = own_world / "config.yaml"
        path.write_text(yaml.safe_dump(content))
        path.chmod(0o600)

    return write


def made(gitlab: Simulator, shown: Any) -> Pipeline:
    """The pipeline of a launch that printed a JSON object."""
    assert shown.code == 0, shown.err
    with gitlab.world.lock:
        return gitlab.world.pipelines[int(shown.json["run"].rpartition(":")[2])]


def sent(pipeline: Pipeline) -> dict[str, str]:
    """The variables that a pipeline was made with."""
    return {one.key: one.value for one in pipeline.variables}


def quiet(gitlab: Simulator) -> None:
    """Wait until nothing runs any more."""
    deadline = time.monotonic() + DEADLINE
    while True:
        with gitlab.world.lock:
            gitlab.world.advance()
            if not any(one.status in ACTIVE for one in gitlab.world.pipelines.values()):
                return
        assert time.monotonic() < deadline, "pipelines never ended"
        time.sleep(0.05)


def stored(own_world: Path, kind: type[Any]) -> list[Any]:
    """What the store holds of a kind."""

    async def read() -> list[Any]:
        store = await open_store(own_world / "data" / STORE_FILE)
        try:
            return await collect(store, kind)
        finally:
            await store.close()

    return asyncio.run(read())


def test_components_that_are_off_do_not_run(
    invoke: Invoke, configure: Callable[..., None], gitlab: Simulator, own_world: Path
) -> None:
    configure()
    assert invoke("sync", "--once", PROJECT, *PATIENCE).code == 0
    words = ("launch", "churn/data", "--off", "drift-check", "--yes", "--json", "--wait", *PATIENCE)
    shown = invoke(*words)
    pipeline = made(gitlab, shown)
    variables = sent(pipeline)
    off = {key for key, value in variables.items() if value == "false"}
    assert off == {"RUN_TRAIN", "RUN_TRIALS", "RUN_DRIFT_CHECK"}
    names = {job.name for job in pipeline.jobs}
    assert {"features", "evaluate"} <= names
    assert not names & {"train", "trials", "drift-check"}
    assert shown.json["RUN_ID"] == variables["RUN_ID"]
    assert (shown.json["state"], shown.json["status"]) == ("done", "success")
    assert shown.json["web_url"].endswith(f"/-/pipelines/{pipeline.id}")
    submission = next(one for one in stored(own_world, Submission) if one.id == shown.json["submission"])
    assert submission.flow_control["train"] is False


def test_files_image_and_labels_arrive(
    invoke: Invoke, configure: Callable[..., None], gitlab: Simulator, own_world: Path
) -> None:
    configure()
    path = own_world / "settings.json"
    path.write_text('{"a": 1}\n')
    given = ("--var-file", f"SETTINGS={path}", "--label", "best", "--note", "first", "--run-id", "mine-1")
    pipeline = made(gitlab, invoke("launch", "churn", "--api", "quick", *given, "--yes", "--json", *PATIENCE))
    variable = next(one for one in pipeline.variables if one.key == "SETTINGS")
    assert (variable.value, variable.variable_type) == ('{"a": 1}\n', "file")
    assert sent(pipeline)["RUN_ID"] == "mine-1"
    again = made(gitlab, invoke("again", f"#{pipeline.id}", "--var", "EPOCHS=3", "--yes", "--json", *PATIENCE))
    assert again.id != pipeline.id
    kept, now = sent(pipeline), sent(again)
    assert now["RUN_ID"] != "mine-1"
    assert now | {"RUN_ID": ""} == kept | {"EPOCHS": "3", "RUN_ID": ""}
    assert next(one for one in again.variables if one.key == "SETTINGS").variable_type == "file"
    submissions = {one.pipeline_run_id: one for one in stored(own_world, Submission)}
    second = submissions[f"gitlab:{again.project.id}:{again.id}"]
    assert (second.labels, second.note) == (("best",), "first")
    assert second.like == submissions[f"gitlab:{pipeline.project.id}:{pipeline.id}"].id


def test_a_secret_goes_to_the_engine_that_the_command_starts(
    invoke: Invoke, configure: Callable[..., None], gitlab: Simulator, own_world: Path
) -> None:
    configure()
    assert invoke("sync", "--once", PROJECT, *PATIENCE).code == 0
    words = ("launch", "churn/guarded", "--var", "TOKEN=hunter2", "--yes", "--json", *PATIENCE)
    shown = invoke(*words)
    pipeline = made(gitlab, shown)
    assert sent(pipeline)["TOKEN"] == "hunter2"
    assert "hunter2" not in shown.out + shown.err + repr(stored(own_world, Submission) + stored(own_world, Command))


def test_a_launch_that_finds_its_pipeline_full_stays_in_the_queue(
    invoke: Invoke, configure: Callable[..., None], gitlab: Simulator, own_world: Path
) -> None:
    configure(most=1)
    quiet(gitlab)
    first = made(gitlab, invoke("launch", "churn", "--var", "EPOCHS=2000", "--yes", "--json", *PATIENCE))
    second = invoke("launch", "churn/quick", "--yes", "--json", *PATIENCE)
    assert second.code == 0, second.err
    assert (second.json["state"], second.json["run"]) == ("queued", "")
    assert "at most 1 run of training" in second.json["answer"]
    assert "in the queue" in second.err
    assert "no engine is left running" in second.err
    command = next(one for one in stored(own_world, Command) if one.id == second.json["submission"])
    assert command.state == "queued"
    assert invoke("cancel", f"#{first.id}", "--yes", "--wait", *PATIENCE).code == 0
    third = invoke("launch", "churn/quick", "--var", "EPOCHS=1", "--yes", "--json", "--wait", *PATIENCE)
    pipeline = made(gitlab, third)
    assert sent(pipeline)["EPOCHS"] == "1"
    command = next(one for one in stored(own_world, Command) if one.id == second.json["submission"])
    assert command.state == "done"


@pytest.mark.parametrize("fails", [False, True])
def test_the_exit_code_of_a_test_says_whether_it_passed(
    invoke: Invoke, configure: Callable[..., None], gitlab: Simulator, fails: bool
) -> None:
    configure()
    if fails:
        with gitlab.world.lock:
            gitlab.world.forced["report: [drift]"] = "script_failure"
    shown = invoke("launch", "churn", "--api", "quick", "--test", "--yes", "--json", "--wait", "--timeout", "150")
    assert shown.code == int(fails), shown.err
    with gitlab.world.lock:
        pipeline = gitlab.world.pipelines[int(shown.json["run"].rpartition(":")[2])]
    assert pipeline.project.full_path == TESTS
    assert sent(pipeline)["EPOCHS"] == "2"
    assert "cases passed" in shown.err
