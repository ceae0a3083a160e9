"""Lines and metrics to draw in tests."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from widgets.chartgrid import Line, Metric
from widgets.curves import course, smoothed
from widgets.plot import Curve, View

START = 1_772_452_800_000
"""2026-03-02 12:00 UTC in epoch milliseconds."""


def line(
    values: Sequence[float], number: int = 0, *, steps: Sequence[int] | None = None, every: int = 1000, name: str = ""
) -> Line:
    """The line of run `number` with a value every so many milliseconds."""
    steps = range(len(values)) if steps is None else steps
    times = array("q", [START + every * at for at in range(len(values))])
    return Line(
        f"run{number}", name or f"owl-{number + 1}", number, array("q", steps), times, array("d", values), START
    )


def metric(key: str, *lines: Line, sampled: bool = False) -> Metric:
    """A metric of some lines."""
    return Metric(key, lines, sampled)


def falling(number: int = 0, count: int = 100) -> Line:
    """A line that falls from 1 towards 0, a little later in each further run."""
    return line([math.exp(-at / (30 + 10 * number)) for at in range(count)], number)


def curve(one: Line, view: View | None = None) -> Curve:
    """The courses of a line as a chart with this view needs them."""
    view = view or View()
    rough = course(one, view.axis, above_zero=view.scaling == "log")
    return Curve(one, course(one, view.axis), rough, smoothed(rough, view.smoothing))


def wave(key: str, number: int, count: int = 400, *, every: int = 1000) -> Line:
    """A line whose course depends on the key and the number, without chance."""
    seed = sum(map(ord, key)) % 7 + 1
    parts = [at / count for at in range(count)]
    values = [math.exp(-seed * part) + 0.1 * number + 0.02 * math.sin(97 * part * seed) for part in parts]
    return line(values, number, every=every)
