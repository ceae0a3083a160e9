"""Lines of a lineage: what they say, and what each of them opens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from data.model.run import PipelineRun
from data.model.tracking import TrackedRun
from tui.present.run import ago, run_name
from tui.present.runs import run_glyph, status_word
from widgets.cells import Cell, Column, Span
from widgets.glyphs import status_glyph, status_tone
from widgets.rows import Row

COLUMNS: tuple[Column, ...] = (
    Column(key="what", title="lineage", width=16, min_width=12, priority=0),
    Column(key="value", title="", width=50, min_width=24, flex=3, priority=0),
    Column(key="more", title="", width=24, min_width=14, flex=1, priority=1),
)
"""Columns of the lines."""

What: TypeAlias = Literal["", "run", "tracked", "job", "runs", "experiment", "models", "page", "tab"]
"""What a line opens: a run, an MLflow run, a job's log, the history with a filter, an experiment, the model registry
with a filter, a web page, another tab; nothing.
"""


class Opens(NamedTuple):
    """What `enter` opens: its kind and its id, filter or address."""

    what: What = ""
    name: str = ""


class Line(NamedTuple):
    """One line, or the heading of some."""

    key: str
    name: str
    value: Cell = Cell()
    more: Cell = Cell()
    opens: Opens = Opens()
    heads: bool = False


def heading(text: str) -> Line:
    """The beginning of a group of lines."""
    return Line(f"heading:{text}", text, heads=True)


def line(key: str, name: str, value: str | Cell, more: str | Cell = "", opens: Opens = Opens()) -> Line:  # noqa: B008 - it cannot change
    """A line; `key` is unique among them."""
    return Line(
        key,
        name,
        value if isinstance(value, Cell) else Cell(value),
        more if isinstance(more, Cell) else Cell(more, "dim"),
        opens,
    )


def group(title: str, lines: Sequence[Line]) -> list[Line]:
    """Lines under a heading; nothing without lines."""
    return [heading(title), *lines] if lines else []


def line_row(one: Line) -> Row:
    """A row: a cell per entry of `COLUMNS`."""
    if one.heads:
        return Row(one.key, (Cell(one.name, "bold"), Cell(), Cell()))
    return Row(one.key, (Cell(f"  {one.name}", "dim"), one.value, one.more))


def matches(one: Line, text: str) -> bool:
    """Whether a filter fits a line."""
    wanted = text.lower()
    return any(wanted in part.lower() for part in (one.name, one.value.text, one.more.text))


def filtered(lines: Sequence[Line], text: str) -> list[Line]:
    """The lines that a filter fits, under their headings."""
    kept: list[Line] = []
    above: list[Line] = []
    for one in lines:
        if one.heads:
            above = [one]
        elif matches(one, text):
            kept += [*above, one]
            above = []
    return kept


def run_line(name: str, run: PipelineRun, project: str, now: datetime, indent: int = 0) -> Line:
    """A GitLab run."""
    glyph, tone = run_glyph(run)
    title: list[Span] = [("  " * indent + glyph + " ", tone), (f"{project} #{run.git_pipeline_id}", "accent")]
    if run.name or run.api:
        title.append((f"  {run.name or run.api}", ""))
    return Line(
        f"{name}:{run.id}",
        name,
        Cell.of(*title, (f"  {status_word(run)}", tone)),
        Cell(", ".join(filter(None, [run.ref, ago(run.created, now)])), "dim"),
        Opens("run", run.id),
    )


def tracked_line(name: str, run: TrackedRun, now: datetime, indent: int = 0) -> Line:
    """An MLflow run."""
    title: list[Span] = [
        ("  " * indent + status_glyph(run.status) + " ", status_tone(run.status)),
        (run_name(run), "accent"),
        (f"  {run.status.lower()}", status_tone(run.status)),
    ]
    more = ", ".join(filter(None, [run.user, ago(run.start, now)]))
    return Line(f"{name}:{run.id}", name, Cell.of(*title), Cell(more, "dim"), Opens("tracked", run.id))
