"""Labels, notes and outcomes from the command line: refusals, and the whole way to an MLflow in a file."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from data.model import Command, JobRun, PipelineRun, TrackedRun
from data.store.open import open_store
from data.store.place import STORE_FILE
from tests import world
from tests.cli.conftest import Invoke, fill
from tui.context import collect

EARLIER = {"c1", "c2"}
"""Commands of `tests.world`."""


def outbox(path: Path) -> list[Command]:
    """The commands that a test left behind."""

    async def read() -> list[Command]:
        store = await open_store(path)
        try:
            return [command for command in await collect(store, Command) if command.id not in EARLIER]
        finally:
            await store.close()

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["label", "#999999", "--add", "x"], 3, "there is no run #999999 here"),
        (["label", "#103", "--add", " "], 2, "name a label to add or to remove"),
        (["label", "#103", "--add", "x", "--remove", "x"], 2, "the label x is both added and removed"),
        (["label", "#103", "--remove", "x"], 2, "#103 has none of these labels"),
        (["note", "#103", "-m", " "], 2, "a note needs a text"),
        (["note", "bright-owl-7", "-m", "x" * 8001, "--yes"], 2, "MLflow keeps 8000 characters"),
        (["settle", "#103", "--yes"], 2, "#103 left no MLflow run RUNNING"),
        (["settle", "bright-owl-7", "--yes"], 2, "bright-owl-7"),
        (["--read-only", "settle", "bright-owl-7", "--yes"], 2, "read-only"),
        (["--read-only", "note", "bright-owl-7", "-m", "x", "--yes"], 2, "read-only"),
        (["note", "bright-owl-7", "-m", "x"], 2, "Nobody is there to ask"),
    ],
)
def test_refused_before_anything_is_sent(
    invoke: Invoke, store_file: Path, words: list[str], code: int, sentence: str
) -> None:
    runs = [one for one in world.records() if isinstance(one, TrackedRun)]
    fill(store_file, [replace(runs[0], name="bright-owl-7"), *(replace(one, name="other") for one in runs[1:])])
    shown = invoke("--no-engine", *words)
    assert (shown.code, shown.out) == (code, "") and sentence in shown.err, shown
    assert outbox(store_file) == []


def test_labels_and_notes_are_told(invoke: Invoke, store_file: Path) -> None:
    run = [one for one in world.records() if isinstance(one, PipelineRun) and one.id == world.FAILED_RUN][-1]
    fill(store_file, [replace(run, labels=("best", "old"), notes="first\nsecond")])
    assert invoke("label", "#103").out == "best\nold\n"
    assert invoke("note", "#103").out == "first\nsecond\n"


def test_what_nobody_carries_out_is_taken_back(invoke: Invoke, store_file: Path) -> None:
    shown = invoke("--no-engine", "label", "#103", "#100", "--add", "best", "--timeout", "0.2")
    assert shown.code == 1 and shown.err.count("taken back, nothing was sent") == 2
    assert {command.state for command in outbox(store_file)} == {"withdrawn"}


# The whole way

PIPELINE = PipelineRun(
    id="work:1:10", project_id="work:1", connection="work", git_project_id=1, git_pipeline_id=10,
    created=datetime.now(UTC) - timedelta(hours=2), status="canceled",
)  # fmt: skip
JOB = JobRun(
    id="work:1:job:7", pipeline_run_id=PIPELINE.id, project_id="work:1", connection="work", git_project_id=1,
    git_job_id=7, name="train", status="canceled", completion=datetime(2026, 5, 4, 12, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture
def mlflow(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of an MLflow in a file, to which the configuration points; the GitLab of it does not answer."""
    pytest.importorskip("mlflow")
    from mlflow import MlflowClient

    uri = f"sqlite:///{own_world / 'mlflow.db'}"
    content = {
        "connections": {
            "work": {"kind": "gitlab", "url": "http://127.0.0.1:9", "token": "none"},
            "ml": {"kind": "mlflow", "url": uri},
        },
        "projects": [{"project": "ml/churn", "connection": "work", "mlflow": "ml", "experiment": "churn"}],
    }
    path = own_world / "config.yaml"
    path.write_text(yaml.safe_dump(content))
    path.chmod(0o600)
    monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(own_world))
    monkeypatch.chdir(own_world)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


@pytest.mark.server
@pytest.mark.timeout(180)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")
def test_a_run_left_behind_is_settled_labelled_and_noted(invoke: Invoke, own_world: Path, mlflow: Any) -> None:
    experiment = mlflow.create_experiment("churn")
    run_id = mlflow.create_run(experiment, run_name="calm-owl").info.run_id
    left = TrackedRun(
        id=f"ml:{run_id}", connection="ml", run_id=run_id, name="calm-owl", experiment_id=experiment,
        pipeline_run_id=PIPELINE.id, job_run_id=JOB.id, linked_by="job", ended_as="canceled",
    )  # fmt: skip
    fill(own_world / "data" / STORE_FILE, [PIPELINE, JOB, left])
    shown = invoke("settle", "#10", "--yes")
    assert (shown.code, shown.out) == (0, f"ml:{run_id}\n"), shown
    assert "settle MLflow run calm-owl as KILLED: MLflow shows it as KILLED now" in shown.err
    info = mlflow.get_run(run_id).info
    assert (info.status, info.end_time) == ("KILLED", int(JOB.completion.timestamp() * 1000))  # type: ignore[union-attr]
    assert invoke("note", run_id[:8], "-m", "-", "--yes", stdin="one\ntwo\n").code == 0
    assert mlflow.get_run(run_id).data.tags["mlflow.note.content"] == "one\ntwo"
    assert invoke("label", "calm-owl", "--add", "odd").code == 0
    assert invoke("label", "calm-owl").out == "odd\n"
    again = invoke("settle", "calm-owl", "--yes")
    assert again.code == 2 and "has ended: its status is KILLED" in again.err
