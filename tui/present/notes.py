"""Labels and notes as lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from data.model.run import PipelineRun
from data.model.tracking import TrackedRun
from data.model.work import Label, Note
from tui.present.params import wrapped
from tui.present.run import ago, run_name
from widgets.cells import Cell, Column
from widgets.rows import Row

COLUMNS: tuple[Column, ...] = (
    Column(key="text", title="", width=60, min_width=20, flex=1, priority=0),
    Column(key="who", title="", width=24, min_width=12, align="right", priority=1),
)
"""Columns of the lines."""


class Text(NamedTuple):
    """A line of a note, or of the labels."""

    key: str
    text: Cell
    who: Cell = Cell()


def note_lines(
    run: PipelineRun | None,
    tracked: Sequence[TrackedRun],
    notes: Sequence[Note],
    labels: Sequence[Label],
    now: datetime,
    width: int,
) -> list[Text]:
    """Labels, then the notes, the newest first, then what MLflow calls the notes of its runs; in `width` cells."""
    found = _labels(run, tracked, labels, now)
    for note in sorted(notes, key=lambda one: (one.created is None, one.created), reverse=True):
        found += _block(f"note:{note.id}", note.text, f"{note.by}, {ago(note.created, now)}", width)
    if run is not None and run.notes and all(note.text != run.notes for note in notes):
        found += _block("notes", run.notes, "note of the run", width)
    for one in tracked:
        if one.note and all(note.text != one.note for note in notes):
            found += _block(f"mlflow:{one.id}", one.note, f"note in MLflow, of {run_name(one)}", width)
    return found


def _labels(
    run: PipelineRun | None, tracked: Sequence[TrackedRun], labels: Sequence[Label], now: datetime
) -> list[Text]:
    names = dict.fromkeys([*(run.labels if run else ()), *(name for one in tracked for name in one.labels)])
    known = {label.name: label for label in labels}
    lines = []
    for name in (*names, *(name for name in known if name not in names)):
        label = known.get(name)
        who = f"{label.by}, {ago(label.created, now)}" if label and label.by else ""
        value = f" = {label.value}" if label and label.value else ""
        lines.append(Text(f"label:{name}", Cell.of(("label ", "dim"), (name, "accent"), (value, "")), Cell(who, "dim")))
    return lines


def _block(key: str, text: str, who: str, width: int) -> list[Text]:
    lines = wrapped(text.strip("\n"), width)
    return [
        Text(f"{key}:{number}", Cell(line), Cell("" if number else who, "dim")) for number, line in enumerate(lines)
    ] + [Text(f"{key}:end", Cell())]


def text_row(line: Text) -> Row:
    """A row: a cell per entry of `COLUMNS`."""
    return Row(line.key, (line.text, line.who))
