"""Metrics: the charts of some MLflow runs, overlaid, on a screen of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from data.model.tracking import MetricSeries, TrackedRun
from styles import sheet
from tui.charts import Charts
from tui.commands import CHART
from tui.present.histories import run_names
from tui.present.text import plural
from tui.screens.base import LinesideScreen, bindings
from widgets.cells import Cell
from widgets.chartgrid import ChartGrid

if TYPE_CHECKING:
    from data.store.port import Changes
    from widgets.prompt import Prompt

OWN = frozenset(spec.id for spec in CHART)
"""Commands that the charts carry out."""

PIECE = 8
"""Runs that are read at once; some have thousands of metrics, and keys have their turn between."""

LABEL = "/"
"""Label of the prompt for the filter."""


class MetricsScreen(LinesideScreen):
    """Charts of all metrics of some MLflow runs."""

    NAME = "metrics"
    TAB = "runs"
    BINDINGS = bindings("metrics")
    AUTO_FOCUS = "#charts"
    CSS_PATH: ClassVar = [sheet("chart")]

    def __init__(self, tracked_ids: Sequence[str], title: str = "") -> None:
        super().__init__()
        self.tracked_ids = tuple(dict.fromkeys(tracked_ids))
        self.heading = title
        self.runs: list[TrackedRun] = []
        self.filter = ""
        self._before = ""
        self._charts: Charts | None = None

    def body(self) -> Iterable[Widget]:
        """The charts."""
        yield ChartGrid(id="charts")

    @property
    def grid(self) -> ChartGrid:
        """The charts."""
        return self.query_one("#charts", ChartGrid)

    @property
    def charts(self) -> Charts:
        """What feeds them."""
        if self._charts is None:
            self._charts = Charts(self, self.grid)
        return self._charts

    def crumbs(self) -> tuple[str, ...]:
        """What the runs have in common, or their names."""
        names = list(run_names(self.runs).values())
        common = names[0] if len(names) == 1 else plural(len(self.tracked_ids), "run")
        return ("lineside", self.heading or common, "metrics")

    def filter_text(self) -> str:
        """The filter."""
        return self.filter

    def topics(self) -> Sequence[str]:
        """The runs, and the histories in sight."""
        own = [f"project:{id_}" for id_ in dict.fromkeys(run.project_id for run in self.runs if run.project_id)]
        return [*own, *(self.charts.topics() if self.runs else ())]

    def owner_of(self, id: str) -> Widget | None:  # noqa: ARG002 - all of them
        """The charts move by their own commands."""
        return self.grid

    # Data

    async def reload(self) -> None:
        """Read the runs and what is in sight of their histories."""
        if self.feed is None:
            return
        found: dict[str, TrackedRun] = {}
        for start in range(0, len(self.tracked_ids), PIECE):
            found |= await self.feed.context.store.get_many(TrackedRun, self.tracked_ids[start : start + PIECE])
        if not self.is_attached:
            return
        self.runs = [found[id_] for id_ in self.tracked_ids if id_ in found]
        self.charts.set_runs(self.runs)
        self.grid.set_empty(self._nothing())
        self.refresh_frame()
        await self._load()

    def _nothing(self) -> tuple[Cell, ...]:
        """Why there is no chart."""
        if self.filter and any(run.metrics for run in self.runs):
            return (Cell(f"No metric matches {self.filter}", "bold"), Cell("/ and enter shows all again", "dim"))
        if not self.runs:
            return (Cell("None of these MLflow runs is in the store", "bold"),)
        return (Cell("No metrics yet", "bold"), Cell("they appear as soon as MLflow has some", "dim"))

    async def _load(self) -> None:
        await self.charts.load()
        if self.feed is not None:
            await self.feed.look_at(self.topics())

    async def data_changed(self, changes: Changes) -> None:
        """More points, or more metrics."""
        if any(id_ in self.tracked_ids for id_ in changes.put.get(TrackedRun, ())):
            self.load()
        if MetricSeries in changes.put:
            await self.charts.data_changed(changes)

    def on_chart_grid_moved(self) -> None:
        """Other histories came into sight, or another part of them."""
        if self.runs:
            self.work(self._load, group="load")

    def on_chart_grid_said(self, message: ChartGrid.Said) -> None:
        """What a key did."""
        self.say(message.text, message.tone)

    # Commands

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if (id in OWN or id in {"chart.filter", "export"}) and not self.grid.metrics:
            return "there are no metrics yet"
        return super().why_not(id)

    def do_chart_filter(self) -> None:
        """`/`: show only metrics whose names match."""
        self._before = self.filter
        self.dashboard.ask(self, LABEL, self.filter, self._complete)

    def _complete(self, text: str) -> list[str]:
        return [metric.key for metric in self.grid.metrics if metric.key.lower().startswith(text.lower())]

    def prompt_changed(self, prompt: Prompt, text: str) -> None:
        """Filter while one types."""
        prompt.show_error(self.grid.set_filter(text))

    def prompt_submitted(self, text: str) -> None:
        """`enter`."""
        self._set_filter(text)

    def prompt_cancelled(self) -> None:
        """`esc`: the filter of before."""
        self._set_filter(self._before)

    def _set_filter(self, text: str) -> None:
        if not self.grid.set_filter(text):
            self.filter = text
            self.grid.set_empty(self._nothing())
            self.refresh_frame()

    def do_copy(self) -> None:
        """`y`: the value at the reading line, else the last one."""
        text = self.grid.reading_text()
        if not text:
            self.say("there is no value here", "warning")
            return
        what = text.replace("\t", " ") if "\n" not in text else plural(text.count("\n") + 1, "value")
        self.dashboard.copy(text, f"{what}: {self.grid.reading_name()}")

    async def do_export(self) -> None:
        """`E`: the metrics and histories of the runs, as far as the filter shows them."""
        from data.export.tables import history_table, metric_table, selection
        from tui.exporting import export_prompt

        if self.feed is None:
            return
        store, names, keys = self.feed.context.store, self.feed.overview.names, self.grid.filter_regex
        runs = selection(store, TrackedRun, ids=[run.id for run in self.runs])
        metrics = metric_table(store, runs, names, keys=keys)
        await export_prompt(self, [metrics, history_table(store, runs, names, keys=keys)])
