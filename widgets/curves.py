"""Courses of metrics as pure functions: x axes, gaps, smoothing, and thinning to the dot columns of a chart."""

from __future__ import annotations

import math
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from widgets.columns import Columns, Parts

Axis: TypeAlias = Literal["step", "time", "since"]
"""What x is: the step, the time of day (epoch seconds), the time since the run's start (seconds)."""

AXES: tuple[Axis, ...] = ("step", "time", "since")

SYSTEM = "system/"
"""Beginning of the names of system metrics, whose steps count samples and not steps of training (MLflow docs)."""

BLOCK = 64
"""Points whose least and greatest value are known beforehand in a long course."""

LONG = 8192
"""Points from which on a course is long."""

MILLISECONDS = 1000

GREATEST = sys.float_info.max
"""What MLflow stores in place of infinity; smaller with a minus."""

TOP_BYTE = 7 if sys.byteorder == "little" else 0
"""Where in the eight bytes of a double its sign and the upper bits of its exponent lie (IEEE 754)."""

NO_NUMBER = (0x7F, 0xFF)
"""That byte of NaN, of infinities, and of all that is beyond 1e303."""

EPSILON = sys.float_info.epsilon
"""What a one does not notice when half of it is taken away."""


class Line(NamedTuple):
    """The history of one metric of one run.

    Attributes:
        run: id of the run.
        name: what it is called on the screen.
        colour: the run's place in what is looked at, 0-based.
        steps: steps, rising.
        times: epoch milliseconds.
        values: as many as steps; NaN is a gap.
        start: the run's start in epoch milliseconds; None takes the time of the first point.
    """

    run: str
    name: str
    colour: int
    steps: Sequence[int]
    times: Sequence[int]
    values: Sequence[float]
    start: int | None = None


class Metric(NamedTuple):
    """One metric of some runs.

    Attributes:
        key: its name.
        lines: its histories, the first one drawn in front; none while they are not read.
        sampled: the server holds more points than these.
    """

    key: str
    lines: tuple[Line, ...]
    sampled: bool = False


Span: TypeAlias = tuple[float, float]
"""Least and greatest of something."""


