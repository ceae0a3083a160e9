"""Models, artifacts, searches for what still runs: the same through a real server and through its database file."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from data.errors import BadAnswer
from data.model import MetricSeries
from data.sources.mlflow import FOLDER, ClientTracking, TrackingSource
from data.sources.mlflow.history import SKETCH_PARTS
from tests.servers import MlflowServer
from tests.sources.filling import Shape, fill, long_history
from tests.sources.test_mlflow_sources import START, Ask, ask, experiment, milliseconds, new_run, tracking

__all__ = ["ask", "experiment", "tracking"]

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")]
POINTS = 200_000
"""Points of a history that is longer than one is read without a sketch."""


def test_what_still_runs_in_one_question(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    ended = [new_run(ask, experiment, number) for number in range(3)]
    for run, status in zip(ended, ("FINISHED", "FAILED", "KILLED"), strict=True):
        ask("runs/update", run_id=run, status=status, end_time=milliseconds(START + timedelta(hours=1)))
    live, planned, dead = (new_run(ask, experiment, number) for number in (5, 6, 7))
    ask("runs/update", run_id=planned, status="SCHEDULED")
    ask("runs/delete", run_id=dead)

    def ids(**conditions: Any) -> list[str]:
        return [run.run_id for run in tracking.runs([experiment], **conditions).runs]

    assert ids(active=True) == [dead, planned, live]
    assert ids(active=True, without=[dead, ended[0]]) == [planned, live]
    assert ids(active=True, started_after=START + timedelta(minutes=5)) == [dead, planned]
    assert ids(started_until=START + timedelta(minutes=1)) == [ended[1], ended[0]]
    many = [f"{number:032x}" for number in range(100)]
    assert ids(ended_after=START, without=[*many, *ended]) == []


def test_runs_without_a_start_time_are_asked_for_by_themselves(
    tracking: TrackingSource, ask: Ask, experiment: str
) -> None:
    new_run(ask, experiment)
    undated = str(ask("runs/create", experiment_id=experiment)["run"]["info"]["run_id"])
    assert [run.run_id for run in tracking.runs([experiment], undated=True).runs] == [undated]
    dated = tracking.runs([experiment], started_until=datetime(2100, 1, 1, tzinfo=UTC)).runs
    assert undated not in {run.run_id for run in dated}


def test_when_a_run_last_said_something(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run = new_run(ask, experiment)
    assert tracking.run(run).last_logged is None
    first, last = START + timedelta(minutes=3), START + timedelta(minutes=9)
    for key, step, at in (("loss", 7, first), ("system/gpu_0_utilization_percentage", 1, last), ("epoch", 9, first)):
        metric = {"key": key, "value": 1.0, "timestamp": milliseconds(at), "step": step}
        ask("runs/log-batch", run_id=run, metrics=[metric])
    found = tracking.run(run)
    assert found.last_logged == last
    assert found.metrics["system/gpu_0_utilization_percentage"].last == 1.0


def test_data_sets_come_in_one_order(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    run = new_run(ask, experiment)
    for name in ("zebra", "adder", "mole"):
        dataset = {"name": name, "digest": "1", "source_type": "local", "source": name}
        ask("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset}])
    assert [one.name for one in tracking.run(run).datasets] == ["adder", "mole", "zebra"]


def test_the_models_of_a_run(tracking: TrackingSource, ask: Ask, experiment: str) -> None:
    maker, user = new_run(ask, experiment), new_run(ask, experiment)
    body = {"experiment_id": experiment, "name": "churn-model", "source_run_id": maker, "model_type": "classifier"}
    model = str(ask("logged-models", **body)["model"]["info"]["model_id"])
    ask("runs/outputs", run_id=maker, models=[{"model_id": model, "step": 7}])
    ask("runs/log-inputs", run_id=user, models=[{"model_id": model}])
    found = tracking.detail(maker)
    assert found.run.run_id == maker
    (made,) = found.models
    assert (made.name, made.artifact_type, made.status, made.tracked_run_id) == (
        "churn-model", "MODEL", "PENDING", f"ml:{maker}",
    )  # fmt: skip
    assert made.metadata == {
        "use": "output", "model_id": model, "model_type": "classifier", "source_run_id": maker, "step": "7",
    }  # fmt: skip
    (used,) = tracking.detail(user).models
    assert (used.metadata["use"], used.metadata["source_run_id"], used.id) == (
        "input", maker, f"ml:{user}:model:input:{model}",
    )  # fmt: skip
    assert tracking.detail(new_run(ask, experiment)).models == []


def test_artifacts_one_folder_at_a_time(
    tracking: TrackingSource, ask: Ask, experiment: str, mlflow_server: MlflowServer
) -> None:
    run = new_run(ask, experiment)
    if isinstance(tracking, ClientTracking):
        with pytest.raises(BadAnswer, match="artifacts"):  # mlflow-artifacts:/ needs the server
            tracking.artifacts(run)
        return
    assert tracking.artifacts(run) == []
    folder = mlflow_server.folder / "artifacts" / experiment / run / "artifacts"
    (folder / "plots").mkdir(parents=True)
    (folder / "metrics.json").write_text("{}")
    (folder / "plots" / "größe \x1b[31m.png").write_bytes(b"1234567")
    (file, plots) = sorted(tracking.artifacts(run), key=lambda one: one.name)
    assert (file.id, file.file_size, file.artifact_type) == (f"ml:{run}:artifact:metrics.json", 2, "METRICS")
    assert (plots.name, plots.path, FOLDER in plots.metadata, FOLDER in file.metadata) == (
        "plots",
        "plots",
        True,
        False,
    )
    (plot,) = tracking.artifacts(run, "plots")
    assert (plot.name, plot.artifact_type, plot.file_size) == ("größe .png", "PLOT", 7)
    assert (plot.storage_type, plot.tracked_run_id) == ("MLFLOW", f"ml:{run}")


def test_a_metric_with_very_many_points_is_read_sampled(tracking: TrackingSource, mlflow_server: MlflowServer) -> None:
    _, (run,) = fill(mlflow_server, Shape(runs=1), prefix=f"long-{time.monotonic_ns()}")
    long_history(mlflow_server, run, "loss", POINTS)
    summary = tracking.run(run).metrics["loss"]
    assert summary.step == POINTS - 1
    quick = tracking.sketch([run], "loss", summary.step, range(SKETCH_PARTS + 1))
    assert len(quick) == (0 if isinstance(tracking, ClientTracking) else 1)
    for one in quick:
        assert one.sampled
        _is_a_picture(one)
    (even,) = tracking.histories([run], "loss")
    assert even.sampled and 1_900 <= len(even.steps) <= 2_000
    _is_a_picture(even)
    (part,) = tracking.histories([run], "loss", start_step=100_000, end_step=101_000)
    assert (part.steps, part.sampled) == (tuple(range(100_000, 101_001)), False)


def _is_a_picture(series: MetricSeries) -> None:
    """Its points are those of the history, from the first to the last, without a wide gap."""
    assert (series.steps[0], series.steps[-1]) == (0, POINTS - 1)
    assert all(value == 1 / (step + 1) for step, value in zip(series.steps, series.values, strict=True))
    gaps = [after - before for before, after in pairwise(series.steps)]
    assert min(gaps) > 0 and max(gaps) <= POINTS / (SKETCH_PARTS - 1)
