"""One MLflow run in words: its head, its page, and its nested runs as rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from heapq import nsmallest

from data.model.tracking import TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from tui.present.run import CPU_METRIC, MEMORY_METRIC, SYSTEM, ago, greatest, left_behind, left_cell, usage
from tui.present.runs import metric_rank
from tui.present.text import age, clock, number, sha, took
from widgets.cells import Cell, Column
from widgets.glyphs import glyphs, status_glyph, status_tone

SILENT = timedelta(minutes=10)
"""A run that says it goes on and has logged nothing for longer than this is called silent."""
COMMIT_TAG = "mlflow.source.git.commit"
SOURCE_TAG = "mlflow.source.name"
"""Tags that MLflow's clients write (MLflow docs, system tags)."""
LINKED_BY = {
    "launch": "MLFLOW_RUN_ID passed at launch",
    "job": "tag gitlab.CI_JOB_ID",
    "tag": "a configured tag",
    "commit": "same commit and time, likely",
}
"""How an MLflow run was found to belong to a pipeline, in words."""

CHILD_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="nested run", width=24, min_width=14, flex=1, priority=0),
    Column(key="status", title="status", width=11, min_width=10, priority=1),
    Column(key="age", title="age", width=4, align="right", priority=3),
    Column(key="took", title="took", width=8, align="right", priority=4),
    Column(key="metrics", title="last metrics", width=30, min_width=16, flex=2, priority=2),
    Column(key="params", title="params", width=30, min_width=16, flex=2, priority=2),
)
"""Columns of the nested runs."""
SHOWN = 12
"""Metrics, and params, of a nested run that its row names."""


def tracked_head(
    run: TrackedRun, experiment: str, gpu: float | None, now: datetime, parent: str = ""
) -> list[list[Cell]]:
    """The three lines at the top of the screen of an MLflow run; `parent` is the name of the one above it."""
    return [_how(run, now), _what(run, experiment, parent), _came_to(run, gpu)]


def seconds_of(run: TrackedRun, now: datetime) -> float:
    """Seconds that it took, or has taken so far."""
    end = run.end if run.status not in TRACKED_ACTIVE else now
    return max(0.0, (end - run.start).total_seconds()) if run.start and end else 0.0


def _how(run: TrackedRun, now: datetime) -> list[Cell]:
    active = run.status in TRACKED_ACTIVE
    line = [Cell(f"{status_glyph(run.status)} {run.status.lower()}", status_tone(run.status))]
    if run.lifecycle_stage == "deleted":
        line.append(Cell("deleted in MLflow, kept here", "warning"))
    if seconds := seconds_of(run, now):
        line.append(Cell.of(("for " if active else "took ", "dim"), (took(seconds), "")))
    line.append(Cell.of(("by ", "dim"), (run.user or "unknown", "")))
    if run.last_logged is not None:
        silent = active and now - run.last_logged > SILENT
        words = f"last logged {ago(run.last_logged, now)}"
        line.append(Cell(f"{glyphs().warning} silent: {words}" if silent else words, "warning" if silent else "dim"))
    if run.start is not None:
        line.append(Cell(f"started {ago(run.start, now)}  {clock(run.start)}", "dim"))
    return line


def _what(run: TrackedRun, experiment: str, parent: str) -> list[Cell]:
    line = [Cell.of(("experiment ", "dim"), (experiment, "accent")), Cell.of(("run ", "dim"), (run.run_id, ""))]
    if run.parent_run_id:
        line.append(Cell.of(("nested in ", "dim"), (parent or run.parent_run_id[:8], "accent")))
    if commit := run.tags.get(COMMIT_TAG, ""):
        line.append(Cell(sha(commit), "dim"))
    if source := run.tags.get(SOURCE_TAG, ""):
        line.append(Cell(source, "dim"))
    if run.models:
        line.append(Cell.of(("model ", "dim"), (", ".join(run.models), "success")))
    if run.labels:
        line.append(Cell(" ".join(run.labels), "accent"))
    return line


def _came_to(run: TrackedRun, gpu: float | None) -> list[Cell]:
    line = []
    if left_behind([run]):
        line.append(left_cell([run]))
    if run.pipeline_run_id:
        words = f"by {LINKED_BY.get(run.linked_by, run.linked_by)}" if run.linked_by else ""
        line.append(Cell.of(("pipeline ", "dim"), (f"#{run.pipeline_run_id.rpartition(':')[2]}", "accent")))
        line.append(Cell(words, "dim"))
    else:
        line.append(Cell("no pipeline is linked with it", "dim"))
    return [*line, *usage(greatest([run], MEMORY_METRIC), greatest([run], CPU_METRIC), gpu)]


def address(run: TrackedRun, server: str) -> str:
    """The run's page in MLflow's web client (mlflow, `server/js/src/experiment-tracking/routes.ts`)."""
    if not server.startswith(("http://", "https://")):
        return ""
    return f"{server.rstrip('/')}/#/experiments/{run.experiment_id}/runs/{run.run_id}"


def child_cells(run: TrackedRun, now: datetime) -> tuple[Cell, ...]:
    """A row of the nested runs, a cell per entry of `CHILD_COLUMNS`."""
    return (
        Cell(run.name or run.run_id),
        Cell(f"{status_glyph(run.status)} {run.status.lower()}", status_tone(run.status)),
        Cell(age(run.start, now), "dim"),
        Cell(took(seconds_of(run, now))),
        Cell("  ".join(f"{name} {number(run.metrics[name].last)}" for name in _first(run.metrics))),
        Cell(" ".join(f"{name}={run.params[name]}" for name in sorted(run.params)[:SHOWN]), "dim"),
    )


def _first(names: Iterable[str]) -> list[str]:
    """The names that tell most."""
    return nsmallest(SHOWN, (name for name in names if not name.startswith(SYSTEM)), key=metric_rank)