@dataclass(slots=True)
class Course:
    """Points in the order of x, all of them finite, and what is missing between them.

    Attributes:
        xs, ys: the points.
        breaks: indices of points to which no line leads from the point before.
        gap_xs, gaps: where values are missing, in order, and which ones: NaN or an infinity.
    """

    xs: Sequence[float]
    ys: Sequence[float]
    breaks: frozenset[int] = frozenset()
    gap_xs: Sequence[float] = ()
    gaps: Sequence[float] = ()
    _lows: list[float] = field(default_factory=list)
    _highs: list[float] = field(default_factory=list)
    _range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if len(self.ys) >= LONG:
            self._lows, self._highs = _blocks(self.ys)

    @property
    def x_range(self) -> tuple[float, float] | None:
        """Least and greatest x, those of gaps among them; None without either."""
        ends = [*(self.xs[:1]), *(self.xs[-1:]), *(self.gap_xs[:1]), *(self.gap_xs[-1:])]
        return (min(ends), max(ends)) if ends else None

    @property
    def y_range(self) -> tuple[float, float] | None:
        """Least and greatest value; None without one."""
        if self._range is None and self.ys:
            self._range = self.extremes(0, len(self.ys))
        return self._range

    @property
    def last(self) -> float | None:
        """The last value, NaN or an infinity where that one is missing; None without any."""
        if self.gap_xs and (not self.xs or self.gap_xs[-1] >= self.xs[-1]):
            return self.gaps[-1]
        return self.ys[-1] if self.ys else None

    def range_of(self, parts: Parts, low: float, high: float, count: int) -> Span | None:
        """Least and greatest value of `parts(low, high, count)`, and where lines leave; None without one."""
        seen = parts.seen(count)
        start, stop = bisect_left(self.xs, low), bisect_right(self.xs, high)
        ends = [y for at, x in ((start, low), (stop, high)) if (y := self._between(at, x)) is not None]
        lows, highs = [*ends, *parts.leasts[seen]], [*ends, *parts.greatests[seen]]
        return (min(lows), max(highs)) if lows else None

    def _between(self, at: int, x: float) -> float | None:
        """y at `x` on the line from the point before `at` to that one; None where there is no line."""
        if not 0 < at < len(self.xs) or at in self.breaks:
            return None
        left, right = self.xs[at - 1], self.xs[at]
        part = (x - left) / (right - left) if right > left else 0.0
        return self.ys[at - 1] * (1 - part) + self.ys[at] * part

    def some(self, low: float, high: float, count: int) -> Sequence[float]:
        """About `count` of the values from x `low` to `high`, evenly spread."""
        start, stop = bisect_left(self.xs, low), bisect_right(self.xs, high)
        return self.ys[start : stop : max(1, (stop - start) // count)]

    def extremes(self, start: int, stop: int) -> tuple[float, float]:
        """Least and greatest value of the points from `start` to `stop` (exclusive, behind `start`)."""
        if not self._lows or stop - start < 2 * BLOCK:
            part = self.ys[start:stop]
            return min(part), max(part)
        first, last = -(-start // BLOCK), stop // BLOCK
        head, tail = self.ys[start : first * BLOCK], self.ys[last * BLOCK : stop]
        lows, highs = self._lows[first:last], self._highs[first:last]
        return min(*lows, *head, *tail), max(*highs, *head, *tail)

    def nearest(self, x: float) -> int | None:
        """Index of the point whose x is nearest; None without a point."""
        return _nearest(self.xs, x)

    def value_at(self, x: float, reach: float) -> float | None:
        """The value nearest to `x`, NaN or an infinity where it is missing there.

        None outside the course by more than `reach`, and without a point.
        """
        ends = self.x_range
        if ends is None or not ends[0] - reach <= x <= ends[1] + reach:
            return None
        at, gap = self.nearest(x), _nearest(self.gap_xs, x)
        if gap is not None and (at is None or abs(self.gap_xs[gap] - x) < abs(self.xs[at] - x)):
            return self.gaps[gap]
        return None if at is None else self.ys[at]

    def parts(self, low: float, high: float, count: int) -> Parts:
        """The course from x `low` to `high` in `count` dot columns, least and greatest values of each kept.

        Columns without a point are left out. A point on either side of those in sight is told too, so that lines lead
        out of the picture.
        """
        xs, ys = self.xs, self.ys
        start, stop = bisect_left(xs, low), bisect_right(xs, high)
        place = Columns(low, high, count)
        columns, starts = place.divided(xs, start, stop)
        if len(columns) == stop - start:
            leasts = greatests = list(ys[start:stop])
        elif self._lows and stop - start > 2 * BLOCK * len(columns):
            found = [self.extremes(first, end) for first, end in pairwise([*starts, stop])]
            leasts, greatests = [least for least, _ in found], [greatest for _, greatest in found]
        else:
            some = [ys[first:end] for first, end in pairwise([*starts, stop])]
            leasts, greatests = list(map(min, some)), list(map(max, some))
        if start:
            columns, starts = [min(-1, place.of(xs[start - 1])), *columns], [start - 1, *starts]
            leasts, greatests = [ys[start - 1], *leasts], [ys[start - 1], *greatests]
        if stop < len(xs):
            columns, starts = [*columns, max(count, place.of(xs[stop]))], [*starts, stop]
            leasts, greatests = [*leasts, ys[stop]], [*greatests, ys[stop]]
            stop += 1
        return Parts(columns, [*starts, stop], leasts, greatests, ys, self.breaks)


def _nearest(xs: Sequence[float], x: float) -> int | None:
    if not xs:
        return None
    at = bisect_left(xs, x)
    if at == len(xs) or (at and x - xs[at - 1] <= xs[at] - x):
        at -= 1
    return at


def _blocks(ys: Sequence[float]) -> tuple[list[float], list[float]]:
    lows: list[float] = []
    highs: list[float] = []
    for start in range(0, len(ys) - len(ys) % BLOCK, BLOCK):
        part = list(ys[start : start + BLOCK])  # an array makes numbers of its bytes each time that it is asked
        lows.append(min(part))
        highs.append(max(part))
    return lows, highs


def x_values(line: Line, axis: Axis) -> Sequence[float]:
    """x of the points of a line: steps, epoch seconds, or seconds since its start."""
    if axis == "step":
        return line.steps
    start = 0
    if axis == "since":
        start = line.start if line.start is not None else min(line.times, default=0)
    return array("d", [(time - start) / MILLISECONDS for time in line.times])


def course(line: Line, axis: Axis, *, above_zero: bool = False) -> Course:
    """The points of a line along an axis; with `above_zero` values that are not are missing, as on a log scale."""
    xs, ys = x_values(line, axis), line.values
    if axis != "step" and sorted(xs) != list(xs):
        order = sorted(range(len(xs)), key=xs.__getitem__)
        xs, ys = [xs[at] for at in order], [ys[at] for at in order]
    if _are_numbers(ys) and not (above_zero and min(ys, default=1) <= 0):
        return Course(xs, ys)
    return _parted(xs, ys, above_zero=above_zero)


def _are_numbers(ys: Sequence[float]) -> bool:
    """Whether nothing is missing among `ys`; no for what is merely huge, too. Told without a look at each value."""
    doubles = ys if isinstance(ys, array) and ys.typecode == "d" else array("d", ys)
    upper = doubles.tobytes()[TOP_BYTE :: doubles.itemsize]
    return not any(byte in upper for byte in NO_NUMBER)


def _parted(xs: Sequence[float], ys: Sequence[float], *, above_zero: bool) -> Course:
    kept_xs, kept = array("d"), array("d")
    breaks: set[int] = set()
    gap_xs, gaps = array("d"), array("d")
    for x, y in zip(xs, ys, strict=True):
        if -GREATEST < y < GREATEST and not (above_zero and y <= 0):
            kept_xs.append(x)
            kept.append(y)
            continue
        breaks.add(len(kept))
        gap_xs.append(x)
        gaps.append(_missing(y))
    return Course(kept_xs, kept, frozenset(breaks), gap_xs, gaps)


def _missing(y: float) -> float:
    """NaN, or the infinity that stands for `y`; a value that a log scale cannot show lies below everything."""
    if y >= GREATEST:
        return math.inf
    return math.nan if math.isnan(y) else -math.inf


def smoothed(rough: Course, weight: float) -> Course:
    """The exponential moving average of a course, 0 <= `weight` < 1, without the bias towards its beginning at zero.

    As TensorBoard's scalar smoothing (vz_line_chart2/line-chart.ts, `resmoothDataset`) and W&B's "exponential moving
    average": missing values are skipped and stay missing.
    """
    if weight <= 0:
        return rough
    total, kept = 0.0, 1.0
    fresh = 1.0 - weight
    values = array("d")
    for y in rough.ys:
        total = total * weight + y * fresh
        kept *= weight
        values.append(total / (1.0 - kept))
        if kept < EPSILON / 2:  # no bias is left
            break
    values.extend([total := total * weight + y * fresh for y in rough.ys[len(values) :]])
    return Course(rough.xs, values, rough.breaks, rough.gap_xs, rough.gaps)


class Clock:
    """Steps and times of a run, so that a place on one axis is found on another."""

    def __init__(self, line: Line) -> None:
        points = sorted(zip(line.steps, line.times, strict=True))
        self._steps = [step for step, _ in points]
        self._times: list[int] = []
        for _, time in points:
            self._times.append(max(time, self._times[-1]) if self._times else time)
        self._start = line.start if line.start is not None else min(line.times, default=0)

    def convert(self, x: float, source: Axis, target: Axis) -> float | None:
        """`x` of the axis `source` on the axis `target`; None where nothing is known."""
        if source == target:
            return x
        if not self._steps:
            return None
        if source == "step":
            time = _between(self._steps, self._times, x)
        else:
            time = x * MILLISECONDS + (self._start if source == "since" else 0)
        if target == "step":
            return _between(self._times, self._steps, time)
        return (time - (self._start if target == "since" else 0)) / MILLISECONDS


def _between(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """y at `x` on the straight lines through rising points; the nearest end outside of them."""
    at = bisect_right(xs, x)
    if at == 0 or at == len(xs):
        return ys[min(at, len(xs) - 1)]
    left, right = xs[at - 1], xs[at]
    return ys[at - 1] + (ys[at] - ys[at - 1]) * (x - left) / (right - left)


def gap_cells(rough: Course, low: float, high: float, count: int) -> dict[int, float]:
    """Cell, of `count` from x `low` to `high`, to what is missing there; an infinity before NaN."""
    place = Columns(low, high, count)
    start, stop = bisect_left(rough.gap_xs, low), bisect_right(rough.gap_xs, high)
    found: dict[int, float] = {}
    for x, what in zip(rough.gap_xs[start:stop], rough.gaps[start:stop], strict=True):
        cell = place.of(x)
        if cell not in found or math.isnan(found[cell]):
            found[cell] = what
    return found
