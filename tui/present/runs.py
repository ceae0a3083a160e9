"""A run as a row of the history, and in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from tui.present.text import about, age, moment, number, sha, size, took
from tui.table import (
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
from widgets.cells import Cell, Column
from widgets.glyphs import glyphs, status_glyph, status_tone

if TYPE_CHECKING:
    from data.model.run import PipelineRun

FEW_RUNS = 3
"""Fewer like runs than these give no estimate."""
VARIABLES = "variables"
"""What stands before the name of a CI variable in the key of its column."""
MEGABYTE = 1_000_000
"""Bytes; MLflow's system metrics count memory so (MLflow docs, system metrics)."""


def status_word(run: PipelineRun) -> str:
    """The run's status in words: a success with allowed failures is `warnings`, one that left the server says so."""
    return "warnings" if run.warnings and run.status == "success" else run.status.replace("_", " ")


def run_glyph(run: PipelineRun) -> tuple[str, str]:
    """(glyph, tone) of a run."""
    if run.warnings and run.status == "success":
        return glyphs().warning, "warning"
    return status_glyph(run.status), status_tone(run.status)


def stage_strip(run: PipelineRun) -> Cell:
    """One glyph per stage, in order: `✓✓●◌◌`."""
    return Cell.of(
        *(
            (glyphs().warning, "warning")
            if stage.warnings and stage.status == "success"
            else (status_glyph(stage.status), status_tone(stage.status))
            for stage in run.stages
        )
    )


def elapsed(run: PipelineRun, now: datetime) -> float:
    """Seconds that the run took, or has taken so far; 0 before its start."""
    if run.execution_time:
        return float(run.execution_time)
    if run.start is None:
        return 0
    from data.model.vocabulary import ACTIVE

    end = run.completion or (now if run.status in ACTIVE else run.updated)
    return max(0.0, (end - run.start).total_seconds()) if end else 0


def likeness(run: PipelineRun) -> tuple[str, str]:
    """What like runs have in common: the pipeline (the project where none is known) and the API."""
    return (run.pipeline_id or run.project_id, run.api)


def remaining(run: PipelineRun, like: Sequence[float], now: datetime) -> float:
    """Seconds that an active run will still take by the median of like runs; 0 when unknown or overdue."""
    if run.status != "running" or run.start is None or len(like) < FEW_RUNS:
        return 0
    from statistics import median

    return max(0.0, median(like) - (now - run.start).total_seconds())


def metric_cell(run: PipelineRun) -> Cell:
    """The metric that tells most: a validation score before a loss before any other, with its name."""
    if not run.metrics:
        return Cell()
    name = min(run.metrics, key=metric_rank)
    return Cell.of((f"{name} ", "dim"), (number(run.metrics[name]), ""))


_PREFERRED = ("val_auc", "auc", "val_acc", "accuracy", "f1", "ndcg", "map", "val", "rmse", "mae", "mape", "loss")


def metric_rank(name: str) -> tuple[int, int, str]:
    """Sorts metrics by how much they tell: scores, then losses, then others, the system's own last."""
    lowered = name.lower()
    if lowered.startswith("system/"):
        return len(_PREFERRED) + 1, len(name), name
    rank = next((rank for rank, word in enumerate(_PREFERRED) if word in lowered), len(_PREFERRED))
    return rank, len(name), name


def run_title(run: PipelineRun, names: Mapping[str, str]) -> str:
    """A run's short name: `churn #4312`."""
    return f"{names.get(run.project_id, run.project_id)} #{run.git_pipeline_id}"


def link_words(run: PipelineRun) -> str:
    """How the run was joined with its MLflow runs."""
    if run.link is None:
        return ""
    words = {
        "launch": "MLFLOW_RUN_ID passed at launch",
        "job": "tag gitlab.CI_JOB_ID",
        "tag": "configured tag",
        "commit": "same commit and time",
    }
    return words.get(run.link.by, run.link.by) + ("" if run.link.certain else ", likely")


# The columns of the history


def _id_cell(run: PipelineRun, scene: Scene) -> Cell:  # noqa: ARG001 - all cells are drawn alike
    glyph, tone = run_glyph(run)
    return Cell.of((glyph + " ", "dim" if run.gone else tone), (str(run.git_pipeline_id), "dim" if run.gone else ""))


