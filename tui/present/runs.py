"""A run as a row of the history, and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tui.present.text import about, age, number, sha, took
from widgets.cells import Cell, Column
from widgets.glyphs import glyphs, status_glyph, status_tone

if TYPE_CHECKING:
    from data.model.run import PipelineRun

FEW_RUNS = 3
"""Fewer like runs than these give no estimate."""

COLUMNS: tuple[Column, ...] = (
    Column(key="id", title="#", width=10, min_width=7, priority=0),
    Column(key="status", title="status", width=11, min_width=8, priority=1),
    Column(key="pipeline", title="pipeline", width=20, min_width=13, flex=2, priority=2),
    Column(key="api", title="api", width=17, priority=9),
    Column(key="ref", title="ref", width=16, min_width=12, flex=3, priority=4),
    Column(key="commit", title="commit", width=8, priority=7),
    Column(key="title", title="commit title", width=32, min_width=20, flex=2, priority=10),
    Column(key="stages", title="stages", width=9, min_width=6, priority=3),
    Column(key="age", title="age", width=5, align="right", priority=5),
    Column(key="took", title="took", width=8, min_width=7, align="right", priority=6),
    Column(key="eta", title="eta", width=5, align="right", priority=8),
    Column(key="metric", title="metric", width=16, min_width=14, priority=3),
    Column(key="by", title="by", width=10, min_width=6, priority=5),
)
"""Columns of the history, in order."""


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


def run_cells(run: PipelineRun, names: Mapping[str, str], like: Sequence[float], now: datetime) -> tuple[Cell, ...]:
    """One row of the history, a cell per entry of `COLUMNS`; `names` maps project ids to names."""
    glyph, tone = run_glyph(run)
    if run.gone:
        tone = "dim"
    word = "gone" if run.gone else status_word(run)
    child = f" {glyphs().crumb} {run.name or 'child'}" if run.parent_run_id else ""
    return (
        Cell.of((glyph + " ", tone), (str(run.git_pipeline_id), "dim" if run.gone else "")),
        Cell(word, tone),
        Cell(names.get(run.project_id, run.project_id) + child),
        Cell(run.api or ("test" if run.kind == "test" else ""), "dim"),
        Cell(run.ref),
        Cell(sha(run.git_commit_hash), "dim"),
        Cell(run.commit_title),
        stage_strip(run),
        Cell(age(run.created, now), "dim"),
        Cell(took(elapsed(run, now))),
        Cell(about(remaining(run, like, now)), "dim"),
        metric_cell(run),
        Cell(run.triggered_by, "dim"),
    )


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
