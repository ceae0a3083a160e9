"""How charts share a rectangle: as many columns and rows as leave each one a good size."""

from __future__ import annotations

import math
from typing import NamedTuple

LEAST_WIDTH, LEAST_HEIGHT = 30, 8
"""Cells of a chart with its title, at least, where there is room at all."""

EASY_WIDTH, EASY_HEIGHT = 38, 10
"""Cells of a chart where not all of them fit, and one scrolls."""

GOOD_SHAPE = 4.0
"""Cells across for one cell down in a chart that is good to read."""

GUTTER = 2
"""Empty cells between two charts side by side."""


class Box(NamedTuple):
    """The place of a chart: left, top, width, height in cells."""

    x: int
    y: int
    width: int
    height: int


class Tiling(NamedTuple):
    """`columns` by `rows` charts in sight, and where each of them is, row after row."""

    columns: int
    rows: int
    boxes: tuple[Box, ...]

    @property
    def page(self) -> int:
        """Charts in sight at once."""
        return self.columns * self.rows


def tile(count: int, width: int, height: int) -> Tiling:
    """A tiling for `count` charts; where not all of them fit, for those in sight at once."""
    most_columns = max(1, (width + GUTTER) // (LEAST_WIDTH + GUTTER))
    most_rows = max(1, height // LEAST_HEIGHT)
    fitting = [
        (columns, math.ceil(count / columns))
        for columns in range(1, min(most_columns, max(1, count)) + 1)
        if math.ceil(count / columns) <= most_rows
    ]
    if fitting:
        columns, rows = min(fitting, key=lambda shape: _strain(shape[0], shape[1], width, height))
    else:
        columns = max(1, (width + GUTTER) // (EASY_WIDTH + GUTTER))
        rows = max(1, height // EASY_HEIGHT)
    return Tiling(columns, max(1, rows), _boxes(columns, max(1, rows), width, height))


def _strain(columns: int, rows: int, width: int, height: int) -> float:
    """How far charts of this tiling are from a good shape."""
    shape = max(1.0, width / columns) / max(1.0, height / max(1, rows))
    return abs(math.log(shape / GOOD_SHAPE))


def _boxes(columns: int, rows: int, width: int, height: int) -> tuple[Box, ...]:
    inner = max(columns, width - GUTTER * (columns - 1))
    xs = [inner * column // columns + GUTTER * column for column in range(columns)]
    widths = [inner * (column + 1) // columns - inner * column // columns for column in range(columns)]
    ys = [height * row // rows for row in range(rows + 1)]
    return tuple(
        Box(xs[column], ys[row], widths[column], ys[row + 1] - ys[row])
        for row in range(rows)
        for column in range(columns)
    )
