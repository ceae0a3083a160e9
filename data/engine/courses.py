"""How histories are asked for: which runs in one request, from which step on. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from data.engine.wanted import Course
from data.model import MetricSeries, TrackedRun
from data.sources.mlflow.port import MAX_POINTS

MAX_RUNS: Final = 100
"""Runs of one request: the most that MLflow takes (MLflow source, server/handlers.py)."""
POINTS: Final = 50_000
"""Points of one request: MLflow gives some 25,000 in a second, each of 180 bytes."""
STEPS: Final = 2_000_000
"""Steps that one request samples, at most: MLflow takes some 2 µs for each point that there is, and an answer that
takes too long is given up.
"""
ALIKE: Final = 0.75
"""Length of a history, relative to the longest one, from which on both are sketched by the same parts."""
LEAST: Final = 500
"""Points of one run that are asked for, however many runs there are: more than a chart has columns."""
OVERLAP: Final = 200
"""Points that a run may be told again, so that it can be asked about together with others that are not as far."""


class Held(NamedTuple):
    """A run, and its history as far as we have it."""

    run: TrackedRun
    series: MetricSeries | None = None

    @property
    def last(self) -> int | None:
        """Step from which on more is wanted; None where the whole history is."""
        return self.series.steps[-1] if self.series is not None and self.series.steps else None


class Request(NamedTuple):
    """One question to the server."""

    course: Course
    runs: tuple[Held, ...]
    start: int | None = None
    """First step; None for the first of the course."""
    among: int = 0
    """Runs of the course that are asked about in all."""

    @property
    def points(self) -> int:
        """Points of each run that are asked for."""
        return points_of(max(self.among, len(self.runs)))

    @property
    def steps(self) -> tuple[int | None, int | None]:
        """First and last step, None for the first and last that there are."""
        first, last = self.course.window or (None, None)
        return (first if self.start is None else self.start), last


def points_of(runs: int) -> int:
    """Points of each run that are asked for when so many are asked about."""
    return min(max(POINTS // max(runs, 1), LEAST), MAX_POINTS)


def requests(course: Course, whole: Sequence[Held], further: Sequence[Held]) -> list[Request]:
    """Questions for runs whose whole history is wanted, and for those of which we have the beginning."""
    found = [Request(course, tuple(some), among=len(whole)) for some in _portions(course, whole)]
    return [*found, *(Request(course, tuple(some), some[0].last) for some in _together(further))]


def _portions(course: Course, whole: Iterable[Held]) -> list[list[Held]]:
    """Runs whose histories are sampled at once: as many as the server takes, and does in time."""
    portions: list[list[Held]] = []
    steps = 0
    for one in whole:
        low, high = course.window or (0, steps_of(course, one))
        steps += high - low + 1
        if not portions or len(portions[-1]) >= MAX_RUNS or steps > STEPS:
            portions.append([])
            steps = high - low + 1
        portions[-1].append(one)
    return portions


def alike(course: Course, some: Iterable[Held]) -> list[list[Held]]:
    """Runs whose histories are sketched at once: about as long ones."""
    groups: list[list[Held]] = []
    for one in sorted(some, key=lambda one: (-steps_of(course, one), one.run.id)):
        enough = groups and ALIKE * steps_of(course, groups[-1][0]) <= steps_of(course, one)
        if enough and len(groups[-1]) < MAX_RUNS:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def steps_of(course: Course, one: Held) -> int:
    """The last step of a run's history; it begins at 0, or later."""
    return max(one.run.metrics[course.key].step, 0)


def _together(further: Iterable[Held]) -> list[list[Held]]:
    """Runs that can be continued at once: from the last step of the one that is least far."""
    groups: list[list[Held]] = []
    for one in sorted(further, key=lambda one: (one.last or 0, one.run.id)):
        if groups and len(groups[-1]) < MAX_RUNS and _repeated(one, groups[-1][0].last or 0) <= OVERLAP:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _repeated(one: Held, start: int) -> int:
    """Points that a run would be told again from `start` on."""
    return len(one.series.steps) - bisect_left(one.series.steps, start) if one.series is not None else 0


def joined(held: MetricSeries | None, more: MetricSeries, start: int | None) -> MetricSeries:
    """A history that is continued by `more`, which has all points from step `start` on."""
    if held is None or start is None:
        return more
    kept = bisect_left(held.steps, start)
    return replace(
        more,
        steps=held.steps[:kept] + more.steps,
        times=held.times[:kept] + more.times,
        values=held.values[:kept] + more.values,
        sampled=held.sampled,
    )


def stored(course: Course, run: TrackedRun, found: MetricSeries | None) -> MetricSeries:
    """A history as it is stored: under the id of its course; one without points says that there are none."""
    if found is None:
        found = MetricSeries(id=run.id, tracked_run_id=run.id, key=course.key, fetched=datetime.now(UTC))
    return replace(found, id=course.id(run.id), window=course.window)
