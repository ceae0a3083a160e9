"""A chart of metrics: lines over a common axis, with numbers that can be read off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual.strip import Strip

from widgets.braille import Canvas, Point, Window, window
from widgets.cells import Span, crop_spans, fit_text, spans_width, truncate
from widgets.glyphs import ASCII, glyphs
from widgets.paint import TONE_CLASSES, Painter
from widgets.scale import nice_step, short, tick_label, ticks

SERIES_TONES = 6
"""Tones in which lines are drawn, `series-1` and so on; more lines share them."""

ROWS_PER_TICK = 3
"""Rows of the plot for one number on the y axis, at least."""

CELLS_PER_TICK = 10
"""Cells of the plot for one number on the x axis, at least."""

MIN_PLOT = 4
"""Cells that the plot must keep; below that the numbers of the axis are left out."""

DECADE = 10.0

AXIS_DIGITS = 3
"""Digits of the least and the greatest value where no round numbers lie between them."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name and its points (x, y) in the order of x; a y of NaN or infinity is a gap."""

    name: str
    points: tuple[Point, ...]


class Drawn(NamedTuple):
    """A chart in rows of (text, tone); tones are `series-1`… for lines, `dim` for axes."""

    rows: tuple[tuple[Span, ...], ...]


def series_tone(number: int) -> str:
    """Tone of the line `number` (0-based); stable, whatever else is drawn."""
    return f"series-{number % SERIES_TONES + 1}"


