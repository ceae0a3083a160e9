"""Projects and pipelines as rows, with what their newest runs say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles

from data.model.pipeline import Pipeline
from data.model.project import Project
from data.model.run import PipelineRun
from tui.present.runs import run_glyph
from tui.present.text import age, percent, took
from widgets.cells import Cell, Column

RECENT = 30
"""Runs over which rates and durations are computed."""
STRIP = 20
"""Runs shown as a strip of glyphs, the newest first."""
FEW = 2
"""Fewer durations than these have no quantile."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What the newest runs of a project or pipeline say."""

    runs: int = 0
    active: int = 0
    failed_today: int = 0
    succeeded: int = 0
    finished: int = 0
    durations: tuple[float, ...] = ()
    strip: tuple[tuple[str, str], ...] = ()
    last: PipelineRun | None = None


def glance(recent: Sequence[PipelineRun], total: int, active: int, now: datetime) -> Glance:
    """Sum up the newest runs (newest first, children left out); `total` and `active` count all runs."""
    ended = [run for run in recent if run.status in {"success", "failed"}]
    today = now.astimezone().date()
    return Glance(
        runs=total,
        active=active,
        failed_today=sum(
            run.status == "failed" and (run.completion or run.created).astimezone().date() == today for run in recent
        ),
        succeeded=sum(run.status == "success" for run in ended),
        finished=len(ended),
        durations=tuple(float(run.execution_time) for run in ended if run.status == "success" and run.execution_time),
        strip=tuple(run_glyph(run) for run in recent[:STRIP]),
        last=recent[0] if recent else None,
    )


PROJECT_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="project", width=22, min_width=14, flex=2, priority=0),
    Column(key="path", title="path", width=28, flex=3, priority=9),
    Column(key="runs", title="runs", width=6, align="right", priority=5),
    Column(key="active", title="active", width=6, align="right", priority=1),
    Column(key="failed", title="failed today", width=12, align="right", priority=3),
    Column(key="rate", title="success", width=7, align="right", priority=2),
    Column(key="strip", title="last runs", width=20, min_width=10, priority=4),
    Column(key="last", title="last run", width=16, min_width=14, priority=2),
    Column(key="experiment", title="experiment", width=16, min_width=8, flex=1, priority=7),
    Column(key="labels", title="labels", width=14, min_width=8, priority=8),
)
"""Columns of the Projects screen."""

PIPELINE_COLUMNS: tuple[Column, ...] = (
    Column(key="project", title="project", width=20, min_width=12, flex=2, priority=1),
    Column(key="name", title="pipeline", width=16, min_width=10, flex=2, priority=0),
    Column(key="type", title="type", width=15, priority=7),
    Column(key="strip", title="last runs", width=20, priority=2),
    Column(key="median", title="median", width=7, align="right", priority=4),
    Column(key="p95", title="p95", width=7, align="right", priority=6),
    Column(key="rate", title="success", width=7, align="right", priority=3),
    Column(key="next", title="next", width=7, align="right", priority=5),
    Column(key="active", title="active", width=6, priority=6),
    Column(key="running", title="running", width=7, align="right", priority=3),
    Column(key="last", title="last run", width=16, min_width=14, priority=8),
    Column(key="ref", title="ref", width=14, min_width=6, priority=9),
    Column(key="file", title="CI file", width=16, min_width=8, flex=1, priority=10),
)
"""Columns of the Pipelines screen."""


NOT_READ = Cell("…", "dim")
"""In place of what is still being summed up."""


def last_cell(seen: Glance, now: datetime) -> Cell:
    """The newest run's status and age."""
    if seen.last is None:
        return Cell("never", "dim")
    glyph, tone = run_glyph(seen.last)
    return Cell.of((f"{glyph} {seen.last.status}", tone), (f" {age(seen.last.created, now)}", "dim"))


def running_cell(count: int) -> Cell:
    """How many runs are under way."""
    return Cell(str(count), "running") if count else Cell("–", "dim")


def project_cells(project: Project, seen: Glance | None, experiment: str, now: datetime) -> tuple[Cell, ...]:
    """A row of the Projects screen, a cell per entry of `PROJECT_COLUMNS`; `seen` is None until it was summed up."""
    name, path = Cell(project.name, "dim" if project.archived else ""), Cell(project.path, "dim")
    last = (Cell(experiment, "dim"), Cell(" ".join(project.labels), "accent"))
    if seen is None:
        return (name, path, NOT_READ, Cell(), Cell(), Cell(), NOT_READ, Cell(), *last)
    return (
        name,
        path,
        Cell(str(seen.runs)),
        running_cell(seen.active),
        Cell(str(seen.failed_today), "failed") if seen.failed_today else Cell("–", "dim"),
        Cell(percent(seen.succeeded, seen.finished)),
        Cell.of(*seen.strip),
        last_cell(seen, now),
        *last,
    )


def pipeline_cells(
    pipeline: Pipeline, project: str, seen: Glance | None, next_run: datetime | None, now: datetime
) -> tuple[Cell, ...]:
    """A row of the Pipelines screen, a cell per entry of `PIPELINE_COLUMNS`; `seen` is None until it was summed up."""
    first = (Cell(project), Cell(pipeline.name, "" if pipeline.active else "dim"), Cell(pipeline.type, "dim"))
    middle = (Cell(until(next_run, now), "dim"), Cell("yes") if pipeline.active else Cell("no", "warning"))
    last = (Cell(pipeline.default_ref, "dim"), Cell(pipeline.pipeline_file_name, "dim"))
    if seen is None:
        return (*first, NOT_READ, Cell(), Cell(), Cell(), *middle, Cell(), Cell(), *last)
    p95 = quantiles(seen.durations, n=20)[-1] if len(seen.durations) >= FEW else 0
    return (
        *first,
        Cell.of(*seen.strip),
        Cell(took(median(seen.durations)) if seen.durations else ""),
        Cell(took(p95), "dim"),
        Cell(percent(seen.succeeded, seen.finished)),
        *middle,
        running_cell(seen.active),
        last_cell(seen, now),
        *last,
    )


def until(then: datetime | None, now: datetime) -> str:
    """How long it is until `then`: `in 3h`, `now` for what is due; empty for never."""
    if then is None:
        return ""
    return f"in {age(now, then)}" if then > now else "now"
