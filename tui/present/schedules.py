"""Pipeline schedules as rows: when each runs next, and how its last run went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from data.model.ci import Schedule
from data.model.run import PipelineRun
from tui.present.text import age, moment
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph, status_tone

COLUMNS: tuple[Column, ...] = (
    Column(key="project", title="project", width=14, min_width=8, flex=1, priority=1),
    Column(key="description", title="schedule", width=20, min_width=12, flex=2, priority=0),
    Column(key="ref", title="ref", width=10, min_width=6, priority=3),
    Column(key="cron", title="cron", width=11, min_width=9, priority=2),
    Column(key="zone", title="time zone", width=12, min_width=9, priority=6),
    Column(key="next", title="next", width=19, min_width=7, priority=0),
    Column(key="owner", title="owner", width=8, min_width=5, priority=4),
    Column(key="active", title="active", width=8, min_width=8, priority=1),
    Column(key="last", title="last run", width=20, min_width=10, priority=1),
)
"""Columns of the schedules."""


def schedule_cells(
    schedule: Schedule, names: Mapping[str, str], last: PipelineRun | None, now: datetime
) -> tuple[Cell, ...]:
    """A row: a cell per entry of `COLUMNS`; `last` is the newest run that it started, as far as it is known."""
    return (
        Cell(names.get(schedule.project_id, schedule.project_id)),
        Cell(schedule.description or f"schedule {schedule.git_schedule_id}"),
        Cell(schedule.ref),
        Cell(schedule.cron),
        Cell(schedule.timezone, "dim"),
        _next(schedule, now),
        Cell(schedule.owner, "dim"),
        Cell("active" if schedule.active else "inactive", "" if schedule.active else "warning"),
        _last(schedule, last, now),
    )


def _next(schedule: Schedule, now: datetime) -> Cell:
    if not schedule.active:
        return Cell("–", "dim")
    if schedule.next_run is None:
        return Cell()
    if schedule.next_run <= now:
        return Cell("due", "pending")
    left = age(now - (schedule.next_run - now), now)
    return Cell.of((f"in {left}", ""), (f" {moment(schedule.next_run, now)}", "dim"))


def _last(schedule: Schedule, last: PipelineRun | None, now: datetime) -> Cell:
    status = last.status if last is not None else schedule.last_status
    if not status:
        return Cell("none yet" if not schedule.last_run_id else "", "dim")
    words = [(f"{status_glyph(status)} {status}", status_tone(status))]
    if last is not None:
        words.append((f" #{last.git_pipeline_id} {age(last.created, now)}", "dim"))
    return Cell.of(*words)
