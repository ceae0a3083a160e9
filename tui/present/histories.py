"""Histories of metrics as lines of charts: what the store holds, with finer parts in the place of coarse ones."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from data.model.tracking import MetricSeries, TrackedRun
from widgets.curves import SYSTEM, Line

NAN = math.nan

MILLISECONDS = 1000

LEAST_WINDOW = 16
"""Steps of the shortest part that is asked for on its own."""

ID_SHOWN = 8
"""Characters of an MLflow run's id that stand for its name, or tell it from others of one name."""


class Points(NamedTuple):
    """A history in little memory: steps, epoch milliseconds, values with NaN where they are missing."""

    steps: array[int]
    times: array[int]
    values: array[float]
    sampled: bool


def points_of(series: MetricSeries) -> Points:
    """The points of a stored history."""
    values = array("d", [NAN if value is None else value for value in series.values])
    return Points(array("q", series.steps), array("q", series.times), values, series.sampled)


def spliced(coarse: Points, parts: Iterable[tuple[tuple[int, int], Points]]) -> Points:
    """`coarse` with the points of `parts`, (first and last step, points), in place of its own; a later part wins."""
    found = coarse
    for (first, last), fine in parts:
        if not fine.steps:
            continue
        left = next((at for at, step in enumerate(found.steps) if step >= first), len(found.steps))
        right = next((at for at in range(left, len(found.steps)) if found.steps[at] > last), len(found.steps))
        found = Points(
            found.steps[:left] + fine.steps + found.steps[right:],
            found.times[:left] + fine.times + found.times[right:],
            found.values[:left] + fine.values + found.values[right:],
            coarse.sampled,
        )
    return found


def line_of(run: TrackedRun, name: str, number: int, points: Points) -> Line:
    """The line of a run under a name (see `run_names`)."""
    start = round(run.start.timestamp() * MILLISECONDS) if run.start is not None else None
    return Line(run.id, name, number, points.steps, points.times, points.values, start)


def run_names(runs: Sequence[TrackedRun]) -> dict[str, str]:
    """What MLflow runs are called on charts, by id; where several have one name, the beginning of the id tells."""
    names = {run.id: run.name or run.run_id[:ID_SHOWN] for run in runs}
    count = Counter(names.values())
    return {
        run.id: f"{run.name} {run.run_id[:ID_SHOWN]}" if run.name and count[run.name] > 1 else names[run.id]
        for run in runs
    }


def ordered_keys(runs: Iterable[TrackedRun]) -> list[str]:
    """Names of all metrics of some runs in alphabetical order, system metrics last."""
    return sorted({key for run in runs for key in run.metrics}, key=lambda key: (key.startswith(SYSTEM), key))


def wide_window(first: int, last: int) -> tuple[int, int]:
    """The part to ask for when steps `first` to `last` are looked at.

    Its ends lie on a grid as coarse as half the part is long, so that moving on a little asks for the same part.
    """
    half = max(LEAST_WINDOW, 1 << max(0, last - first - 1).bit_length()) // 2
    return first // half * half, -(-(last + 1) // half) * half - 1


def is_settled(run: TrackedRun, series: MetricSeries | None, active: Collection[str]) -> bool:
    """Whether nothing better than `series` will come: all points of a run that has ended, read after its end."""
    if series is None or series.sampled or run.status in active:
        return False
    if run.end is not None and series.fetched is not None:
        return series.fetched >= run.end
    return bool(series.steps) and series.steps[-1] >= run.metrics[series.key].step
