"""The screen of a pipeline: its head, its RUN_IDs, schedules, submissions, and the lines of its configuration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import NamedTuple

from rich.cells import cell_len

from data.model.ci import Schedule
from data.model.pipeline import Pipeline, Submission
from data.model.project import Project
from data.model.run import PipelineRun, RunInfo
from data.model.vocabulary import ACTIVE
from tui.present import schedules, submissions
from tui.present.definitions import defined_by
from tui.present.params import wrapped
from tui.present.projects import Glance, until
from tui.present.runs import run_glyph
from tui.present.text import moment, percent, plural, took
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph, status_tone
from widgets.rows import Row

PROJECT = "project"
"""Column that says nothing where all rows are of one project."""
RUN_ID_COLUMNS: tuple[Column, ...] = (
    Column(key="id", title="RUN_ID", width=16, min_width=12, flex=1, priority=0),
    Column(key="kind", title="kind", width=10, priority=3),
    Column(key="status", title="status", width=12, priority=1),
    Column(key="runs", title="runs", width=16, min_width=6, flex=1, priority=2),
    Column(key="created", title="created", width=12, priority=4),
    Column(key="finished", title="finished", width=12, priority=5),
    Column(key="took", title="took", width=8, align="right", priority=5),
    Column(key="by", title="by", width=12, min_width=6, priority=6),
)
"""Columns of the RUN_IDs of a pipeline."""

SCHEDULE_COLUMNS: tuple[Column, ...] = tuple(one for one in schedules.COLUMNS if one.key != PROJECT)
"""Columns of the schedules of a pipeline or a project: those of all schedules but for the project."""
SUBMISSION_COLUMNS: tuple[Column, ...] = tuple(one for one in submissions.COLUMNS if one.key != PROJECT)
"""Columns of the submissions of a pipeline."""

WORST = ("failed", "canceled", "running", "pending", "created", "manual", "scheduled", "skipped", "success")
"""Statuses of runs that belong together, the one that speaks for all of them first; others come after these."""


def head_lines(
    pipeline: Pipeline, project: Project | None, seen: Glance | None, next_run: datetime | None, now: datetime
) -> list[list[Cell]]:
    """What it is; how it went; what it works on and who may run how much of it."""
    what = [Cell(pipeline.name, "bold"), Cell(pipeline.type)]
    if project is not None:
        what.append(Cell(f"of {project.name}", "dim"))
    what.append(Cell("active") if pipeline.active else Cell("not active", "warning"))
    what.append(Cell.of(("defined by ", "dim"), (defined_by(pipeline).text, defined_by(pipeline).tone)))
    limit = f"at most {plural(pipeline.max_concurrent, 'run')} at a time" if pipeline.max_concurrent else "no limit"
    end = f"cancelled after {took(pipeline.timeout)}" if pipeline.timeout else "never cancelled"
    where = [Cell(pipeline.pipeline_file_name, "dim"), Cell(pipeline.default_ref, "accent")]
    return [what, went(seen, next_run, now), [*where, Cell(limit, "dim"), Cell(end, "dim")]]


def went(seen: Glance | None, next_run: datetime | None, now: datetime) -> list[Cell]:
    """How the newest runs went, and when a schedule starts the next one; `seen` is None until it was summed up."""
    upcoming = [Cell.of(("next ", "dim"), (until(next_run, now), ""))] if next_run else []
    if seen is None:
        return [Cell("summing up its runs", "dim"), *upcoming]
    if not seen.runs:
        return [Cell("never run", "dim"), *upcoming]
    cells = [Cell.of(*seen.strip), Cell(plural(seen.runs, "run"))]
    if seen.finished:
        cells.append(Cell(f"{percent(seen.succeeded, seen.finished)} success"))
    if seen.durations:
        cells.append(Cell(f"{took(median(seen.durations))} median"))
    if seen.active:
        cells.append(Cell(f"{seen.active} running", "running"))
    return [*cells, *upcoming]


def together_status(runs: Sequence[PipelineRun]) -> str:
    """What runs of one RUN_ID come to: that of those that still go on first, then the worst; empty for none."""
    statuses = {run.status for run in runs}
    active = statuses & ACTIVE
    return min(active or statuses, key=lambda one: WORST.index(one) if one in WORST else len(WORST), default="")


def run_id_cells(info: RunInfo, runs: Sequence[PipelineRun], now: datetime) -> tuple[Cell, ...]:
    """A row of the RUN_IDs, a cell per entry of `RUN_ID_COLUMNS`."""
    status = together_status(runs)
    length = ((info.finish_time or now) - info.create_time).total_seconds() if info.create_time else 0
    strip = Cell.of(*(run_glyph(run) for run in runs), (f" {len(info.runs)}", "dim"))
    return (
        Cell(info.id),
        Cell(info.kind, "dim"),
        Cell(f"{status_glyph(status)} {status}", status_tone(status)) if status else Cell("no run", "dim"),
        strip,
        Cell(moment(info.create_time, now)),
        Cell(moment(info.finish_time, now) if info.finish_time else "open", "" if info.finish_time else "running"),
        Cell(took(length), "dim"),
        Cell(info.requester, "dim"),
    )


def schedule_cells(schedule: Schedule, last: PipelineRun | None, now: datetime) -> tuple[Cell, ...]:
    """A row of the schedules, a cell per entry of `SCHEDULE_COLUMNS`; `last` is the newest run that it started."""
    return _without_project(schedules.COLUMNS, schedules.schedule_cells(schedule, {}, last, now))


def submission_cells(submission: Submission, known: submissions.Known, now: datetime) -> tuple[Cell, ...]:
    """A row of the submissions, a cell per entry of `SUBMISSION_COLUMNS`."""
    return _without_project(submissions.COLUMNS, submissions.submission_cells(submission, known, now))


def _without_project(columns: Sequence[Column], cells: Sequence[Cell]) -> tuple[Cell, ...]:
    return tuple(cell for column, cell in zip(columns, cells, strict=True) if column.key != PROJECT)


class ConfigLine(NamedTuple):
    """A line of a configuration, or the rest of one that is longer than there is room; its number is 0 then."""

    key: str
    number: int
    text: str
    digits: int


def config_lines(text: str, width: int) -> list[ConfigLine]:
    """The lines of a configuration with their numbers, in `width` cells."""
    given = text.rstrip("\n").split("\n") if text.strip() else []
    digits = len(str(len(given)))
    room = max(1, width - digits - 1)
    lines: list[ConfigLine] = []
    for number, line in enumerate(given, 1):
        fits = len(line) <= room if line.isascii() else cell_len(line) <= room
        for place, part in enumerate([line] if fits else wrapped(line, room)):
            lines.append(ConfigLine(f"{number}.{place}", 0 if place else number, part, digits))
    return lines


def config_row(line: ConfigLine) -> Row:
    """A row: the number, and the text."""
    number = str(line.number) if line.number else ""
    return Row(line.key, (Cell.of((f"{number:>{line.digits}} ", "dim"), (line.text, "")),))
