"""A value of any column as a cell for people: short, with a unit that one reads at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from data.export import Value
from data.export.formats import plain
from tui.present.text import clock, number, sha, took
from widgets.cells import Cell, Column
from widgets.glyphs import status_glyph, status_tone

COMMITS: Final = frozenset({"sha", "git_commit_hash"})
DURATIONS: Final = frozenset({"took", "queued", "execution_time", "queued_time"})
"""Columns that hold seconds."""
KEPT_WHOLE: Final = frozenset({"id", "number", "run_number", "git_pipeline_id", "count"})
"""Columns of numbers that are names, or counts."""
FIRST_PARTS: Final = {"metric": "", "param": "", "tag": "", "variable": "", "min": "min ", "max": "max "}
"""What of the first part of a column such as `metric.val_auc` stands in its heading."""


def value_cell(column: str, value: Value) -> Cell:
    """One value; empty for a missing one."""
    if value is None:
        return Cell()
    if column == "status" and isinstance(value, str):
        lowered = tracked_status(value)
        return Cell(f"{status_glyph(lowered)} {lowered.replace('_', ' ')}", status_tone(lowered))
    if column in COMMITS and isinstance(value, str):
        return Cell(sha(value), "dim")
    if isinstance(value, datetime):
        return Cell(clock(value), "dim")
    if isinstance(value, bool) or column in KEPT_WHOLE:
        return Cell(plain(value))
    if isinstance(value, int | float):
        return Cell(took(value) if column in DURATIONS else number(value))
    return Cell(" ".join(plain(value).split()))


def tracked_status(status: str) -> str:
    """A status of MLflow in the words of the other runs."""
    return MLFLOW_WORDS.get(status, status)


MLFLOW_WORDS: Final[Mapping[str, str]] = {
    "RUNNING": "running", "SCHEDULED": "scheduled", "FINISHED": "success", "FAILED": "failed", "KILLED": "canceled",
}  # fmt: skip
"""MLflow's statuses (MLflow docs, RunStatus) as GitLab's."""


def columns_for(names: Sequence[str], rows: Sequence[Sequence[Value]]) -> tuple[Column, ...]:
    """Columns of a table for a terminal: numbers on the right; where there is no room, the last ones go first."""
    return tuple(
        Column(
            key=name,
            title=_title(name),
            width=12,
            min_width=8,
            align="right" if _counts(place, rows) and name not in COMMITS else "left",
            priority=place,
        )
        for place, name in enumerate(names)
    )


def _title(name: str) -> str:
    first, dot, key = name.partition(".")
    return FIRST_PARTS[first] + key if dot and first in FIRST_PARTS else name


def _counts(place: int, rows: Sequence[Sequence[Value]]) -> bool:
    held = [row[place] for row in rows if row[place] is not None]
    return bool(held) and all(isinstance(value, int | float) for value in held)