def draw_chart(title: str, series: Sequence[Series], width: int, height: int, *, log_y: bool = False) -> Drawn:
    """A chart in `height` rows of exactly `width` cells: title, plot with y axis, x axis.

    Where there is nothing to draw it says so. From about 20 x 6 cells on.
    """
    view = window([one.points for one in series], log_y=log_y)
    head = _head(title, series, width)
    if view is None or width <= MIN_PLOT or height <= 2:  # noqa: PLR2004 - title and axis
        missing = "no value above zero yet" if log_y and any(one.points for one in series) else "no values yet"
        middle = [(fit_text(missing.center(width), width), "dim")] if height > 1 else []
        blank = ((" " * width, ""),)
        above = max(0, (height - 2) // 2)
        rows = [head, *[blank] * above, tuple(middle), *[blank] * height][:height]
        return Drawn(tuple(rows))
    return Drawn((head, *_body(series, view, width, height - 1)))


def _body(series: Sequence[Series], view: Window, width: int, height: int) -> list[tuple[Span, ...]]:
    rows = height - 1
    labels = _y_labels(view, rows)
    gutter = max(cell_len(label) for label in labels.values()) if labels else 0
    if width - gutter - 1 < MIN_PLOT:
        gutter = 0
    canvas = Canvas(width - gutter - 1, rows, ascii=glyphs() is ASCII)
    for number, one in enumerate(series):
        canvas.draw(one.points, view, number, glyphs().gap)
    drawn: list[tuple[Span, ...]] = []
    for row in range(rows):
        label = fit_text(labels.get(row, ""), gutter, "right") if gutter else ""
        plot = [(text, series_tone(owner) if owner >= 0 else "") for text, owner in canvas.row(row)]
        drawn.append(((label + glyphs().bar, "dim"), *plot))
    drawn.append(((" " * (gutter + 1) + _x_axis(view, canvas.width), "dim"),))
    return drawn


def _head(title: str, series: Sequence[Series], width: int) -> tuple[Span, ...]:
    """Title, and of the first series the last, least and greatest value; of several the names in their tones."""
    spans: list[Span] = [(truncate(title, width), "bold")]
    if len(series) == 1:
        values = [y for _, y in series[0].points if math.isfinite(y)]
        if values:
            spans.append((f"  {short(values[-1])}", "series-1"))
            spans.append((f"  min {short(min(values))}  max {short(max(values))}", "dim"))
    else:
        for number, one in enumerate(series):
            spans.append((f"  {one.name}", series_tone(number)))
    shown = crop_spans(spans, width)
    return (*shown, (" " * (width - spans_width(shown)), ""))


def _y_labels(view: Window, rows: int) -> dict[int, str]:
    """Row of the plot -> number on the y axis; the least and the greatest tick always have one."""
    count = max(1, rows // ROWS_PER_TICK)
    if view.log_y:
        low, high = math.floor(math.log10(view.y_low)), math.ceil(math.log10(view.y_high))
        values = [DECADE**power for power in range(low, high + 1)]
        inside = [value for value in values if view.y_low <= value <= view.y_high]
        texts = {value: short(value) for value in inside[:: max(1, math.ceil(len(inside) / (count + 1)))]}
    else:
        values = ticks(view.y_low, view.y_high, count)
        step = nice_step(view.y_high - view.y_low, count)
        texts = {value: tick_label(value, step) for value in values}
    if len(texts) < 2:  # noqa: PLR2004 - one number does not say how far the axis reaches
        texts = {value: short(value, AXIS_DIGITS) for value in (view.y_low, view.y_high)}
    labels: dict[int, str] = {}
    for value, text in texts.items():
        place = view.place(view.x_low, value)
        if place is not None:
            labels.setdefault(round((1 - place[1]) * (rows - 1)), text)
    return labels


def _x_axis(view: Window, width: int) -> str:
    """Numbers under the plot, each one beginning (the last ones: ending) where its value lies."""
    count = max(1, width // CELLS_PER_TICK)
    step = nice_step(view.x_high - view.x_low, count)
    text = [" "] * width
    free = 0
    for value in ticks(view.x_low, view.x_high, count):
        place = view.place(value, view.y_low)
        label = tick_label(value, step)
        start = 0 if place is None else min(round(place[0] * (width - 1)), width - len(label))
        if start >= free and start + len(label) <= width:
            text[start : start + len(label)] = label
            free = start + len(label) + 1
    return "".join(text)


def spark(values: Sequence[float], width: int) -> str:
    """The course of `values` in `width` cells at most: the mean of each part between the least and the greatest.

    A part without a finite value is a space.
    """
    if not values or width <= 0:
        return ""
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    ramp = glyphs().ramp
    cells = min(width, len(values))
    signs = []
    for cell in range(cells):
        part = values[len(values) * cell // cells : len(values) * (cell + 1) // cells]
        known = [value for value in part if math.isfinite(value)]
        if not known:
            signs.append(" ")
            continue
        level = 0.0 if high <= low else (sum(known) / len(known) - low) / (high - low)
        signs.append(ramp[min(len(ramp) - 1, int(level * len(ramp)))])
    return "".join(signs)


class Chart(Painter):
    """Lines of a metric; drawn again only when what it shows has changed."""

    DEFAULT_CSS = "Chart { height: 1fr; width: 1fr; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *TONE_CLASSES,
        *(f"tone--series-{number}" for number in range(1, SERIES_TONES + 1)),
    }

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.title = ""
        self.series: tuple[Series, ...] = ()
        self.log_y = False
        self._strips: list[Strip] = []

    def show(self, title: str, series: Sequence[Series], *, log_y: bool = False) -> None:
        """Show `series` under `title`."""
        new = title, tuple(series), log_y
        if new != (self.title, self.series, self.log_y):
            self.title, self.series, self.log_y = new
            self.forget_lines()
            self.refresh()

    def forget_lines(self) -> None:
        """Drop the drawn rows."""
        self._strips = []

    def on_resize(self) -> None:
        """Draw in the new size."""
        self.forget_lines()

    def line(self, y: int) -> Strip:
        """Row `y` of the chart."""
        if not self._strips:
            width, height = self.size
            drawn = draw_chart(self.title, self.series, width, height, log_y=self.log_y)
            self._strips = [self.strip(self.toned(row), width) for row in drawn.rows]
        return self._strips[y] if y < len(self._strips) else self.strip((), self.size.width)
