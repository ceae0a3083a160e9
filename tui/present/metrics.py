"""The metrics of MLflow runs as a table: last, best, least and greatest value with their steps, and their age."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from data.direction import direction
from data.model.tracking import MetricSummary, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from tui.present.runs import metric_rank
from tui.present.text import GREATEST, age, number
from widgets.cells import Cell, Column, Span
from widgets.glyphs import glyphs
from widgets.rows import Row

COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="metric", width=20, min_width=14, flex=1, priority=0),
    Column(key="last", title="last", width=9, align="right", priority=0),
    Column(key="best", title="best", width=10, align="right", priority=1),
    Column(key="best_step", title="at", width=6, align="right", priority=4),
    Column(key="min", title="min", width=9, align="right", priority=5),
    Column(key="min_step", title="at", width=6, align="right", priority=6),
    Column(key="max", title="max", width=9, align="right", priority=5),
    Column(key="max_step", title="at", width=6, align="right", priority=6),
    Column(key="step", title="step", width=7, align="right", priority=3),
    Column(key="age", title="age", width=4, align="right", priority=2),
    Column(key="run", title="run", width=16, min_width=8, priority=2),
)
"""Columns of the table; the last one only where there are several runs."""

ABOUT = "~"
"""Before a number that is not known exactly."""


class Measured(NamedTuple):
    """A line of the table: a metric of a run."""

    name: str
    run: TrackedRun

    @property
    def key(self) -> str:
        """Names the line for good."""
        return f"{self.run.id}:{self.name}"

    @property
    def summary(self) -> MetricSummary:
        """The values."""
        return self.run.metrics[self.name]


def grouped(tracked: Sequence[TrackedRun]) -> dict[str, list[Measured]]:
    """The lines by metric: those that tell most first, then by run."""
    found: dict[str, list[Measured]] = {}
    for run in tracked:
        for name in run.metrics:
            found.setdefault(name, []).append(Measured(name, run))
    return {name: found[name] for name in sorted(found, key=metric_rank)}


def measured(of_metric: Mapping[str, Sequence[Measured]], wanted: Callable[[str], bool]) -> list[Measured]:
    """The lines of those metrics that are `wanted`."""
    return [line for name, lines in of_metric.items() if wanted(name) for line in lines]


def columns(several: bool) -> tuple[Column, ...]:
    """The columns for one run, or for several."""
    return COLUMNS if several else COLUMNS[:-1]


def measured_row(line: Measured, directions: Mapping[str, str], now: datetime, name: Cell | None = None) -> Row:
    """A row, a cell per entry of `columns`.

    `directions` is what the configuration says of metrics, `name` is what the run is called where there are several.
    """
    one = line.summary
    side = direction(line.name, directions)
    best, best_step = {"max": (one.max, one.max_step), "min": (one.min, one.min_step), "": (None, None)}[side]
    sign = {"max": glyphs().ascending, "min": glyphs().descending, "": ""}[side]
    about = about_sign(line.run, one)
    reached = best is not None and one.last == best
    spans: list[Span] = []
    if best is not None:
        spans = [(f"{about}{number(best)} ", "success" if reached else ""), (sign, "dim")]
    cells = [
        Cell(line.name),
        Cell(number(one.last), "bold" if one.last is not None and abs(one.last) < GREATEST else "warning"),
        Cell.of(*spans),
        _step(best_step),
        Cell(about + number(one.min) if one.min is not None else "", "dim"),
        _step(one.min_step),
        Cell(about + number(one.max) if one.max is not None else "", "dim"),
        _step(one.max_step),
        _step(one.step),
        Cell(age(one.time or line.run.last_logged, now), "dim"),
    ]
    return Row(line.key, (*cells, name) if name is not None else tuple(cells))


def about_sign(run: TrackedRun, summary: MetricSummary) -> str:
    """What stands before extremes that are about those of the metric: points of its history are not known.

    Of a run that goes on there are always some, so this is not told of it.
    """
    return ABOUT if summary.sampled and run.status not in TRACKED_ACTIVE else ""


def _step(step: int | None) -> Cell:
    return Cell("" if step is None else str(step), "dim")
