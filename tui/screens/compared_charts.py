"""The charts below a comparison: of the metric under the cursor, or of all that the table shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from textual.widget import Widget

from data.model.run import PipelineRun
from data.model.tracking import MetricSeries, TrackedRun
from tui.charts import Charts
from tui.present.compare import summary_cells
from tui.screens.compared import ComparedRuns, Run, tracked_of
from widgets.cells import Cell
from widgets.chartgrid import ChartGrid

if TYPE_CHECKING:
    from data.compare import Line
    from data.store.port import Changes

PIECE: Final = 8
"""MLflow runs that are read at a time."""
SHOWN: Final = "-charts"
"""Class of the screen while the charts are shown."""


class ComparedCharts(ComparedRuns):
    """Adds the charts. They are there from the start, so that runs have colours, and read nothing until they are shown.

    Attributes:
        full: MLflow runs with all their metrics, by id, while the charts are shown.
    """

    def __init__(self, kind: type[PipelineRun] | type[TrackedRun], ids: Sequence[str]) -> None:
        super().__init__(kind, ids)
        self.full: dict[str, TrackedRun] = {}
        self._charts: Charts | None = None
        self._filtered_by = ""
        self._known: tuple[str, list[TrackedRun]] = ("", [])

    def body(self) -> Iterable[Widget]:
        """The charts below the table."""
        *above, detail = super().body()
        yield from above
        yield ChartGrid(id="compare-charts")
        yield detail

    @property
    def grid(self) -> ChartGrid:
        """The charts."""
        return self.query_one("#compare-charts", ChartGrid)

    @property
    def charts(self) -> Charts:
        """What feeds them."""
        if self._charts is None:
            self._charts = Charts(self, self.grid)
        return self._charts

    @property
    def charted(self) -> bool:
        """Whether the charts are shown."""
        return self.has_class(SHOWN)

    def tracked_ids(self) -> list[str]:
        """The MLflow runs of all columns, in their order."""
        runs = (self.runs.get(id_) for id_ in self.comparison.ids)
        return list(dict.fromkeys(id_ for run in runs if run is not None for id_ in tracked_of(run)))

    def owner_of(self, id: str) -> Widget | None:
        """The charts carry out their own commands."""
        return self.grid if id.startswith("chart.") else super().owner_of(id)

    def topics(self) -> Sequence[str]:
        """The histories in sight, too."""
        return [*super().topics(), *(self.charts.topics() if self.charted else ())]

    def numbers_of(self, run: Run) -> Sequence[int]:
        """The numbers of a run's lines, while these are shown."""
        return [self.charts.number_of(id_) for id_ in tracked_of(run)] if self.charted else ()

    # Reading

    def runs_changed(self) -> None:
        """Colours go by the order of the columns; a run keeps its own while it is looked at."""
        super().runs_changed()
        if self.is_attached:
            self._chart_runs()
            if self.charted:
                self.work(self._read_charts, group="charted")

    def _chart_runs(self) -> None:
        self.charts.set_runs([self.full.get(id_) or _stand_in(id_) for id_ in self.tracked_ids()])

    async def _read_charts(self) -> None:
        """Read the MLflow runs with all their metrics, and what is in sight of the histories."""
        if self.feed is None:
            return
        wanted = [id_ for id_ in self.tracked_ids() if id_ not in self.full]
        for start in range(0, len(wanted), PIECE):
            self.full |= await self.feed.context.store.get_many(TrackedRun, wanted[start : start + PIECE])
        if self.is_attached and self.charted:
            self._chart_runs()
            self.grid.set_empty((Cell("none of these runs has such a metric", "dim"),))
            self._follow()
            await self._load_charts()

    async def _load_charts(self) -> None:
        if not self.charted:
            return
        await self.charts.load()
        if self.feed is not None:
            await self.feed.look_at(self.topics())

    async def data_changed(self, changes: Changes) -> None:
        """More points."""
        for id_ in changes.put.get(TrackedRun, frozenset()):
            self.full.pop(id_, None)
        if changes.put.get(TrackedRun):
            self._known = "", []
        await super().data_changed(changes)
        if self.charted and MetricSeries in changes.put:
            await self.charts.data_changed(changes)

    # Showing

    def summary_cells(self, line: Line) -> Sequence[Cell]:
        """Step and extremes of the metric in the run under the cursor, once its record is read."""
        of, runs = self._known
        if of != self.run_id:
            self.work(self._read_known, group="known")
            return ()
        found = next((run.metrics[line.name] for run in reversed(runs) if line.name in run.metrics), None)
        return summary_cells(found) if found is not None else ()

    async def _read_known(self) -> None:
        """Read the MLflow runs behind the run under the cursor; those of all columns would fill the memory."""
        run = self.runs.get(self.run_id)
        if self.feed is None or run is None:
            return
        ids = tracked_of(run)
        found = await self.feed.context.store.get_many(TrackedRun, ids)
        self._known = run.id, [found[id_] for id_ in ids if id_ in found]
        self._show_place()

    def _moved(self) -> None:
        super()._moved()
        self._follow()

    def _follow(self) -> None:
        """Show the marked metrics, or the one under the cursor, else all of the table; the run under it stands out."""
        if not self.charted or self._rows is None:
            return
        marks, key = self.table.marks, self.table.cursor_key
        chosen = self._rows.behind(marks) or self._rows.behind([key] if key else [])
        names = [one for one in chosen or self._rows.shown if one.measured]
        names = names or [one for one in self._rows.shown if one.measured]
        everything = len(names) == sum(one.measured for one in self.comparison.lines)
        wanted = "" if everything else f"^(?-i:{'|'.join(re.escape(one.name) for one in names)})$"
        if wanted != self._filtered_by:
            self._filtered_by = wanted
            self.grid.set_filter(wanted)
        run = self.runs.get(self.run_id)
        self.grid.set_marked(tracked_of(run) if run is not None else ())

    def on_side_table_marked(self) -> None:
        """Other metrics are marked."""
        self._follow()

    def on_chart_grid_moved(self) -> None:
        """Other histories came into sight, or another part of them."""
        if self.charted:
            self.work(self._load_charts, group="charts")

    def on_chart_grid_said(self, message: ChartGrid.Said) -> None:
        """What a key did."""
        self.say(message.text, message.tone)

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id == "compare.chart" and not self.tracked_ids():
            return "none of these runs has an MLflow run"
        return super().why_not(id)

    def do_compare_chart(self) -> None:
        """`m`: show the charts below the table, or hide them."""
        self.toggle_class(SHOWN)
        self._show()
        if self.charted:
            self.grid.set_empty((Cell("reading the metrics", "dim"),))
            self.work(self._read_charts, group="charted")
            return
        self.full.clear()
        self._chart_runs()
        self.table.focus()


def _stand_in(id_: str) -> TrackedRun:
    """A run without metrics: it has its colour, and nothing to draw."""
    return TrackedRun(id=id_, connection="-", run_id=id_)
