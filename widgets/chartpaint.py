"""How a grid of charts is drawn, and how little of it when something changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from time import monotonic
from typing import ClassVar, NamedTuple

from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip

from widgets.axes import with_label, x_label
from widgets.cells import fit_text
from widgets.chartlegend import Place, runs_row, table, title_row
from widgets.chartscene import ChartScene
from widgets.curves import Axis, Metric
from widgets.glyphs import glyphs
from widgets.paint import filtered
from widgets.plot import Curve, Figure, View, draw_figure
from widgets.series import LINE_TONES
from widgets.tiling import Box

BUDGET = 0.04
"""Seconds that drawing may take before keys get their turn; charts that are left come with the next frame."""

KEPT_TILES = 64
"""Drawn charts that are kept."""

NOT_READ = "not read yet"
"""What a chart says whose lines are not there."""

NO_VALUES = "no values yet"
"""What a chart says whose lines have no point."""


class _Token(NamedTuple):
    """What decides how a chart looks, but for the reading line and the cursor."""

    metric: Metric
    view: View
    width: int
    height: int

    def like(self, other: _Token) -> bool:
        """Whether both look the same; told without looking at points."""
        return self.metric is other.metric and self[1:] == other[1:]


class Tile(NamedTuple):
    """A drawn chart: its curves, its figure, and the strips of that."""

    token: _Token
    curves: list[Curve]
    figure: Figure
    strips: list[Strip]

    @property
    def axis(self) -> Axis:
        """Its x axis."""
        return self.token.view.axis


class ChartPaint(ChartScene):
    """Charts under a line that names the runs. Only charts in sight are drawn, and those only when they change."""

    DEFAULT_CSS = "ChartPaint { height: 1fr; width: 1fr; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"tone--{tone}" for tone in LINE_TONES),
        "chart--cursor",
        "chart--blurred",
        "chart--reading",
    }

    _tiles: dict[str, Tile]
    _lines: dict[int, Strip]
    _deadline = float("inf")
    _fresh = 0
    _waiting = False
    _before: tuple[Axis, float] | None = None
    _blanks: dict[int, Strip]
    _ground: Color | None = None

    @property
    def drawn(self) -> bool:
        """Whether everything in sight is drawn as it is now."""
        return not self._waiting

    def show(self, metrics: Sequence[Metric]) -> None:
        """Show these metrics; drawings of those whose lines are gone are let go of, with the points behind them."""
        super().show(metrics)
        gone = {metric.key for metric in self.metrics if not metric.lines}
        self._tiles = {key: tile for key, tile in self._tiles.items() if key not in gone}

    # What is drawn again

    def redraw(self) -> None:
        """Draw everything that looks different now."""
        self._lines.clear()
        self.refresh()

    def redraw_charts(self, keys: Collection[str]) -> None:
        """Draw the head and some charts again, as far as these are in sight."""
        if self.maximised:
            self.redraw()
            return
        changed = [self._region(box) for metric, box in self.in_sight() if metric.key in keys]
        self.redraw_regions([Region(0, 0, self.size.width, self.HEAD), *changed])

    def redraw_titles(self, places: Iterable[int]) -> None:
        """Draw the titles of charts again, by their places among those shown."""
        titles = {self.shown[place].key for place in places if place < len(self.shown)}
        boxes = [box for metric, box in self.in_sight() if metric.key in titles]
        self.redraw_regions([self._region(box._replace(height=1)) for box in boxes])

    def redraw_reading(self, before: tuple[Axis, float] | None) -> None:
        """Draw again what differs since the reading line was at `before`: titles, its columns, labels of the axes."""
        self._before = before
        table_box = self.layout_now.table
        regions = [] if table_box is None else [table_box]
        for metric, box in self.in_sight():
            tile = self._tiles.get(metric.key)
            if tile is not None:
                below = box.y + box.height - 1
                regions += [box._replace(height=1), box._replace(y=below, height=1), *self._columns(tile, box)]
        self.redraw_regions([self._region(part) for part in regions])

    def _columns(self, tile: Tile, box: Box) -> Iterator[Box]:
        """Pieces of the columns in which the reading line stood and stands, as far as they look different now."""
        cells = self._reading_cell(tile, self._before), self._reading_cell(tile, self.reading)
        for cell in cells if cells[0] != cells[1] else ():
            rows = [row for row in range(len(tile.strips)) if cell >= 0 and self._is_blank(tile, cell, row)]
            for _, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0]):
                first, *rest = (row for _, row in run)
                yield Box(box.x + cell, box.y + 1 + first, 1, 1 + len(rest))

    @staticmethod
    def _is_blank(tile: Tile, cell: int, row: int) -> bool:
        """Whether the reading line is seen in a cell of a chart, if it stands there."""
        return tile.figure.blank(cell - tile.figure.left, row)

    def redraw_regions(self, regions: Collection[Region]) -> None:
        """Draw parts of the widget again."""
        for region in regions:
            for y in region.line_range:
                self._lines.pop(y, None)
        if regions:
            self.refresh(*regions)

    def _region(self, box: Box) -> Region:
        return Region(box.x, box.y + self.HEAD, box.width, box.height)

    def on_resize(self) -> None:
        """Share the new size."""
        self.reveal()
        self.redraw()

    def watch_has_focus(self, value: bool) -> None:
        """Show whether keys come here."""
        super().watch_has_focus(value)
        self.redraw_titles([self.cursor])

    def forget_lines(self) -> None:
        """Drop everything drawn."""
        self._lines, self._tiles, self._blanks, self._ground = {}, {}, {}, None

    # Drawing

    def through_filters(self, strip: Strip) -> Strip:
        """`strip` as the application's line filters want it; the ground under it is looked up once."""
        if self._ground is None:
            self._ground = self.background_colors[1]
        return filtered(self, strip, self._ground)

    def _blank(self, width: int) -> Strip:
        found = self._blanks.get(width)
        if found is None:
            found = self._blanks[width] = self.strip((), width)
        return found

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`; charts that would take too long are drawn a little later."""
        self._deadline = monotonic() + BUDGET
        self._fresh, self._waiting = 0, False
        drawn = super().render_lines(crop)
        self._deadline = float("inf")
        if self._waiting:
            self.call_after_refresh(self.redraw)
        return drawn

    def line(self, y: int) -> Strip:
        """Line `y`: the runs, or a line of the charts that it crosses."""
        found = self._lines.get(y)
        if found is None:
            found = self._head() if y < self.HEAD else self._body(y - self.HEAD)
            if not self._waiting:
                self._lines[y] = found
        return found

    def _head(self) -> Strip:
        width = self.size.width
        return self.strip(self.toned(runs_row(self.runs, self.state_text(), width)), width)

    def _body(self, y: int) -> Strip:
        width = self.size.width
        if not self.shown:
            return self._empty(y, width)
        pieces: list[Strip] = []
        x = 0
        for metric, box in self.in_sight():
            if box.y <= y < box.y + box.height:
                pieces += [self._blank(box.x - x), self._tile_line(metric, box, y - box.y)]
                x = box.x + box.width
        table_box = self.layout_now.table
        if table_box is not None and table_box.y <= y < table_box.y + table_box.height:
            pieces += [self._blank(table_box.x - x), self._table_line(table_box, y - table_box.y)]
            x = table_box.x + table_box.width
        return Strip.join([*pieces, self._blank(width - x)])

    def _empty(self, y: int, width: int) -> Strip:
        lines = self.empty_text
        at = y - max(0, (self.size.height - self.HEAD - len(lines)) // 2)
        if not 0 <= at < len(lines):
            return self._blank(width)
        return self.strip([(fit_text(lines[at].text.center(width), width), self.tone(lines[at].tone))], width)

    def _tile_line(self, metric: Metric, box: Box, y: int) -> Strip:
        """Line `y` of a chart: its title, a row of the plot, or the labels of the x axis."""
        tile = self._tile(metric, box)
        if y == 0:
            return self._title(metric, tile, box.width)
        if tile is None:
            return self._blank(box.width)
        if y > len(tile.strips):
            return self._axis_line(tile, box.width)
        return self._with_reading(tile, y - 1)

    def _with_reading(self, tile: Tile, row: int) -> Strip:
        """A row of the plot with the reading line, cut where that is and was: what changes is then one cell wide."""
        strip, now = tile.strips[row], self._reading_cell(tile, self.reading)
        cells = {cell for cell in (now, self._reading_cell(tile, self._before)) if cell >= 0}
        if not cells:
            return strip
        pieces = []
        for cell, piece in _cut(strip, cells):
            if cell == now and self._is_blank(tile, cell, row):
                pieces.append(self.strip([(glyphs().bar, self.look("chart--reading"))], 1))
            else:
                pieces.append(piece)
        return Strip.join(pieces)

    def _title(self, metric: Metric, tile: Tile | None, width: int) -> Strip:
        curves = tile.curves if tile is not None else ()
        spans = title_row(metric.key, curves, self._place(tile), width, sampled=metric.sampled)
        under = []
        if self.shown[self.cursor] is metric:
            under = ["chart--cursor" if self.has_focus else "chart--blurred"]
        return self.strip(self.toned(spans, *under), width)

    def _axis_line(self, tile: Tile, width: int) -> Strip:
        figure, place, dim = tile.figure, self._place(tile), self.tone("dim")
        text = " " * figure.left + figure.axis.ljust(figure.width)
        cell = self._reading_cell(tile, self.reading)
        if place is None or cell < 0:
            return self.strip([(text, dim)], width)
        before, label, after = with_label(text, cell, x_label(tile.axis, place.x, self.zone))
        return self.strip([(before, dim), (label, self.look("chart--reading")), (after, dim)], width)

    def _place(self, tile: Tile | None) -> Place | None:
        x = None if tile is None else self.reading_on(tile.axis)
        return None if x is None or tile is None else Place(x, tile.figure.step)

    def _reading_cell(self, tile: Tile, place: tuple[Axis, float] | None) -> int:
        """Cell of a chart in which a reading line at `place` stands; -1 where it is out of sight."""
        x, figure = self.place_on(place, tile.axis), tile.figure
        if x is None or not figure.left or not figure.low - figure.step <= x <= figure.high + figure.step:
            return -1
        return figure.left + max(0, min(figure.width - 1, figure.columns.of(x)))

    def _table_line(self, box: Box, y: int) -> Strip:
        tile = self._tiles.get(self.shown[self.cursor].key)
        if tile is None:
            return self._blank(box.width)
        rows = table(tile.curves, tile.token.view, self._place(tile), box.width, box.height)
        return self.strip(self.toned(rows[y]), box.width)

    def _tile(self, metric: Metric, box: Box) -> Tile | None:
        """A drawn chart; the old one or None while there is no time left to draw it."""
        token = _Token(metric, self.view_of(metric), box.width, box.height)
        known = self._tiles.get(metric.key)
        if known is not None and known.token.like(token):
            return known
        if self._fresh and monotonic() > self._deadline:
            self._waiting = True
            fits = known is not None and known.token[2:] == token[2:]
            return known if fits else None
        self._fresh += 1
        view = token.view
        curves = self.courses.curves(metric, view.axis, view.scaling, view.smoothing)
        figure = draw_figure(curves, view, box.width, box.height - 1, NO_VALUES if metric.lines else NOT_READ)
        strips = [self.strip(self.toned(row), box.width) for row in figure.rows]
        if len(self._tiles) >= KEPT_TILES:
            seen = {one.key for one, _ in self.in_sight()}
            self._tiles = {key: tile for key, tile in self._tiles.items() if key in seen}
        found = self._tiles[metric.key] = Tile(token, curves, figure, strips)
        return found


def _cut(strip: Strip, cells: Collection[int]) -> Iterator[tuple[int, Strip]]:
    """Pieces of `strip` with the cells that they begin at; each of `cells` is a piece of its own."""
    cuts = sorted({*cells, *(cell + 1 for cell in cells), strip.cell_length} - {0})
    yield from zip([0, *cuts], strip.divide(cuts), strict=False)