def _status_cell(run: PipelineRun, scene: Scene) -> Cell:
    if command := scene.pending.get(run.id):
        return Cell(f"{status_glyph('pending')} {command}", "pending")
    return Cell("gone", "dim") if run.gone else Cell(status_word(run), run_glyph(run)[1])


def _pipeline_cell(run: PipelineRun, scene: Scene) -> Cell:
    what = run.name or ("case" if run.kind == "test" and run.trigger_type == "pipeline" else "child")
    child = f" {glyphs().crumb} {what}" if run.parent_run_id else ""
    return Cell(scene.names.get(run.project_id, run.project_id) + child)


def _eta_cell(run: PipelineRun, scene: Scene) -> Cell:
    if run.status != "running":
        return Cell()
    return Cell(about(remaining(run, scene.like.get(likeness(run), ()), scene.now)), "dim")


def _api_cell(run: PipelineRun, scene: Scene) -> Cell:  # noqa: ARG001 - all cells are drawn alike
    if run.kind != "test":
        return Cell(run.api, "dim")
    return Cell.of((f"{run.api} " if run.api else "", "dim"), ("test", "warning"))


def _jobs_cell(run: PipelineRun, scene: Scene) -> Cell:  # noqa: ARG001 - all cells are drawn alike
    failed = [(f" {glyphs().failed}{run.failed_count}", "failed")] if run.failed_count else []
    return Cell.of((f"{run.success_count}/{run.job_count}", ""), *failed) if run.job_count else Cell()


def _pairs(pairs: Mapping[str, str]) -> Cell:
    return Cell(" ".join(f"{name}={value}" for name, value in sorted(pairs.items())), "dim")


def _metric(name: str) -> Spec[PipelineRun]:
    key = f"{METRICS}.{name}"

    def draw(run: PipelineRun, scene: Scene) -> Cell:
        return measured(key, run.metrics.get(name), scene)

    def measure(run: PipelineRun) -> float | None:
        return run.metrics.get(name)

    return Spec(
        column=metric_column(key, name),
        draw=draw,
        sort=key,
        measure=measure,
        help="metric, last value",
        export=f"metric.{name}",
    )


def _words(field: str, tone: str = "") -> Callable[[PipelineRun, Scene], Cell]:
    return lambda run, _: Cell(getattr(run, field), tone)


def _when(field: str) -> Callable[[PipelineRun, Scene], Cell]:
    return lambda run, scene: Cell(moment(getattr(run, field), scene.now), "dim")


