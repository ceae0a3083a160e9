"""A grid of charts, one per metric, with a cursor, a reading line across all of them, zoom and pan."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from widgets.axes import NAMES, x_label
from widgets.chartmoves import ChartMoves
from widgets.curves import Line, Metric

DOUBLE = 2
"""Clicks of a double click."""

__all__ = ["ChartGrid", "Line", "Metric"]


class ChartGrid(ChartMoves):
    """Charts in rows and columns; `z` shows one of them alone, with a table of its numbers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "read(-1)", "Reading line left", show=False, id="chart.left"),
        Binding("right", "read(1)", "Reading line right", show=False, id="chart.right"),
        Binding("shift+left,less_than_sign", "pan(-1)", "Earlier", show=False, id="chart.pan_left"),
        Binding("shift+right,greater_than_sign", "pan(1)", "Later", show=False, id="chart.pan_right"),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in", show=False, id="chart.zoom_in"),
        Binding("minus", "zoom(1)", "Zoom out", show=False, id="chart.zoom_out"),
        Binding("0", "reset", "All", show=False, id="chart.reset"),
        Binding("Y", "y_scale", "Y scale", show=False, id="chart.y_scale"),
        Binding("X", "x_axis", "X axis", show=False, id="chart.x_axis"),
        Binding("S", "smooth", "Smoothing", show=False, id="chart.smooth"),
        Binding("z", "maximise", "One chart", show=False, id="chart.maximise"),
        Binding("j,down", "rows(1)", "Down", show=False, id="chart.down"),
        Binding("k,up", "rows(-1)", "Up", show=False, id="chart.up"),
        Binding("l", "charts(1)", "Next chart", show=False, id="chart.next"),
        Binding("h", "charts(-1)", "Previous chart", show=False, id="chart.previous"),
        Binding("pagedown,ctrl+d", "pages(1)", "Next charts", show=False, id="chart.page_down"),
        Binding("pageup,ctrl+u", "pages(-1)", "Previous charts", show=False, id="chart.page_up"),
        Binding("g,home", "first", "First chart", show=False, id="chart.home"),
        Binding("G,end", "last", "Last chart", show=False, id="chart.end"),
    ]

    def __init__(self, *, zone: tzinfo | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(zone=zone, id=id, classes=classes)
        self._pattern: re.Pattern[str] | None = None
        self._told: tuple[str, tuple[str, ...]] = ("", ())
        self.forget_lines()

    # What is shown

    @property
    def current(self) -> str:
        """Key of the chart under the cursor; "" without one."""
        metric = self.current_metric
        return metric.key if metric is not None else ""

    @property
    def shown_keys(self) -> list[str]:
        """Keys of the charts in sight."""
        return [metric.key for metric, _ in self.in_sight()]

    @property
    def near_keys(self) -> list[str]:
        """Keys of the charts that one key brings into sight: a page before and a page behind."""
        tiling = self.layout_now.tiling
        first = self.cursor if self.maximised else self.top * tiling.columns
        last = first + tiling.page
        near = [*self.shown[last : last + tiling.page], *self.shown[max(0, first - tiling.page) : first]]
        return [metric.key for metric in near]

    def set_filter(self, regex: str) -> str:
        """Show only metrics whose keys match `regex` somewhere; returns what is wrong with it, "" when nothing is.

        Capitals in it make it exact.
        """
        try:
            self._pattern = re.compile(regex, 0 if regex != regex.lower() else re.IGNORECASE) if regex else None
        except re.error as error:
            return f"{error.msg} at {error.pos}" if error.pos is not None else error.msg
        self.choose_shown()
        self.redraw()
        self._tell()
        return ""

    @property
    def filter_regex(self) -> str:
        """The filter as a regular expression of its own, for other readers; "" for none."""
        if self._pattern is None:
            return ""
        return f"(?i:{self._pattern.pattern})" if self._pattern.flags & re.IGNORECASE else self._pattern.pattern

    def is_wanted(self, key: str) -> bool:
        """Whether the filter lets a metric through."""
        return self._pattern is None or self._pattern.search(key) is not None

    def set_marked(self, runs: Collection[str]) -> None:
        """Let the lines of these runs stand out; none of them puts all lines on a level."""
        if frozenset(runs) != self.marked:
            self.marked = frozenset(runs)
            self.redraw()

    def choose_shown(self) -> None:
        """Choose which metrics are shown, and tell."""
        super().choose_shown()
        self._tell()

    def on_resize(self) -> None:
        """Share the new size; other charts can be in sight."""
        super().on_resize()
        self._tell()

    def _tell(self) -> None:
        now = self.current, tuple(self.shown_keys)
        if now != self._told and self.is_attached:
            self._told = now
            self.post_message(self.Moved(self, self.current))

    def state_text(self) -> str:
        """How the charts are shown: axes, smoothing, which of them are in sight."""
        metric = self.current_metric
        words = [NAMES[self.axis]]
        if self.scaling != "linear":
            words.append(self.scaling)
        if self.smoothing:
            words.append(f"smoothed {self.smoothing:g}")
        if metric is not None and metric.sampled:
            words.append("sampled")
        if self.zoom is not None:
            axis, low, high = self.zoom
            words.append(f"{x_label(axis, low, self.zone)} to {x_label(axis, high, self.zone)}")
        seen = self.in_sight()
        if len(seen) < len(self.shown):
            first = self.shown.index(seen[0][0]) + 1 if seen else 0
            last = first + len(seen) - 1
            words.append(f"{first}-{last} of {len(self.shown)}" if last > first else f"{first} of {len(self.shown)}")
        elif self.shown:
            words.append(f"{len(self.shown)} chart{'s' * (len(self.shown) != 1)}")
        return "  ".join(words)

    # The cursor

    def move_to(self, place: int) -> None:
        """Put the cursor on a chart, by its place among those shown, and bring it into sight."""
        before, top = self.cursor, self.top
        self.cursor = max(0, min(len(self.shown) - 1, place))
        self.reveal()
        if self.top != top or (self.maximised and self.cursor != before):
            self.redraw()
        elif self.cursor != before:
            self.redraw_titles([before, self.cursor])
            self.redraw_charts(())
        self._tell()

    def go_to(self, key: str) -> bool:
        """Put the cursor on the chart of a metric; False when that is not shown."""
        places = [at for at, metric in enumerate(self.shown) if metric.key == key]
        if places:
            self.move_to(places[0])
        return bool(places)

    def action_charts(self, count: int) -> None:
        """`count` charts further."""
        self.move_to(self.cursor + count)

    def action_rows(self, count: int) -> None:
        """`count` rows of charts further; in the last row, that far nothing is."""
        place = self.cursor + count * self.layout_now.tiling.columns
        last_row = (len(self.shown) - 1) // self.layout_now.tiling.columns
        if place >= 0 and place // self.layout_now.tiling.columns <= last_row:
            self.move_to(place)

    def action_pages(self, count: int) -> None:
        """`count` pages of charts further."""
        tiling = self.layout_now.tiling
        if not self.maximised:
            rows = -(-len(self.shown) // tiling.columns)
            self.top = max(0, min(self.top + count * tiling.rows, rows - tiling.rows))
            self.redraw()
        self.move_to(self.cursor + count * tiling.page)

    def action_first(self) -> None:
        """To the first chart."""
        self.move_to(0)

    def action_last(self) -> None:
        """To the last chart."""
        self.move_to(len(self.shown) - 1)

    def action_maximise(self) -> None:
        """One chart, or all."""
        if self.shown:
            self.maximised = not self.maximised
            self.reveal()
            self.redraw()
            self._tell()

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Put cursor and reading line where one clicks; a double click shows the chart alone, or all of them."""
        for metric, box in self.in_sight():
            if box.x <= event.x < box.x + box.width and box.y <= event.y - self.HEAD < box.y + box.height:
                self.move_to(self.shown.index(metric))
                self.read_at_cell(metric, event.x - box.x)
                if event.chain == DOUBLE:
                    self.action_maximise()
                return

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """One row of charts down."""
        event.stop()
        self.action_rows(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """One row of charts up."""
        event.stop()
        self.action_rows(-1)
