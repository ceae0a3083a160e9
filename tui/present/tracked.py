"""MLflow runs as rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tui.present.runs import metric_rank
from tui.present.text import age, moment, number, took
from tui.present.tracking import run_number
from tui.table import (
    GREATEST,
    LEAST,
    METRICS,
    PARAMS,
    TAGS,
    Scene,
    Spec,
    Table,
    column,
    measured,
    metric_column,
    text_spec,
)
from tui.table import spec_of as _spec
from widgets.cells import Cell
from widgets.glyphs import glyphs, status_glyph, status_tone

if TYPE_CHECKING:
    from data.model.tracking import TrackedRun

SILENT = timedelta(minutes=15)
"""A run that says it is running and has logged nothing for so long may be dead."""
ACTIVE = "RUNNING"
"""Status of a run that has not ended."""


def is_left(run: TrackedRun) -> bool:
    """Whether its job has ended and it still says that it is running: nobody will write its status any more."""
    return bool(run.ended_as) and run.status in {ACTIVE, "SCHEDULED"}


def seconds(run: TrackedRun, now: datetime) -> float:
    """Seconds that the run took, or has taken so far; 0 where nobody can tell."""
    end = run.end or (now if run.status == ACTIVE and not is_left(run) else None)
    return (end - run.start).total_seconds() if run.start and end else 0


def _name_cell(run: TrackedRun, _: Scene) -> Cell:
    name = run.name or run.run_id
    tone = "dim" if run.lifecycle_stage == "deleted" else ""
    return Cell.of((f"{glyphs().wrapped} ", "dim"), (name, tone)) if run.parent_run_id else Cell(name, tone)


def _status_cell(run: TrackedRun, scene: Scene) -> Cell:
    if command := scene.pending.get(run.id):
        return Cell(f"{status_glyph('pending')} {command}", "pending")
    if is_left(run):
        return Cell(f"{glyphs().warning} left, {run.ended_as.lower()}", "warning")
    return Cell(f"{status_glyph(run.status)} {run.status.lower()}", status_tone(run.status))


def _logged_cell(run: TrackedRun, scene: Scene) -> Cell:
    if run.status != ACTIVE or run.last_logged is None:
        return Cell(age(run.last_logged, scene.now), "dim")
    silent = scene.now - run.last_logged > SILENT
    mark = f"{glyphs().warning} " if silent else ""
    return Cell(f"{mark}{age(run.last_logged, scene.now)}", "warning" if silent else "running")


def _metrics_cell(run: TrackedRun, _: Scene) -> Cell:
    shown = [name for name in sorted(run.metrics, key=metric_rank) if not name.startswith("system/")]
    return Cell("  ".join(f"{name} {number(run.metrics[name].last)}" for name in shown))


def _params_cell(run: TrackedRun, _: Scene) -> Cell:
    return Cell(" ".join(f"{name}={value}" for name, value in sorted(run.params.items())), "dim")


def _datasets_cell(run: TrackedRun, _: Scene) -> Cell:
    return Cell(" ".join(f"{one.name}@{one.digest}" if one.digest else one.name for one in run.datasets))


def _experiment_cell(run: TrackedRun, scene: Scene) -> Cell:
    return Cell(scene.experiments.get(f"{run.connection}:{run.experiment_id}", run.experiment_id))


UNSORTED = "only the last values of metrics have an order"
"""Why lists are not sorted by least and greatest values."""


def _metric(part: str, name: str) -> Spec[TrackedRun]:
    key = f"{part}.{name}"
    field = "last" if part == METRICS else part
    title = name if part == METRICS else f"{part} {name}"

    def measure(run: TrackedRun) -> float | None:
        summary = run.metrics.get(name)
        return None if summary is None else getattr(summary, field)

    def draw(run: TrackedRun, scene: Scene) -> Cell:
        if name not in run.metrics:
            return Cell()
        value = measure(run)
        return measured(key, float("nan") if value is None and part == METRICS else value, scene)

    help = {METRICS: "metric, last value", LEAST: "metric, least value", GREATEST: "metric, greatest value"}[part]
    return Spec(
        column=metric_column(key, name, title),
        draw=draw,
        sort=key if part == METRICS else "",
        unsorted="" if part == METRICS else UNSORTED,
        measure=measure,
        help=help,
        export=f"{part.removesuffix('s')}.{name}",
    )


TRACKED: Table[TrackedRun] = Table(
    (
        _spec(column("name", "run", 24, 0, least=12, flex=1), "name", _name_cell, "name, nested runs set off",
              rises=True),
        _spec(column("status", "status", 16, 1, least=11), "status", _status_cell, rises=True),
        _spec(column("experiment", "experiment", 20, 4, least=10, flex=1), "experiment_id", _experiment_cell,
              rises=True),
        _spec(column("created", "age", 5, 3, right=True), "start", lambda run, at: Cell(age(run.start, at.now), "dim"),
              "time since it was started"),
        _spec(column("took", "took", 8, 4, right=True), "took", lambda run, at: Cell(took(seconds(run, at.now))),
              "duration"),
        _spec(column("logged", "logged", 6, 4, right=True), "last_logged", _logged_cell,
              "time since it logged a metric last", export="last_logged"),
        _spec(column("metrics", "last metrics", 40, 2, least=16, flex=3), "", _metrics_cell,
              "those that tell most first", export=""),
        _spec(column("params", "params", 24, 6, least=12, flex=2), "", _params_cell, "all params", export=""),
        _spec(column("by", "by", 10, 7), "user", lambda run, _: Cell(run.user, "dim"), "who started it", rises=True,
              export="user"),
        _spec(column("pipeline", "pipeline", 12, 5, least=8), "pipeline_run_id",
              lambda run, _: Cell(run_number(run.pipeline_run_id), "accent"), "run of the pipeline that made it",
              export="pipeline_run_id"),
        _spec(column("started", "started", 12, 6), "start", lambda run, at: Cell(moment(run.start, at.now), "dim")),
        _spec(column("ended", "ended", 12, 6), "end", lambda run, at: Cell(moment(run.end, at.now), "dim")),
        _spec(column("dataset", "dataset", 20, 5, least=10, flex=1), "dataset", _datasets_cell, "data that it used",
              rises=True),
        _spec(column("model", "model", 16, 5, least=8), "", lambda run, _: Cell(" ".join(run.models)),
              "registered models that it made", export="models"),
        _spec(column("labels", "labels", 16, 5, least=8), "", lambda run, _: Cell(" ".join(run.labels), "accent")),
        _spec(column("notes", "notes", 24, 6, least=10, flex=1), "",
              lambda run, _: Cell(run.note.partition("\n")[0]), export="note"),
        _spec(column("id", "run id", 34, 8, least=10), "run_id", lambda run, _: Cell(run.run_id, "dim"), rises=True,
              export="run_id"),
        _spec(column("parent", "parent", 34, 8, least=10), "parent_run_id",
              lambda run, _: Cell(run.parent_run_id, "dim"), "run in which it is nested", rises=True,
              export="parent_run_id"),
        _spec(column("project", "project", 16, 5, least=10), "project_id",
              lambda run, at: Cell(at.names.get(run.project_id, "")), rises=True),
        _spec(column("link", "linked by", 10, 8), "linked_by", lambda run, _: Cell(run.linked_by, "dim"),
              "how its pipeline was found", rises=True, export="linked_by"),
        _spec(column("connection", "server", 12, 8, least=6), "connection", lambda run, _: Cell(run.connection, "dim"),
              rises=True),
    ),
    shown="name status created took logged metrics params by pipeline",
    sort="created",
    families={
        METRICS: partial(_metric, METRICS),
        LEAST: partial(_metric, LEAST),
        GREATEST: partial(_metric, GREATEST),
        PARAMS: partial(text_spec, PARAMS, "param"),
        TAGS: partial(text_spec, TAGS, "tag"),
    },
    groups={
        "experiment_id": "experiment",
        "user": "user",
        "status": "status",
        "parent_run_id": "parent run",
        "dataset": "dataset",
        "project_id": "project",
    },
)  # fmt: skip
"""The columns of lists of MLflow runs."""
