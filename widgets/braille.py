"""Lines of a chart drawn with braille dots, two by four to a cell, as pure functions; one dot per cell in ASCII."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]

BLANK = 0x2800
"""The braille cell without a dot; the dots are its lowest eight bits."""

DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bit of a dot by column and row in its cell."""

DOT_COLUMNS, DOT_ROWS = 2, 4


class Window(NamedTuple):
    """The part of the plane that is drawn; with `log_y` y is drawn by its logarithm."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log_y: bool = False

    def place(self, x: float, y: float) -> tuple[float, float] | None:
        """Where a point lies, 0 to 1 from the left and from the bottom; None for one that cannot be drawn."""
        if not (math.isfinite(x) and math.isfinite(y)) or (self.log_y and y <= 0):
            return None
        low, high = (math.log10(self.y_low), math.log10(self.y_high)) if self.log_y else (self.y_low, self.y_high)
        value = math.log10(y) if self.log_y else y
        across, up = _part(x, self.x_low, self.x_high), _part(value, low, high)
        return None if across is None or up is None else (across, up)


def _part(value: float, low: float, high: float) -> float | None:
    """Where `value` lies between `low` (0) and `high` (1), the middle when these are equal; None for no number."""
    if high <= low:
        return 0.5
    part = (value - low) / (high - low)
    return part if math.isfinite(part) and math.isfinite(high - low) else None


def window(series: Sequence[Sequence[Point]], *, log_y: bool = False) -> Window | None:
    """The smallest part of the plane that holds all points and, left and right, all gaps; None without a point."""
    points = [
        (x, y) for one in series for x, y in one if math.isfinite(x) and math.isfinite(y) and (y > 0 or not log_y)
    ]
    if not points:
        return None
    xs, ys = [x for one in series for x, _ in one if math.isfinite(x)], [y for _, y in points]
    return Window(min(xs), max(xs), min(ys), max(ys), log_y)


@dataclass(slots=True)
class Canvas:
    """Cells with dots. Each cell shows the dots of the line in front that touches it.

    Attributes:
        width, height: in cells.
        ascii: one dot per cell, drawn as `*`.
        owner: number of the series that a cell belongs to, -1 for none, by cell, row after row from the top.
        bits: its dots; a mark replaces them.
        marks: cells in which a value is missing, with the sign drawn there.
    """

    width: int
    height: int
    ascii: bool = False
    owner: list[int] = field(default_factory=list)
    bits: list[int] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owner = [-1] * (self.width * self.height)
        self.bits = [0] * (self.width * self.height)

    @property
    def columns(self) -> int:
        """Dots from left to right."""
        return self.width if self.ascii else self.width * DOT_COLUMNS

    @property
    def rows(self) -> int:
        """Dots from top to bottom."""
        return self.height if self.ascii else self.height * DOT_ROWS

    def dot(self, column: int, row: int, number: int) -> None:
        """Set the dot at `column`, `row` (from the top) for series `number`; a later series stands in front."""
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return
        if self.ascii:
            cell, bit = row * self.width + column, 1
        else:
            cell = row // DOT_ROWS * self.width + column // DOT_COLUMNS
            bit = DOTS[column % DOT_COLUMNS][row % DOT_ROWS]
        self.bits[cell] = self.bits[cell] | bit if self.owner[cell] == number else bit
        self.owner[cell] = number

    def line(self, start: tuple[int, int], end: tuple[int, int], number: int) -> None:
        """A straight line between two dots."""
        (x0, y0), (x1, y1) = start, end
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            self.dot(round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps), number)

    def draw(self, points: Sequence[Point], view: Window, number: int, gap: str) -> None:
        """The line through `points`, interrupted where a value is missing; there `gap` stands on the lower edge."""
        before: tuple[int, int] | None = None
        for x, y in points:
            place = view.place(x, y)
            if place is None:
                self._gap(x, view, number, gap)
                before = None
                continue
            here = round(place[0] * (self.columns - 1)), round((1 - place[1]) * (self.rows - 1))
            self.line(before or here, here, number)
            before = here

    def _gap(self, x: float, view: Window, number: int, gap: str) -> None:
        across = _part(x, view.x_low, view.x_high) if math.isfinite(x) else None
        if across is not None:
            column = round(across * (self.width - 1))
            if 0 <= column < self.width:
                cell = (self.height - 1) * self.width + column
                self.marks[cell], self.owner[cell] = gap, number

    def row(self, row: int) -> list[tuple[str, int]]:
        """Row `row` of cells as runs of (text, series); -1 for empty cells."""
        runs: list[tuple[str, int]] = []
        for cell in range(row * self.width, (row + 1) * self.width):
            bits, owner = self.bits[cell], self.owner[cell]
            sign = self.marks.get(cell) or (("*" if self.ascii else chr(BLANK + bits)) if bits else " ")
            if runs and (runs[-1][1] == owner or sign == " "):
                runs[-1] = (runs[-1][0] + sign, runs[-1][1])
            elif runs and not runs[-1][0].strip():
                runs[-1] = (runs[-1][0] + sign, owner)
            else:
                runs.append((sign, owner))
        return runs
