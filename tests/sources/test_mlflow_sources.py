"""Both ways to an MLflow, through a real server and through its database file, must tell the same."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from data.config.credentials import Credential
from data.config.settings import ConnectionSettings
from data.errors import NotFound, Refused
from data.model import TrackedRun
from data.sources.mlflow import ClientTracking, RestTracking, TrackingSource, open_tracking
from data.sources.mlflow.mapping import MAX_DOUBLE
from tests.servers import MlflowServer

pytestmark = pytest.mark.server
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
NUMBERS = itertools.count()

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(mlflow_server: MlflowServer) -> Ask:
    """Writes as jobs do: `ask("runs/create", experiment_id="1")`."""

    def post(path: str, **body: Any) -> dict[str, Any]:
        answer = requests.post(f"{mlflow_server.url}/api/2.0/mlflow/{path}", json=body, timeout=20)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    return post


@pytest.fixture(params=["http", "sqlite"])
def tracking(request: pytest.FixtureRequest, mlflow_server: MlflowServer) -> Iterator[TrackingSource]:
    url = mlflow_server.url if request.param == "http" else mlflow_server.database
    source = open_tracking("ml", ConnectionSettings(kind="mlflow", url=url), Credential())
    assert isinstance(source, RestTracking if request.param == "http" else ClientTracking)
    yield source
    source.close()


@pytest.fixture
def experiment(ask: Ask) -> str:
    """A new experiment's id."""
    return str(ask("experiments/create", name=f"churn {next(NUMBERS)}")["experiment_id"])


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def new_run(ask: Ask, experiment: str, minutes: float = 0, **more: Any) -> str:
    start = milliseconds(START + timedelta(minutes=minutes))
    return str(ask("runs/create", experiment_id=experiment, start_time=start, **more)["run"]["info"]["run_id"])


def log(ask: Ask, run: str, key: str, *points: tuple[int, Any]) -> None:
    metrics = [{"key": key, "value": value, "timestamp": 1000 + step, "step": step} for step, value in points]
    ask("runs/log-batch", run_id=run, metrics=metrics)


def test_probe(tracking: TrackingSource) -> None:
    found = tracking.probe()
    assert (found.id, found.kind, found.state) == ("ml", "mlflow", "ok")
    assert found.version.startswith("3.")


