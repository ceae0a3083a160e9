"""Along the x axis: the reading line, zoom and pan, on all charts at once; and the ways to draw them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from textual.message import Message

from widgets.axes import NAMES, x_label
from widgets.chartlegend import Place, value_of
from widgets.chartpaint import ChartPaint
from widgets.curves import AXES, Axis, Clock, Metric
from widgets.plot import Curve
from widgets.scale import SCALINGS

T = TypeVar("T")

SMOOTHINGS = (0.0, 0.6, 0.9, 0.97, 0.99)
"""Weights of the moving average, in the order in which the key goes through them. The second is TensorBoard's own."""

ZOOM = 2.0
"""How much longer or shorter the part of the x axis becomes with one key."""

LEAST_SPAN: dict[Axis, float] = {"step": 2.0, "time": 1.0, "since": 1.0}
"""The shortest part of each axis that is shown: steps, seconds."""

PAN = 0.25
"""The part of what is in sight by which one moves."""


class ChartMoves(ChartPaint):
    """What keys do along the x axis, and to the way in which all charts are drawn."""

    @dataclass(eq=False, repr=False)
    class Sent(Message, bubble=False):
        """A message of a grid."""

        grid: ChartMoves

        @property
        def control(self) -> ChartMoves:
            """The grid that sent it."""
            return self.grid

    @dataclass(eq=False, repr=False)
    class Moved(Sent, bubble=True, namespace="chart_grid"):
        """The cursor stands on another chart, `key`, or something else came into sight."""

        key: str

        def can_replace(self, message: Message) -> bool:
            """The newest from one grid suffices."""
            return isinstance(message, type(self)) and message.grid is self.grid

    @dataclass(eq=False, repr=False)
    class ZoomChanged(Sent, bubble=True, namespace="chart_grid"):
        """Another part of the x axis is shown: steps `first` to `last` of the chart `key`; all of it for None."""

        key: str
        first: int | None
        last: int | None

    @dataclass(eq=False, repr=False)
    class Said(Sent, bubble=True, namespace="chart_grid"):
        """What a key did, or why it did nothing, in a short sentence."""

        text: str
        tone: str

    @property
    def current_metric(self) -> Metric | None:
        """The metric under the cursor."""
        return self.shown[self.cursor] if self.shown else None

    def say(self, text: str, tone: str = "dim") -> None:
        """Tell what a key did."""
        self.post_message(self.Said(self, text, tone))

    def curves(self, metric: Metric) -> list[Curve]:
        """The lines of a metric as they are drawn."""
        return self.courses.curves(metric, self.axis_of(metric.key), self.scaling, self.smoothing)

    def whole(self, metric: Metric) -> tuple[float, float] | None:
        """First and last x of a chart; None without a point."""
        ends = [ends for curve in self.curves(metric) if (ends := curve.plain.x_range) is not None]
        return (float(min(low for low, _ in ends)), float(max(high for _, high in ends))) if ends else None

    def span(self, metric: Metric) -> tuple[float, float] | None:
        """First and last x in sight on a chart; None without a point."""
        return self.view_of(metric).window or self.whole(metric)

    def dot(self, metric: Metric) -> float:
        """How much x grows from one dot of a chart to the next."""
        tile = self._tiles.get(metric.key)
        return tile.figure.step if tile is not None else 0.0

    # The reading line

    def action_read(self, way: int) -> None:
        """Move the reading line by a dot, and by a point at least; the first time it comes where the lines end."""
        metric = self.current_metric
        span = self.span(metric) if metric is not None else None
        if metric is None or span is None:
            self.say("there is nothing to read here yet", "warning")
            return
        x = self.reading_on(self.axis_of(metric.key))
        if x is None or not span[0] <= x <= span[1]:
            self.read_at(metric, span[1])
            return
        there = self._neighbour(metric, x, way)
        if there is not None:
            self.read_at(metric, there)
            self._follow(metric, there)

    def _neighbour(self, metric: Metric, x: float, way: int) -> float | None:
        """The next x with a value or a gap, a dot away or more."""
        dot = self.dot(metric)
        found = []
        for curve in self.curves(metric):
            for xs in (curve.plain.xs, curve.plain.gap_xs):
                at = bisect_right(xs, x) if way > 0 else bisect_left(xs, x) - 1
                far = bisect_left(xs, x + dot) if way > 0 else bisect_right(xs, x - dot) - 1
                at = max(at, far) if way > 0 else min(at, far)
                if 0 <= at < len(xs):
                    found.append(xs[at])
        return (min(found) if way > 0 else max(found)) if found else None

    def read_at(self, metric: Metric, x: float) -> None:
        """Put the reading line at the point of a chart that is nearest to `x`."""
        points = [
            xs[at]
            for curve in self.curves(metric)
            for xs in (curve.plain.xs, curve.plain.gap_xs)
            for at in (bisect_left(xs, x) - 1, bisect_left(xs, x))
            if 0 <= at < len(xs)
        ]
        before = self.reading
        self.reading = self.axis_of(metric.key), float(min(points, key=lambda one: abs(one - x), default=x))
        if self.reading != before:
            self.redraw_reading(before)

    def read_at_cell(self, metric: Metric, cell: int) -> None:
        """Put the reading line where a cell of a chart is, if that belongs to the plot."""
        tile = self._tiles.get(metric.key)
        if (
            tile is not None
            and 0 <= cell - tile.figure.left < tile.figure.width
            and math.isfinite(tile.figure.columns.width)
        ):
            self.read_at(metric, tile.figure.low + (cell - tile.figure.left) * tile.figure.columns.width)

    def _follow(self, metric: Metric, x: float) -> None:
        """Bring the reading line into sight where it has left it."""
        span = self.span(metric)
        if self.zoom is not None and span is not None and not span[0] <= x <= span[1]:
            half = (span[1] - span[0]) / 2
            self._show_part(metric, x - half, x + half)

    def reading_text(self) -> str:
        """The values of the current chart at the reading line, else the last ones, to be copied.

        Of one run the number alone; of several a line for each, its name, a tab and the number.
        """
        metric = self.current_metric
        if metric is None:
            return ""
        x = self.reading_on(self.axis_of(metric.key))
        place = None if x is None else Place(x, self.dot(metric))
        values = [(curve.line.name, value_of(curve, place)) for curve in self.curves(metric)]
        known = [(name, repr(value)) for name, value in values if value is not None]
        return known[0][1] if len(values) == len(known) == 1 else "\n".join("\t".join(one) for one in known)

    def reading_name(self) -> str:
        """What `reading_text` tells, for people: `val_auc at step 31`."""
        metric = self.current_metric
        if metric is None:
            return ""
        axis = self.axis_of(metric.key)
        x = self.reading_on(axis)
        if x is None:
            return f"the last value of {metric.key}"
        return f"{metric.key} at {'step ' if axis == 'step' else ''}{x_label(axis, x, self.zone)}"

    # Zoom and pan

    def action_zoom(self, way: int) -> None:
        """Show half as much of the x axis around the reading line, or twice as much."""
        metric = self.current_metric
        span, whole = (self.span(metric), self.whole(metric)) if metric is not None else (None, None)
        if metric is None or span is None or whole is None:
            self.say("there is nothing to zoom into yet", "warning")
            return
        size, least = span[1] - span[0], LEAST_SPAN[self.axis_of(metric.key)]
        wanted = size * ZOOM if way > 0 else max(least, size / ZOOM)
        if way < 0 and wanted >= size:
            self.say("this is as near as it gets", "warning")
        elif way > 0 and self.zoom is None:
            self.say("this is all of it", "warning")
        elif wanted >= whole[1] - whole[0]:
            self.action_reset()
        else:
            x = self.reading_on(self.axis_of(metric.key))
            centre = x if x is not None and span[0] <= x <= span[1] else (span[0] + span[1]) / 2
            low = centre - (centre - span[0]) / size * wanted
            self._show_part(metric, low, low + wanted)

    def action_pan(self, way: int) -> None:
        """Show an earlier or a later part of the x axis."""
        metric = self.current_metric
        span = self.span(metric) if metric is not None else None
        if metric is None or span is None or self.zoom is None:
            self.say("everything is in sight; + zooms in", "warning")
            return
        move = (span[1] - span[0]) * PAN * way
        self._show_part(metric, span[0] + move, span[1] + move)

    def _show_part(self, metric: Metric, low: float, high: float) -> None:
        """Show x `low` to `high` of a chart's axis, moved to where there are values, on all charts."""
        whole = self.whole(metric)
        if whole is None:
            return
        move = max(0.0, whole[0] - low) - max(0.0, high - whole[1])
        new = self.axis_of(metric.key), low + move, high + move
        if new != self.zoom:
            self.zoom = new
            self._zoomed()

    def action_reset(self) -> None:
        """Show all of the x axis."""
        if self.zoom is not None:
            self.zoom = None
            self._zoomed()

    def _zoomed(self) -> None:
        self.redraw()
        metric = self.current_metric
        key = metric.key if metric is not None else ""
        first, last = self.window_of(key) or (None, None)
        self.post_message(self.ZoomChanged(self, key, first, last))
        self.post_message(self.Moved(self, key))

    def window_of(self, key: str, run: str = "") -> tuple[int, int] | None:
        """First and last step in sight of a metric, of one run, else of its first one; None for all of them."""
        metric = next((metric for metric in self.metrics if metric.key == key), None)
        if metric is None or not metric.lines or self.zoom is None:
            return None
        view = self.view_of(metric)
        if view.window is None:
            return None
        low, high = view.window
        if view.axis != "step":
            line = next((line for line in metric.lines if line.run == run), metric.lines[0])
            steps = [Clock(line).convert(x, view.axis, "step") for x in view.window]
            if steps[0] is None or steps[1] is None:
                return None
            low, high = steps[0], steps[1]
        return math.floor(low), math.ceil(high)

    # How charts are drawn

    def action_y_scale(self) -> None:
        """The next y axis."""
        self.scaling = _next(SCALINGS, self.scaling)
        self.say(f"y axis: {self.scaling}")
        self.redraw()

    def action_x_axis(self) -> None:
        """The next x axis; reading line and zoom stay where they are in the course of the run."""
        self.axis = _next(AXES, self.axis)
        self.say(f"x axis: {NAMES[self.axis]}")
        self.redraw()

    def action_smooth(self) -> None:
        """The next smoothing."""
        self.smoothing = _next(SMOOTHINGS, self.smoothing)
        self.say(f"smoothed by {self.smoothing:g}" if self.smoothing else "not smoothed")
        self.redraw()


def _next(all_of_them: Sequence[T], current: T) -> T:
    return all_of_them[(all_of_them.index(current) + 1) % len(all_of_them)]
