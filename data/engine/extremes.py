"""Least and greatest values of metrics, from what is known of their histories. Pure. They only ever widen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from data.engine.summary import is_number
from data.model import MetricSeries, MetricSummary, TrackedRun


class Point(NamedTuple):
    """A value, its step if that is known, and whether there may be others beyond it in the history it was read of."""

    value: float
    step: int | None
    sampled: bool = False


def extremes(series: MetricSeries) -> list[Point]:
    """The least and the greatest point of a history, each the first of several; nothing where it has no numbers.

    Those of a sampled history, and of a part of one, are those of the samples: MLflow does not tell others.
    """
    sampled = series.sampled or series.window is not None
    points = [
        Point(value, step, sampled) for value, step in zip(series.values, series.steps, strict=True) if is_number(value)
    ]
    return [min(points, key=_low), min(points, key=_high)] if points else []


def widened(summary: MetricSummary, points: Sequence[Point]) -> MetricSummary:
    """A summary that takes in further points of its history, and the last one, which may be newer than they.

    Nothing that is known is given up for a sample that missed it.
    """
    if not points:
        return summary
    every = [*points, *_known(summary)]
    low, high = min(every, key=_low), min(every, key=_high)
    sampled = all(point.sampled for point in points)
    return replace(summary, min=low.value, min_step=low.step, max=high.value, max_step=high.step, sampled=sampled)


def with_extremes(run: TrackedRun, found: Mapping[str, Sequence[Point]]) -> TrackedRun:
    """An MLflow run whose metrics take in points, given by their names."""
    changed = {key: widened(run.metrics[key], points) for key, points in found.items() if key in run.metrics}
    return replace(run, metrics={**run.metrics, **changed})


def _known(summary: MetricSummary) -> Iterable[Point]:
    if is_number(summary.last):
        yield Point(summary.last, summary.step)
    if is_number(summary.min):
        yield Point(summary.min, summary.min_step)
    if is_number(summary.max):
        yield Point(summary.max, summary.max_step)


def _low(point: Point) -> tuple[float, bool, int]:
    return point.value, point.step is None, point.step or 0


def _high(point: Point) -> tuple[float, bool, int]:
    return -point.value, point.step is None, point.step or 0