def test_experiments(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    ask("experiments/set-experiment-tag", experiment_id=experiment, key="team", value="risk")
    found = {one.experiment_id: one for one in tracking.experiments()}
    assert (found[experiment].id, found[experiment].tags) == (f"ml:{experiment}", {"team": "risk"})
    assert found[experiment].created
    ask("experiments/delete", experiment_id=experiment)
    assert experiment not in {one.experiment_id for one in tracking.experiments()}


def test_an_experiment_by_name_and_by_id(tracking: TrackingSource, experiment: str) -> None:
    found = tracking.experiment(experiment)
    assert found.name.startswith("churn")
    assert tracking.experiment(found.name) == found


def test_an_experiment_whose_name_is_a_number(tracking: TrackingSource, ask: Ask) -> None:
    name = str(987_650_000 + next(NUMBERS))
    number = str(ask("experiments/create", name=name)["experiment_id"])
    assert tracking.experiment(name).experiment_id == number


def test_a_missing_experiment(tracking: TrackingSource) -> None:
    for name in ("no such", "123456789"):
        with pytest.raises(NotFound):
            tracking.experiment(name)


def test_a_run_with_everything(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    parent = new_run(ask, experiment)
    tags = {
        "mlflow.parentRunId": parent,
        "mlflow.note.content": "first line\nsecond",
        "mlflow.source.git.repoURL": "https://gitlab-ci-token:s3cret@gitlab.example.com/ml/churn.git",
        "gitlab.CI_JOB_ID": "77",
    }
    rows = [{"key": key, "value": value} for key, value in tags.items()]
    run = new_run(ask, experiment, 5, run_name="brave-fox", tags=rows)
    ask("runs/log-batch", run_id=run, params=[{"key": "lr", "value": "0.01"}])
    log(ask, run, "auc", (1, 0.8), (3, 0.9), (2, 0.95))
    dataset = {"name": "churn", "digest": "abc", "source_type": "s3", "source": "s3://key:pw@bucket/x", "schema": "{}"}
    context = [{"key": "mlflow.data.context", "value": "training"}]
    ask("runs/log-inputs", run_id=run, datasets=[{"tags": context, "dataset": dataset}])
    found = tracking.run(run)
    assert (found.id, found.run_id, found.experiment_id, found.name) == (f"ml:{run}", run, experiment, "brave-fox")
    assert (found.status, found.start, found.end, found.parent_run_id) == (
        "RUNNING",
        START + timedelta(minutes=5),
        None,
        parent,
    )
    assert found.note == "first line\nsecond"
    assert found.params == {"lr": "0.01"}
    assert (found.metrics["auc"].last, found.metrics["auc"].step) == (0.9, 3)
    assert "s3cret" not in str(found)
    assert found.tags["gitlab.CI_JOB_ID"] == "77"
    (given,) = found.datasets
    assert (given.name, given.digest, given.source_type, given.context) == ("churn", "abc", "s3", "training")
    assert "pw@" not in given.source


def test_a_missing_run(tracking: TrackingSource) -> None:
    with pytest.raises(NotFound):
        tracking.run("0" * 32)


@pytest.mark.parametrize(("sent", "stored"), [("NaN", None), ("Infinity", MAX_DOUBLE), ("-Infinity", -MAX_DOUBLE)])
def test_nan_and_infinities(
    tracking: TrackingSource, ask: Ask, experiment: str, sent: str, stored: float | None
) -> None:
    run = new_run(ask, experiment)
    log(ask, run, "loss", (1, 0.5), (2, sent))
    assert tracking.run(run).metrics["loss"].last == stored
    (history,) = tracking.histories([run], "loss")
    assert history.values == (0.5, stored)


def test_runs_by_status_and_times(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    done, live, planned = (new_run(ask, experiment, minutes) for minutes in (0, 10, 20))
    ask("runs/update", run_id=done, status="FINISHED", end_time=milliseconds(START + timedelta(minutes=30)))
    ask("runs/update", run_id=planned, status="SCHEDULED")

    def ids(**conditions: Any) -> list[str]:
        return [run.run_id for run in tracking.runs([experiment], **conditions).runs]

    assert ids() == [planned, live, done]
    assert ids(status="RUNNING") == [live]
    assert ids(status="SCHEDULED") == [planned]
    assert ids(started_after=START) == [planned, live]
    assert ids(ended_after=START + timedelta(minutes=29)) == [done]
    assert ids(ended_after=START + timedelta(minutes=30)) == []
    assert ids(status="FINISHED", started_after=START) == []
    assert set(ids(run_ids=[done, live])) == {done, live}


def test_a_reopened_run_keeps_its_end_and_counts_by_status(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run = new_run(ask, experiment)
    ask("runs/update", run_id=run, status="FINISHED", end_time=milliseconds(START))
    ask("runs/update", run_id=run, status="RUNNING")
    found = tracking.runs([experiment], status="RUNNING").runs[0]
    assert (found.status, found.end) == ("RUNNING", START)


def test_deleted_runs_are_told_as_deleted(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run = new_run(ask, experiment)
    ask("runs/delete", run_id=run)
    assert [(one.run_id, one.lifecycle_stage) for one in tracking.runs([experiment]).runs] == [(run, "deleted")]


def test_a_run_without_a_start_time_is_found_without_times_only(
    tracking: TrackingSource, ask: Ask, experiment: str
) -> None:
    run = str(ask("runs/create", experiment_id=experiment)["run"]["info"]["run_id"])
    assert [(one.run_id, one.start) for one in tracking.runs([experiment]).runs] == [(run, None)]
    assert tracking.runs([experiment], started_after=START).runs == []


def test_pages_of_runs(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    made = {new_run(ask, experiment, number) for number in range(7)}
    seen: list[TrackedRun] = []
    token = ""
    for _ in range(10):
        page = tracking.runs([experiment], limit=3, page_token=token)
        seen += page.runs
        token = page.next_token
        if not token:
            break
    assert {run.run_id for run in seen} == made
    assert len(seen) == 7


def test_runs_of_several_experiments(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    other = str(ask("experiments/create", name=f"other {next(NUMBERS)}")["experiment_id"])
    made = {new_run(ask, experiment), new_run(ask, other)}
    assert {run.run_id for run in tracking.runs([experiment, other]).runs} == made


def test_a_history_in_the_order_of_steps(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run, other = new_run(ask, experiment), new_run(ask, experiment)
    log(ask, run, "loss", (2, 0.5), (0, 1.0), (1, 0.7), (-3, 9.0))
    log(ask, other, "loss", (5_000_000_000, 0.1))
    found = {history.tracked_run_id: history for history in tracking.histories([run, other], "loss")}
    history = found[f"ml:{run}"]
    assert (history.id, history.key, history.sampled) == (f"ml:{run}:loss", "loss", False)
    assert (history.steps, history.values) == ((-3, 0, 1, 2), (9.0, 1.0, 0.7, 0.5))
    assert history.times == (997, 1000, 1001, 1002)
    assert found[f"ml:{other}"].steps == (5_000_000_000,)


def test_a_long_history_is_sampled_with_its_first_and_last_point(
    tracking: TrackingSource, ask: Ask, experiment: str
) -> None:
    run = new_run(ask, experiment)
    log(ask, run, "loss", *((step, math.exp(-step)) for step in range(900)))
    (history,) = tracking.histories([run], "loss", max_points=50)
    assert history.sampled
    assert 40 <= len(history.steps) <= 50
    assert (history.steps[0], history.steps[-1]) == (0, 899)
    assert list(history.steps) == sorted(set(history.steps))
    assert len(history.steps) == len(history.values) == len(history.times)
    (whole,) = tracking.histories([run], "loss")
    assert (len(whole.steps), whole.sampled) == (900, False)


def test_a_part_of_a_history(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run = new_run(ask, experiment)
    log(ask, run, "loss", *((step, 1.0) for step in range(20)))
    (history,) = tracking.histories([run], "loss", start_step=5, end_step=7)
    assert history.steps == (5, 6, 7)
    (newer,) = tracking.histories([run], "loss", start_step=18)
    assert newer.steps == (18, 19)


def test_runs_without_the_metric_are_left_out(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run, other = new_run(ask, experiment), new_run(ask, experiment)
    log(ask, run, "loss", (0, 1.0))
    assert [history.tracked_run_id for history in tracking.histories([run, other], "loss")] == [f"ml:{run}"]
    assert tracking.histories([run], "no such metric") == []


def test_an_unknown_run_does_not_spoil_the_history_of_the_others(
    tracking: TrackingSource, ask: Ask, experiment: str
) -> None:
    run = new_run(ask, experiment)
    log(ask, run, "loss", (0, 1.0))
    assert [one.tracked_run_id for one in tracking.histories(["0" * 32, run], "loss")] == [f"ml:{run}"]


def test_odd_metric_names(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run = new_run(ask, experiment)
    log(ask, run, "system/gpu_0 utilization: a.b-c", (0, 1.0))
    (history,) = tracking.histories([run], "system/gpu_0 utilization: a.b-c")
    assert history.values == (1.0,)


def test_models_with_versions_and_aliases(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    name, run = f"churn-{next(NUMBERS)}", new_run(ask, experiment)
    ask("registered-models/create", name=name, description="two\nlines")
    for _ in range(2):
        ask("model-versions/create", name=name, source=f"mlflow-artifacts:/{experiment}/{run}/artifacts/m", run_id=run)
    ask("registered-models/alias", name=name, alias="champion", version="1")
    model = next(one for one in tracking.registered_models() if one.name == name)
    assert (model.id, model.aliases, model.latest_version) == (f"ml:{name}", {"champion": "1"}, "2")
    assert model.description == "two\nlines"
    versions = {one.version: one for one in tracking.model_versions() if one.name == name}
    assert set(versions) == {"1", "2"}
    assert (versions["1"].aliases, versions["2"].aliases) == (("champion",), ())
    assert (versions["1"].id, versions["1"].tracked_run_id) == (f"ml:{name}:1", f"ml:{run}")
    assert versions["1"].status == "READY"


def test_a_run_is_created_scheduled_for_a_job_to_resume(
    tracking: TrackingSource, experiment: str, capfd: pytest.CaptureFixture[str]
) -> None:
    tags = {"mlflow.user": "ada", "gitlab.CI_PIPELINE_ID": "31"}
    made = tracking.create_run(experiment, name="launched", tags=tags, start=START)
    assert (made.status, made.name, made.start, made.user) == ("SCHEDULED", "launched", START, "ada")
    assert made.tags["gitlab.CI_PIPELINE_ID"] == "31"
    assert tracking.run(made.run_id) == made
    tracking.set_status(made.run_id, "RUNNING", None)
    assert tracking.run(made.run_id).status == "RUNNING"
    tracking.set_status(made.run_id, "KILLED", START + timedelta(hours=1))
    found = tracking.run(made.run_id)
    assert (found.status, found.end) == ("KILLED", START + timedelta(hours=1))
    tracking.set_tag(made.run_id, "why", "cancelled on GitLab")
    assert tracking.run(made.run_id).tags["why"] == "cancelled on GitLab"
    assert capfd.readouterr().out == ""


def test_a_status_that_mlflow_would_silently_ignore_is_refused(
    tracking: TrackingSource, ask: Ask, experiment: str
) -> None:
    run = new_run(ask, experiment)
    with pytest.raises(Refused, match="BOGUS"):
        tracking.set_status(run, "BOGUS", None)


def test_writing_to_a_missing_or_deleted_run(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run = new_run(ask, experiment)
    ask("runs/delete", run_id=run)
    with pytest.raises(Refused):
        tracking.set_tag(run, "a", "b")
    with pytest.raises(NotFound):
        tracking.set_tag("0" * 32, "a", "b")


def test_a_new_run_in_a_missing_experiment(tracking: TrackingSource) -> None:
    with pytest.raises(NotFound):
        tracking.create_run("123456789", name="x", tags={}, start=START)


def test_hostile_text_is_made_safe(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    evil = "a\x1b]52;c;aGk=\x07b\u202e"
    run = new_run(ask, experiment, run_name=evil, tags=[{"key": "t", "value": evil}])
    found = tracking.run(run)
    assert (found.name, found.tags["t"]) == ("ab", "ab")
