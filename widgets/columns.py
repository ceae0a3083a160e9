"""Where x lies in the dot columns of a chart, and what of a course falls into each of them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Parts(NamedTuple):
    """A course in dot columns: those that have points, in order, and a point on either side of those in sight.

    Attributes:
        columns: the columns; that of a point next to those in sight lies left or right of them.
        starts: index of the first point of each column, and of what follows the last one.
        leasts, greatests: least and greatest value of each column.
        ys, breaks: those of the course.
    """

    columns: list[int]
    starts: list[int]
    leasts: list[float]
    greatests: list[float]
    ys: Sequence[float]
    breaks: frozenset[int]

    def first(self, at: int) -> float:
        """The first value of column number `at`."""
        return self.ys[self.starts[at]]

    def last(self, at: int) -> float:
        """The last one."""
        return self.ys[self.starts[at + 1] - 1]

    def is_joined(self, at: int) -> bool:
        """Whether a line leads from the column before to column number `at`."""
        return self.starts[at] not in self.breaks

    def seen(self, count: int) -> slice:
        """Which of them are in sight in a picture of `count` columns."""
        return slice(bisect_left(self.columns, 0), bisect_left(self.columns, count))


class Columns:
    """Where x lies in `count` columns, the centres of the outer ones at `low` and `high`.

    Attributes:
        scale: columns for one unit of x; 0 where there is no span.
        shift: place of `low` in columns, counted from the left edge of the first one.
        width: units of x for one column.
    """

    def __init__(self, low: float, high: float, count: int) -> None:
        self._low, self._count = low, count
        spread = high > low and count > 1
        self.scale = (count - 1) / (high - low) if spread else 0.0
        self.width = (high - low) / (count - 1) if spread else math.inf
        self.shift = 0.5 if spread else (count - 1) // 2 + 0.5

    def of(self, x: float) -> int:
        """The column of `x`."""
        return math.floor((x - self._low) * self.scale + self.shift)

    def divided(self, xs: Sequence[float], start: int, stop: int) -> tuple[list[int], list[int]]:
        """Columns of the points from `start` to `stop` (exclusive), all in sight, and the first point of each."""
        low, scale, shift = self._low, self.scale, self.shift
        if not scale or stop - start < self._count:
            places = [int((x - low) * scale + shift) for x in xs[start:stop]]
            first = [at for at, (one, other) in enumerate(pairwise([-1, *places])) if one != other]
            return [places[at] for at in first], [start + at for at in first]
        edges: Iterable[float] = (low + (column - shift) * self.width for column in range(1, self._count))
        if isinstance(xs[start], int):
            edges = map(math.ceil, edges)  # integers are quicker to compare with each other
        at = start
        cuts = [start, *[at := bisect_left(xs, edge, at, stop) for edge in edges]]
        columns = [column for column, (first, end) in enumerate(pairwise([*cuts, stop])) if first < end]
        return columns, [cuts[column] for column in columns]