RUNS: Table[PipelineRun] = Table(
    (
        _spec(column("id", "#", 10, 0, least=7), "git_pipeline_id", _id_cell, "number on the server", export="number"),
        _spec(column("status", "status", 11, 1, least=8), "status", _status_cell, rises=True),
        _spec(column("pipeline", "pipeline", 20, 2, least=13, flex=2), "pipeline_id", _pipeline_cell, rises=True),
        _spec(column("api", "api", 17, 9), "api", _api_cell, "API of the pipeline", rises=True),
        _spec(column("ref", "ref", 16, 4, least=12, flex=3), "ref", _words("ref"), "branch or tag", rises=True),
        _spec(column("commit", "commit", 8, 7), "git_commit_hash", lambda run, _: Cell(sha(run.git_commit_hash), "dim"),
              rises=True, export="sha"),
        _spec(column("title", "commit title", 32, 10, least=20, flex=2), "", _words("commit_title"),
              export="commit_title"),
        _spec(column("stages", "stages", 9, 3, least=6), "", lambda run, _: stage_strip(run), "a sign for each stage",
              export=""),
        _spec(column("created", "age", 5, 5, right=True), "created",
              lambda run, at: Cell(age(run.created, at.now), "dim"), "time since it was created"),
        _spec(column("took", "took", 8, 6, least=7, right=True), "execution_time",
              lambda run, at: Cell(took(elapsed(run, at.now))), "duration"),
        _spec(column("eta", "eta", 5, 8, right=True), "", _eta_cell, "time left, by the median of like runs",
              export=""),
        _spec(column("metric", "metric", 16, 3, least=14), "", lambda run, _: metric_cell(run),
              "the metric that tells most", export=""),
        _spec(column("by", "by", 10, 5, least=6), "triggered_by", _words("triggered_by", "dim"), "who started it",
              rises=True),
        _spec(column("project", "project", 16, 4, least=10, flex=1), "project_id",
              lambda run, at: Cell(at.names.get(run.project_id, run.project_id)), rises=True),
        _spec(column("queued", "queued", 8, 6, right=True), "queued_time", lambda run, _: Cell(took(run.queued_time)),
              "time in the queue"),
        _spec(column("started", "started", 12, 6), "start", _when("start")),
        _spec(column("ended", "ended", 12, 6), "completion", _when("completion")),
        _spec(column("updated", "changed", 12, 7), "updated", _when("updated"), "last change on the server"),
        _spec(column("jobs", "jobs", 8, 6, right=True), "job_count", _jobs_cell, "succeeded of all, and failed ones"),
        _spec(column("failed", "failed", 6, 6, right=True), "failed_count",
              lambda run, _: Cell(str(run.failed_count or ""), "failed"), "failed jobs"),
        _spec(column("experiment", "experiment", 18, 5, least=10, flex=1), "experiment", _words("experiment"),
              rises=True),
        _spec(column("dataset", "dataset", 18, 5, least=10, flex=1), "dataset", _words("dataset"), "data that it used",
              rises=True),
        _spec(column("model", "model", 16, 5, least=8), "model", _words("model"), "registered model that it made",
              rises=True),
        _spec(column("run", "RUN_ID", 13, 6, least=8), "run_info_id", _words("run_info_id", "dim"), "RUN_ID",
              rises=True),
        _spec(column("labels", "labels", 16, 5, least=8), "", lambda run, _: Cell(" ".join(run.labels), "accent")),
        _spec(column("notes", "notes", 24, 6, least=10, flex=1), "",
              lambda run, _: Cell(run.notes.partition("\n")[0])),
        _spec(column("memory", "memory", 9, 6, right=True), "max_memory_usage",
              lambda run, _: Cell(size(int(run.max_memory_usage * MEGABYTE)) if run.max_memory_usage else ""),
              "greatest use of memory"),
        _spec(column("cpu", "cpu", 5, 6, right=True), "max_cpu_usage",
              lambda run, _: Cell(f"{run.max_cpu_usage:.0f}%" if run.max_cpu_usage else ""), "greatest use of the CPU"),
        _spec(column("source", "source", 12, 7, least=6), "trigger_type", _words("trigger_type", "dim"),
              "what started it: push, schedule, web …", rises=True),
        _spec(column("kind", "kind", 10, 7), "kind", _words("kind", "dim"), "production or test", rises=True),
        _spec(column("environment", "environment", 14, 7, least=8), "environment", _words("environment"), rises=True),
        _spec(column("number", "iid", 7, 7, right=True), "run_number",
              lambda run, _: Cell(str(run.run_number or ""), "dim"), "number within the project", export="run_number"),
        _spec(column("link", "MLflow", 18, 8, least=8), "", lambda run, _: Cell(link_words(run), "dim"),
              "how its MLflow run was found", export=""),
        _spec(column("error", "error", 30, 6, least=12, flex=2), "",
              lambda run, _: Cell(run.error_message.partition("\n")[0], "failed"), "why it failed",
              export="error_message"),
        _spec(column("params", "params", 28, 6, least=12, flex=2), "", lambda run, _: _pairs(run.params), "all params",
              export=""),
    ),
    shown="id status pipeline api ref commit title stages created took eta metric by",
    sort="created",
    families={
        METRICS: _metric,
        PARAMS: partial(text_spec, PARAMS, "param"),
        VARIABLES: partial(text_spec, VARIABLES, "CI variable", sorts=False),
        TAGS: partial(text_spec, TAGS, "tag"),
    },
    groups={
        "pipeline_id": "pipeline",
        "git_commit_hash": "commit",
        "dataset": "dataset",
        "experiment": "experiment",
        "model": "model",
        "ref": "ref",
        "triggered_by": "user",
        "run_info_id": "RUN_ID",
    },
)  # fmt: skip
"""The history's columns."""

COLUMNS: tuple[Column, ...] = RUNS.columns
"""Columns of the history unless the user chose others, in order."""


def run_cells(run: PipelineRun, names: Mapping[str, str], like: Sequence[float], now: datetime) -> tuple[Cell, ...]:
    """A cell per entry of `COLUMNS`; `names` maps project ids to names, `like` has durations of like runs."""
    scene = Scene(now, names=names, like={likeness(run): like})
    return tuple(spec.draw(run, scene) for spec in RUNS.shown)
