"""What a grid of charts shows: metrics, a cursor, a reading line, a part of the x axis; and where each chart is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import tzinfo
from typing import NamedTuple

from widgets.cells import Cell
from widgets.courses import Courses, clock, same
from widgets.curves import SYSTEM, Axis, Clock, Line, Metric
from widgets.paint import Painter
from widgets.plot import View
from widgets.scale import Scaling
from widgets.tiling import GUTTER, Box, Tiling, tile

TABLE_BESIDE = 120
"""Width from which on the table of a single chart stands beside it; below that it stands under it."""

TABLE_WIDTH = 62
"""Cells of the table where it stands beside the chart."""

TABLE_SHARE = 3
"""The part of the height that the table takes below the chart, at most: one of so many."""


class Layout(NamedTuple):
    """Places of the charts in sight, and of the table of a single chart, below the head."""

    tiling: Tiling
    table: Box | None = None


class ChartScene(Painter, can_focus=True):
    """Charts of metrics in rows and columns."""

    HEAD = 1
    """Lines above the charts."""

    def __init__(self, *, zone: tzinfo | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.metrics: tuple[Metric, ...] = ()
        self.shown: list[Metric] = []
        self.runs: list[Line] = []
        """A line of each run, in the order of their numbers."""
        self.empty_text: tuple[Cell, ...] = ()
        self.axis: Axis = "step"
        self.scaling: Scaling = "linear"
        self.smoothing = 0.0
        self.zoom: tuple[Axis, float, float] | None = None
        self.reading: tuple[Axis, float] | None = None
        self.marked: frozenset[str] = frozenset()
        self.maximised = False
        self.cursor = 0
        self.top = 0
        """The first row of charts in sight."""
        self.zone = zone
        self.courses = Courses()
        self._layout: tuple[tuple[int, int, int, int], Layout] | None = None
        self._clock: Clock | None = None

    # Where the charts are

    @property
    def layout_now(self) -> Layout:
        """Where everything is at the present size."""
        lines = len(self.shown[self.cursor].lines) if self.maximised and self.shown else -1
        key = (*self.size, len(self.shown), lines)
        if self._layout is None or self._layout[0] != key:
            self._layout = key, self._lay_out(*self.size, lines)
        return self._layout[1]

    def _lay_out(self, width: int, height: int, lines: int) -> Layout:
        """Places in a widget of this size; `lines` of the single chart, -1 where all charts are shown."""
        height = max(1, height - self.HEAD)
        if lines < 0:
            return Layout(tile(len(self.shown), width, height))
        if width >= TABLE_BESIDE:
            chart = Box(0, 0, width - TABLE_WIDTH - GUTTER, height)
            table = Box(width - TABLE_WIDTH, 0, TABLE_WIDTH, height)
        else:
            below = min(height // TABLE_SHARE, lines + 1)
            chart, table = Box(0, 0, width, height - below), Box(0, height - below, width, below)
        return Layout(Tiling(1, 1, (chart,)), table)

    def in_sight(self) -> list[tuple[Metric, Box]]:
        """Charts in sight with their places, below the head."""
        tiling = self.layout_now.tiling
        first = self.cursor if self.maximised else self.top * tiling.columns
        return list(zip(self.shown[first : first + tiling.page], tiling.boxes, strict=False))

    def reveal(self) -> None:
        """Bring the chart under the cursor into sight."""
        if self.maximised:
            return
        tiling = self.layout_now.tiling
        row, rows = self.cursor // tiling.columns, -(-len(self.shown) // tiling.columns)
        self.top = max(0, min(max(row - tiling.rows + 1, min(self.top, row)), rows - tiling.rows))

    # How they are drawn

    def axis_of(self, key: str) -> Axis:
        """The x axis of a chart: steps of system metrics mean nothing, so these stand over time."""
        return "since" if self.axis == "step" and key.startswith(SYSTEM) else self.axis

    def view_of(self, metric: Metric) -> View:
        """How a chart is drawn."""
        axis = self.axis_of(metric.key)
        window = None
        if self.zoom is not None:
            source, low, high = self.zoom
            first, last = self.convert(low, source, axis), self.convert(high, source, axis)
            window = (first, last) if first is not None and last is not None else None
        return View(axis, self.scaling, self.smoothing, window, self.marked, self.zone)

    def convert(self, x: float, source: Axis, target: Axis) -> float | None:
        """A place on one axis on another one; None where no line tells."""
        if source == target:
            return x
        if self._clock is None:
            self._clock = clock(self.metrics)
        return None if self._clock is None else self._clock.convert(x, source, target)

    def reading_on(self, axis: Axis) -> float | None:
        """Where the reading line is on an axis."""
        return self.place_on(self.reading, axis)

    def place_on(self, place: tuple[Axis, float] | None, axis: Axis) -> float | None:
        """Where a place on some axis, if there is one, is on `axis`."""
        return None if place is None else self.convert(place[1], place[0], axis)

    # What is shown

    def show(self, metrics: Sequence[Metric]) -> None:
        """Show these metrics; charts whose lines are the very same objects as before stay as they are drawn."""
        before = {metric.key: metric for metric in self.metrics}
        kept = []
        for metric in metrics:
            old = before.get(metric.key)
            kept.append(old if old is not None and same(old, metric) else metric)
        changed = {metric.key for metric in kept if before.get(metric.key) is not metric}
        moved = [metric.key for metric in kept] != list(before)
        if not moved and not changed:
            return
        self.metrics = tuple(kept)
        self.courses.keep(self.metrics)
        self._clock = None
        found = {line.run: line for metric in reversed(self.metrics) for line in metric.lines}
        self.runs = sorted(found.values(), key=lambda line: line.colour)
        self.choose_shown()
        if moved:
            self.redraw()
        else:
            self.redraw_charts(changed)

    def choose_shown(self) -> None:
        """Choose which metrics are shown; the cursor stays on its chart."""
        key = self.shown[self.cursor].key if self.shown else ""
        self.shown = [metric for metric in self.metrics if self.is_wanted(metric.key)]
        places = [at for at, metric in enumerate(self.shown) if metric.key == key]
        self.cursor = places[0] if places else min(self.cursor, max(0, len(self.shown) - 1))
        self.reveal()

    def is_wanted(self, key: str) -> bool:  # noqa: ARG002 - a filter asks
        """Whether a metric is shown."""
        return True

    def set_empty(self, lines: Sequence[Cell]) -> None:
        """Show `lines` in the middle where there are no charts."""
        if tuple(lines) != self.empty_text:
            self.empty_text = tuple(lines)
            if not self.shown:
                self.redraw()

    def state_text(self) -> str:
        """How the charts are shown, in a few words."""
        return ""

    # What is drawn again

    def redraw(self) -> None:
        """Draw everything that looks different now."""
        raise NotImplementedError

    def redraw_charts(self, keys: Collection[str]) -> None:
        """Draw the head and some charts again, as far as these are in sight."""
        raise NotImplementedError
