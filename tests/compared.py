"""A sweep of MLflow runs that differ in some ways: for tests of what is compared and exported."""

from __future__ import annotations

from datetime import timedelta

from data.model import DatasetInput, Experiment, MetricSeries, MetricSummary, Record, TrackedRun, make
from tests.world import NOW, PEOPLE

LONG = "s3://datasets/churn/" + "/".join(f"part-{number:04d}.parquet" for number in range(40))
"""A param that no cell has room for."""
STATUSES = ("FINISHED", "FINISHED", "RUNNING", "FAILED", "KILLED")


def sweep(count: int, *, metrics: int = 0, params: int = 0) -> list[TrackedRun]:
    """So many runs of one experiment, the oldest first; each with so many more metrics and params."""
    return [_run(number, metrics, params) for number in range(count)]


def _run(number: int, metrics: int, params: int) -> TrackedRun:
    start = NOW - timedelta(hours=number)
    status = STATUSES[number % len(STATUSES)]
    own: dict[str, MetricSummary] = {
        "val_auc": _summary(0.9 + (number * 7 % 10) / 100),
        "loss": MetricSummary(last=None) if number == 3 else _summary(1 / (number + 2)),
        "epoch": _summary(59.0),
        "system/cpu_utilization_percentage": _summary(40.0 + number),
    }
    if number % 2:
        own["test/f1"] = _summary(0.8)
    more = {f"head/{place:04d}/loss": _summary(number + place / 1000) for place in range(metrics)}
    few = {"optimizer": "adam", "lr": ("0.01", "1e-2", "0.1")[number % 3], "batch": str(32 * (number + 1))}
    if number == 1:
        few |= {"comment": "", "files": LONG}
    if number == 2:
        few["comment"] = "with warm-up"
    many = {f"layer.{place:03d}.width": str(64 if place % 10 else 64 + number) for place in range(params)}
    return make(
        TrackedRun,
        id=f"mlflow:sweep{number:03d}",
        connection="mlflow",
        run_id=f"sweep{number:03d}",
        experiment_id="9",
        name=f"tidy-fox-{number}",
        status=status,
        user=PEOPLE[number % 4],
        start=start,
        end=None if status == "RUNNING" else start + timedelta(minutes=10 + number),
        params={**few, **many},
        metrics={**own, **more},
        tags={"mlflow.source.git.commit": f"{number % 2 + 1}c0ffee" * 5, "team": "nlp"},
        datasets=[DatasetInput(name="churn", digest=f"d{number % 2}")],
        project_id="gitlab:1",
    )


def _summary(last: float) -> MetricSummary:
    return MetricSummary(last=last, step=59, time=NOW, min=last / 2, max=last, min_step=0, max_step=59)


def histories(run: TrackedRun) -> list[MetricSeries]:
    """Histories of its `val_auc` and `loss`."""
    steps = tuple(range(60))
    times = tuple(int(NOW.timestamp() * 1000) + 1000 * step for step in steps)
    return [
        MetricSeries(
            id=f"{run.id}:{key}", tracked_run_id=run.id, key=key, steps=steps, times=times,
            values=tuple((run.metrics[key].last or 0.0) * (step + 1) / 60 for step in steps),
        )
        for key in ("val_auc", "loss")
    ]  # fmt: skip


def tracked_world(count: int, **more: int) -> list[Record]:
    """The sweep, its experiment, and the histories."""
    runs = sweep(count, **more)
    experiment = make(Experiment, id="mlflow:9", connection="mlflow", experiment_id="9", name="churn-sweep")
    return [experiment, *runs, *(series for run in runs for series in histories(run))]
