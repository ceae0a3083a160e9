"""The courses of lines, kept as long as the lines are the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from widgets.curves import SYSTEM, Axis, Clock, Course, Line, Metric, course, smoothed
from widgets.plot import Curve
from widgets.scale import Scaling

Way: TypeAlias = tuple[Axis, bool, float]
"""Axis, whether only what is above zero counts, smoothing."""


class Courses:
    """Courses of the lines of some metrics."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[Line, dict[Way, Course]]] = {}

    def keep(self, metrics: Iterable[Metric]) -> None:
        """Forget what does not belong to these metrics."""
        wanted = {(metric.key, line.run) for metric in metrics for line in metric.lines}
        for gone in self._known.keys() - wanted:
            del self._known[gone]

    def curves(self, metric: Metric, axis: Axis, scaling: Scaling, smoothing: float) -> list[Curve]:
        """The lines of a metric with their courses."""
        found = []
        for line in metric.lines:
            plain = self._course(metric.key, line, (axis, False, 0.0))
            rough = self._course(metric.key, line, (axis, True, 0.0)) if scaling == "log" else plain
            smooth = self._course(metric.key, line, (axis, scaling == "log", smoothing)) if smoothing else rough
            found.append(Curve(line, plain, rough, smooth))
        return found

    def _course(self, key: str, line: Line, way: Way) -> Course:
        of, courses = self._known.get((key, line.run), (None, {}))
        if of is not line:
            courses = {}
            self._known[key, line.run] = line, courses
        found = courses.get(way)
        if found is None:
            axis, above_zero, smoothing = way
            if smoothing:
                found = smoothed(self._course(key, line, (axis, above_zero, 0.0)), smoothing)
            else:
                found = course(line, axis, above_zero=above_zero)
            courses[way] = found
        return found


def clock(metrics: Sequence[Metric]) -> Clock | None:
    """The clock of the longest line that counts steps of training; None without one."""
    lines = [line for metric in metrics if not metric.key.startswith(SYSTEM) for line in metric.lines if line.steps]
    return Clock(max(lines, key=lambda line: len(line.steps))) if lines else None


def same(old: Metric, new: Metric) -> bool:
    """Whether two metrics have the very same lines, told without looking at their points."""
    if old is new:
        return True
    if (old.key, old.sampled, len(old.lines)) != (new.key, new.sampled, len(new.lines)):
        return False
    return all(one is other for one, other in zip(old.lines, new.lines, strict=True))
