"""The tab Metrics: charts of all metrics, and beside or below them a table of their values."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from data.model.tracking import MetricSeries, TrackedRun
from tui.charts import Charts
from tui.commands import CHART
from tui.lazyrows import LazyRows
from tui.present.histories import run_names
from tui.present.metrics import COLUMNS, Measured, columns, grouped, measured, measured_row
from tui.screens.pane import CHARTS, Pane
from widgets.cells import Cell
from widgets.chartgrid import ChartGrid
from widgets.grid import Grid, Row
from widgets.series import LINE_TONES, letter, series_tone

if TYPE_CHECKING:
    from data.export import Table
    from data.store.port import Changes

SHARED = tuple(spec for spec in CHART if "run" in spec.screens)
"""Commands of the charts that work while the table has the focus, too."""


MANY = 10_000
"""Lines of the table that are put in order in another thread; fewer take some milliseconds."""


class MetricTable(Grid):
    """The table; names of runs have the colours of their lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in LINE_TONES}


class MetricsPane(Pane):
    """Charts and values of the metrics of a run's MLflow runs."""

    TITLE = "Metrics"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(spec.keys), f"screen.command('{spec.id}')", spec.title, id=spec.id, show=False)
        for spec in SHARED
    ]

    def __init__(self) -> None:
        super().__init__()
        self._charts: Charts | None = None
        self._of_metric: dict[str, list[Measured]] = {}
        self._tracked: tuple[TrackedRun, ...] = ()

    def compose(self) -> ComposeResult:
        """Charts and table."""
        yield ChartGrid(id="charts")
        yield MetricTable(COLUMNS, empty_text=(Cell("reading the metrics", "dim"),), id="metrics", classes="pane-list")

    @property
    def charts(self) -> ChartGrid:
        """The charts."""
        return self.query_one(ChartGrid)

    def owner_of(self, id: str) -> Widget | None:
        """The charts for their commands, else whichever of both has the focus."""
        return self.charts if id in CHARTS else self.grid

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        return "there are no metrics" if id in CHARTS and not self.count() else ""

    def topics(self) -> Sequence[str]:
        """The histories of the charts in sight."""
        return self._charts.topics() if self._charts else ()

    def count(self) -> int:
        """Metrics."""
        return len(self._of_metric)

    async def load(self) -> None:
        """Show the values that the screen has read, and read the histories in sight."""
        tracked = self.subject.tracked
        if sum(len(run.metrics) for run in tracked) > MANY:
            self._of_metric = await asyncio.to_thread(grouped, tracked)
            self._tracked = tracked
        if self._charts is None:
            self._charts = Charts(self.home, self.charts)
        self.show()
        await self._charts.load()

    async def data_changed(self, changes: Changes) -> None:
        """More points."""
        if self._charts is not None and MetricSeries in changes.put:
            await self._charts.data_changed(changes)

    # The table

    def directions(self) -> Mapping[str, str]:
        """What the configuration says is best."""
        return self.home.feed.context.settings.directions if self.home.feed else {}

    def set_filter(self, text: str) -> str:
        """Show only the metrics whose names match a regular expression."""
        wrong = self.charts.set_filter(text)
        if not wrong:
            super().set_filter(text)
        return wrong

    def show(self) -> None:
        """Draw the table."""
        tracked, charts = self.subject.tracked, self._charts
        if charts is None:
            return
        if tracked is not self._tracked:
            if sum(len(run.metrics) for run in tracked) > MANY:
                self.home.work(self.load, group="metrics")
                return
            self._of_metric, self._tracked = grouped(tracked), tracked
        charts.set_runs(tracked)
        self.nothing("No metrics", "MLflow has none for this run" if tracked else "no MLflow run is linked with it")
        self.grid.set_columns(columns(len(tracked) > 1))
        names = run_names(tracked) if len(tracked) > 1 else {}
        directions = self.directions()

        def row(line: Measured) -> Row:
            number = charts.number_of(line.run.id)
            cell = Cell(f"{letter(number)} {names[line.run.id]}", series_tone(number)) if names else None
            return measured_row(line, directions, self.now(), cell)

        self.grid.set_source(LazyRows(measured(self._of_metric, self.charts.is_wanted), _key, row))
        self.set_class(not self._of_metric, "-bare")

    def tick(self) -> None:
        """How long ago something was logged."""
        rows = self.grid.source
        if isinstance(rows, LazyRows):
            start, stop = self.grid.in_sight
            rows.forget(range(start, stop))
            self.grid.refresh_rows(start, stop)

    @property
    def current(self) -> Measured | None:
        """The line under the cursor."""
        rows = self.grid.source
        return rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None

    def on_grid_moved(self) -> None:
        """Another metric: its chart."""
        line = self.current
        if line is not None and self.charts.current != line.name and not self.charts.has_focus:
            self.charts.go_to(line.name)

    def on_grid_marked(self, message: Grid.Marked) -> None:
        """Let the lines of the runs of marked rows stand out."""
        rows = self.grid.source
        marked = [rows.item(key) for key in message.keys] if isinstance(rows, LazyRows) else []
        self.charts.set_marked({line.run.id for line in marked if line is not None})

    def on_chart_grid_moved(self, message: ChartGrid.Moved) -> None:
        """Another chart: its line, and other histories are wanted."""
        line, rows = self.current, self.grid.source
        if self.charts.has_focus and isinstance(rows, LazyRows) and (line is None or line.name != message.key):
            found = next((one for one in rows.items if one.name == message.key), None)
            if found is not None:
                self.grid.go_to(found.key)
        if self._charts is not None:
            self.home.work(self._charts.load, group="charts")
            self.home.look_again()

    def on_chart_grid_said(self, message: ChartGrid.Said) -> None:
        """What a key of the charts did."""
        self.home.say(message.text, message.tone)

    def on_grid_opened(self) -> None:
        """`enter`: the chart of the metric alone, or all of them again."""
        if self.current is not None and self.charts.go_to(self.current.name):
            self.charts.action_maximise()

    def tables(self) -> Sequence[Table]:
        """Metrics, params and histories of the MLflow runs."""
        from data.export.tables import history_table, metric_table, selection

        if self.store is None or not self.subject.tracked:
            return ()
        runs = selection(self.store, TrackedRun, ids=[run.id for run in self.subject.tracked])
        names, keys = self.home.feed.overview.names if self.home.feed else {}, self.charts.filter_regex
        return metric_table(self.store, runs, names, keys=keys), history_table(self.store, runs, names, keys=keys)

    def copied(self) -> str:
        """What `y` copies: the value at the reading line, else the last one."""
        return self.charts.reading_text()


def _key(line: Measured) -> str:
    return line.key
