"""One chart as text: its lines, the numbers of its axes, the letters at the ends of its lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import tzinfo
from functools import partial
from typing import NamedTuple

from rich.cells import cell_len

from widgets.axes import axis_line, label_count, x_label, x_ticks
from widgets.braille import DOT_COLUMNS, Canvas, Trace, trace
from widgets.cells import Span, fit_text
from widgets.columns import Columns, Parts
from widgets.curves import Axis, Course, Line, gap_cells
from widgets.glyphs import ASCII, glyphs
from widgets.scale import Scale, Scaling, fit_scale
from widgets.series import LINE_TONES, SERIES_TONES, dash, letter, series_tone

ROWS_PER_TICK = 3
"""Rows of the plot for one number on the y axis, at least."""

MIN_PLOT = 8
"""Cells that the plot must keep; below that the numbers of the y axis are left out."""

MIN_HEIGHT = 2
"""Rows of a figure, at least: one of the plot, and the x axis."""

SAMPLED = 64
"""Values of a line that are looked at for the linear part of a symlog scale."""

GUESSED = 128
"""Values of a line that are looked at for the room that the numbers of the y axis will take."""

RAW_SIGN = "."
"""How the raw values of a smoothed line are drawn in ASCII."""

OWNER_TONES = ("", *LINE_TONES)
"""Tone of a cell by its owner on the canvas."""


class View(NamedTuple):
    """How a chart is drawn.

    Attributes:
        window: the part of the x axis that is shown; None for all of it.
        marked: runs that stand out, where some of the chart's do.
        zone: time zone of the time axis; None for the machine's own.
    """

    axis: Axis = "step"
    scaling: Scaling = "linear"
    smoothing: float = 0.0
    window: tuple[float, float] | None = None
    marked: frozenset[str] = frozenset()
    zone: tzinfo | None = None


class Curve(NamedTuple):
    """A line with its courses.

    Attributes:
        plain: all of its values.
        rough: those that the scale can show.
        smooth: these smoothed; the same as `rough` without smoothing.
    """

    line: Line
    plain: Course
    rough: Course
    smooth: Course


class Figure(NamedTuple):
    """A drawn chart without its title.

    Attributes:
        rows: the plot's rows with the y axis, from the top.
        axis: labels below the plot, beginning at cell `left`.
        left: first cell of the plot.
        width: cells of the plot.
        low, high: x of the centres of the plot's outer dot columns; both 0 where nothing is drawn.
        blank: whether a cell of the plot (column, row from the top) is empty.
    """

    rows: tuple[tuple[Span, ...], ...]
    axis: str
    left: int
    width: int
    low: float
    high: float
    blank: Callable[[int, int], bool]

    @property
    def columns(self) -> Columns:
        """Where x lies in the cells of the plot."""
        return Columns(self.low, self.high, self.width)

    @property
    def step(self) -> float:
        """How much x grows from one dot to the next."""
        return (self.high - self.low) / max(1, 2 * self.width - 1)


class _Layer(NamedTuple):
    """A course to draw, the hindmost first."""

    number: int
    raw: bool
    parts: Parts


class _Frame(NamedTuple):
    """The y axis of a chart, and how much room that leaves for the plot."""

    scale: Scale | None
    labels: dict[int, str]
    gutter: int
    room: int

    @property
    def columns(self) -> int:
        """Dot columns of the plot."""
        return self.room if glyphs() is ASCII else self.room * DOT_COLUMNS


class _Seen:
    """What of some courses is in sight, in as many dot columns as there are: points are looked at once."""

    def __init__(self, span: tuple[float, float], columns: int) -> None:
        self.span, self.columns = span, columns
        self._parts: dict[int, Parts] = {}

    def parts(self, course: Course) -> Parts:
        """A course in dot columns."""
        found = self._parts.get(id(course))
        if found is None:
            found = self._parts[id(course)] = course.parts(*self.span, self.columns)
        return found

    def ends(self, course: Course) -> tuple[float, float] | tuple[()]:
        """Least and greatest value; nothing without one."""
        return course.range_of(self.parts(course), *self.span, self.columns) or ()


def draw_figure(curves: Sequence[Curve], view: View, width: int, height: int, empty: str = "") -> Figure:
    """The chart of `curves` in `height` rows of `width` cells. `empty` is said where there is no value at all."""
    rows = max(1, height - 1)
    several = len(curves) > 1
    span = view.window or _x_range(curves)
    if span is None or width < MIN_PLOT or height < MIN_HEIGHT:
        return _nothing(empty, width, rows)
    # How much room the numbers of the y axis take depends on all values in sight, but some nearly always tell.
    some = [value for curve in curves for value in curve.rough.some(*span, GUESSED)]
    frame = _frame(fit_scale(view.scaling, some), width - 1 - several, rows)
    seen = _Seen(span, frame.columns)
    frame = _frame(_scale(curves, view, seen), width - 1 - several, rows, frame.gutter)
    if frame.columns != seen.columns:
        seen = _Seen(span, frame.columns)
    scale, labels, gutter, room = frame
    canvas = Canvas(room, rows, ascii=glyphs() is ASCII)
    ends = _draw(canvas, _layers(curves, view, seen), scale, several=several)
    for curve in reversed(curves):
        _mark_gaps(canvas, curve, span)
    drawn = _rows(canvas, labels, gutter, _letters(ends, rows) if several else None)
    if scale is None:
        drawn[rows // 2] = ((_why_empty(curves, view, empty).center(width)[:width], "dim"),)
    figure = Figure(tuple(drawn), "", gutter + 1, room, *span, lambda cell, row: canvas.is_blank(cell, rows - 1 - row))
    ticks = x_ticks(view.axis, *span, label_count(room), view.zone)
    axis = axis_line({figure.columns.of(x): label for x, label in ticks.items()}, room)
    return figure._replace(axis=axis)


def _frame(scale: Scale | None, width: int, rows: int, least: int = 0) -> _Frame:
    """The y axis beside a plot, in `width` cells for both; no numbers where they would leave too little room.

    The numbers take `least` cells, or more where these are not enough.
    """
    labels = _y_labels(scale, rows)
    gutter = max(least, *map(cell_len, labels.values())) if labels else 0
    if width - gutter < MIN_PLOT:
        return _Frame(scale, {}, 0, width)
    return _Frame(scale, labels, gutter, width - gutter)


def _nothing(text: str, width: int, rows: int) -> Figure:
    blank = ((" " * width, ""),)
    drawn = [blank] * rows
    drawn[rows // 2] = ((fit_text(text.center(width), width), "dim"),)
    return Figure(tuple(drawn), "", 0, width, 0.0, 0.0, lambda _cell, _row: True)


def _x_range(curves: Sequence[Curve]) -> tuple[float, float] | None:
    ranges = [found for curve in curves if (found := curve.plain.x_range) is not None]
    return (float(min(low for low, _ in ranges)), float(max(high for _, high in ranges))) if ranges else None


def _why_empty(curves: Sequence[Curve], view: View, empty: str) -> str:
    if view.scaling == "log" and any(curve.plain.ys for curve in curves):
        return "no value above zero here"
    if view.window is not None and any(curve.plain.x_range for curve in curves):
        low, high = (x_label(view.axis, x, view.zone) for x in view.window)
        return f"no value from {low} to {high}"
    return "no finite value" if any(curve.plain.gap_xs for curve in curves) else empty


def _layers(curves: Sequence[Curve], view: View, seen: _Seen) -> list[_Layer]:
    """What to draw, the hindmost first: raw values, lines that are not marked, the others; the first curve in front."""
    marked = {curve.line.run for curve in curves} & view.marked
    raw: list[_Layer] = []
    faint: list[_Layer] = []
    front: list[_Layer] = []
    for curve in reversed(curves):
        number = curve.line.colour
        back = bool(marked) and curve.line.run not in marked
        layer = _Layer(number, back, seen.parts(curve.smooth))
        (faint if back else front).append(layer)
        if curve.smooth is not curve.rough and not back:
            raw.append(_Layer(number, True, seen.parts(curve.rough)))
    return [*raw, *faint, *front]


def _scale(curves: Sequence[Curve], view: View, seen: _Seen) -> Scale | None:
    """The y axis for what is in sight."""
    values: list[float] = []
    for curve in curves:
        courses = (curve.rough,) if curve.smooth is curve.rough else (curve.rough, curve.smooth)
        for one in courses:
            values += seen.ends(one)
        if view.scaling == "symlog":
            values += curve.rough.some(*seen.span, SAMPLED)
    return fit_scale(view.scaling, values)


def _draw(
    canvas: Canvas, layers: Sequence[_Layer], scale: Scale | None, *, several: bool
) -> dict[int, tuple[float, int]]:
    """Draw the lines; returns number of a line -> its last value in sight, and the row of that from the bottom."""
    ends: dict[int, tuple[float, int]] = {}
    if scale is None:
        return ends
    place = partial(scale.rows, count=canvas.rows)
    raw_lines = {layer.number for layer in layers if not layer.raw}
    for layer in layers:
        number = layer.number
        line: Trace = trace(layer.parts, place, canvas.columns, canvas.rows)
        behind = layer.raw and number in raw_lines
        sign = RAW_SIGN if behind else letter(number) if several else "*"
        canvas.draw(line, _owner(number, raw=layer.raw), dash=0xFF if layer.raw else dash(number), sign=sign)
        seen = layer.parts.seen(canvas.columns)
        if seen.stop > seen.start and not behind:
            end = layer.parts.last(seen.stop - 1)
            ends[number] = end, place([end])[0] * canvas.height // canvas.rows
    return ends


def _owner(number: int, *, raw: bool) -> int:
    return 1 + 2 * (number % SERIES_TONES) + raw


def _mark_gaps(canvas: Canvas, curve: Curve, span: tuple[float, float]) -> None:
    """Say where values are missing: NaN and what lies below the scale at the bottom, infinity at the top."""
    signs = glyphs()
    for cell, what in gap_cells(curve.rough, *span, canvas.width).items():
        row = canvas.height - 1 if what > 0 else 0
        sign = signs.gap if math.isnan(what) else signs.ascending if what > 0 else signs.descending
        canvas.mark(cell, row, sign, _owner(curve.line.colour, raw=False))


def _y_labels(scale: Scale | None, rows: int) -> dict[int, str]:
    """Row of the plot, from the bottom -> number on the y axis."""
    if scale is None:
        return {}
    texts = scale.ticks(max(1, rows // ROWS_PER_TICK))
    labels: dict[int, str] = {}
    for row, text in zip(scale.rows(texts, rows), texts.values(), strict=True):
        labels.setdefault(min(rows - 1, row), text)
    return labels


def _letters(ends: dict[int, tuple[float, int]], rows: int) -> dict[int, Span]:
    """Row of the plot, from the bottom -> the letter of a line that ends there, or below or above it in their order.

    Where there are more lines than rows, the first ones have letters.
    """
    order = sorted(sorted(ends)[:rows], key=lambda number: (-ends[number][0], number))
    places: list[int] = []
    for number in order:
        wanted = ends[number][1]
        places.append(min(wanted, places[-1] - 1) if places else min(wanted, rows - 1))
    free = len(places)
    return {
        max(place, free - 1 - at): (letter(number), series_tone(number))
        for at, (place, number) in enumerate(zip(places, order, strict=True))
    }


def _rows(
    canvas: Canvas, labels: dict[int, str], gutter: int, letters: dict[int, Span] | None
) -> list[tuple[Span, ...]]:
    drawn: list[tuple[Span, ...]] = []
    for row in range(canvas.height - 1, -1, -1):
        label = fit_text(labels.get(row, ""), gutter, "right") if gutter else ""
        plot = [(text, OWNER_TONES[owner]) for text, owner in canvas.row(row)]
        end = [letters.get(row, (" ", ""))] if letters is not None else []
        drawn.append(((label + glyphs().bar, "dim"), *plot, *end))
    return drawn
