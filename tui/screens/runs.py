"""Runs: the history over all projects, newest first, live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from tui.estimates import Estimates
from tui.present.runs import RUNS, run_glyph, run_title
from tui.screens.arranging import Arranging, group_of
from tui.screens.base import LinesideScreen, bindings
from tui.screens.history import HistoryScreen
from tui.screens.selecting import Selecting
from widgets.cells import Cell
from widgets.glyphs import status_glyph
from widgets.grid import Grid, Row

if TYPE_CHECKING:
    from data.model.run import PipelineRun
    from data.model.work import Command
    from data.store.port import Store
    from tui.screens.acting import Target
    from tui.snapshot import Snapshot

COMMAND_PREFIX = "command:"
"""Keys of rows that stand for launches under way."""


class RunsScreen(Selecting["PipelineRun"], Arranging["PipelineRun"], HistoryScreen["PipelineRun"]):
    """The history."""

    NAME = "runs"
    TAB = "runs"
    BINDINGS = bindings("runs")
    TABLE = RUNS
    TIMES = ("created", "completion")
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No runs yet",
        "They appear when the engine has read them; t starts one, 6 has the connections",
    )

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self._estimates = Estimates()
        self._like = self._estimates.like

    def body(self) -> Iterable[Widget]:
        """The grid."""
        grid = self.list_grid()
        grid.set_sort(self.sorted_by.key, descending=self._look.descending)
        yield grid

    @property
    def kind(self) -> type[PipelineRun]:
        """Runs of pipelines."""
        from data.model.run import PipelineRun

        return PipelineRun

    @property
    def whole(self) -> bool:
        """The history below all other screens; those above it show a part."""
        return self is self.dashboard.screen_stack[0]

    def topics(self) -> Sequence[str]:
        """All projects."""
        return ("projects",)

    def glyph_of(self, record: PipelineRun) -> tuple[str, str]:
        """Its status."""
        return run_glyph(record)

    # Rows

    async def prepare(self, store: Store, records: Sequence[PipelineRun]) -> bool:
        """Durations of runs like the active ones."""
        return await self._estimates.learn(store, records)

    async def changed(self, store: Store, records: Sequence[PipelineRun]) -> None:
        """A run that has ended is a like run for others."""
        self._estimates.forget(records)
        await self.prepare(store, self.in_sight())

    def above(self) -> list[Row]:
        """Rows for launches that have no run yet."""
        feed = self.feed
        if feed is None or self.filter or self.grouped_by:
            return []
        return [self._launch_row(command) for command in feed.overview.pending if command.kind == "launch"]

    def _launch_row(self, command: Command) -> Row:
        cells = {
            "id": Cell.of((f"{status_glyph('pending')} ", "pending"), ("new", "dim")),
            "status": Cell(command.state, "pending"),
            "pipeline": Cell(self.scene.names.get(command.project_id, command.title)),
            "ref": Cell(str(command.payload.get("ref", ""))),
            "metric": Cell(command.answer, "dim"),
            "by": Cell(command.by, "dim"),
        }
        return Row(COMMAND_PREFIX + command.id, tuple(cells.get(spec.key, Cell()) for spec in self.specs))

    def snapshot_rows(self, count: int) -> list[Row]:
        """The first rows, for the next start; without launches under way, whose rows are no runs."""
        return [row for row in super().snapshot_rows(count) if not row.key.startswith(COMMAND_PREFIX)]

    # What is under the cursor

    @property
    def current_run(self) -> PipelineRun | None:
        """The run under the cursor."""
        return self.current_record

    async def targets(self) -> Sequence[Target]:
        """The marked runs, else the one under the cursor."""
        return await self.chosen()

    def tracked_ids(self, run: PipelineRun) -> Sequence[str]:
        """The MLflow runs that it was linked with."""
        return run.mlflow_run_ids

    def title_of(self, run: PipelineRun) -> str:
        """Project and number."""
        return run_title(run, self.scene.names)

    async def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the run, the Activity for a launch under way, or a group folded or unfolded."""
        if message.key.startswith(COMMAND_PREFIX):
            self.dashboard.show("activity")
        elif group_of(message.key) is not None:
            await self.do_group_fold()
        else:
            self._see({message.key})
            self.dashboard.open_run(message.key)

    def do_run_log(self) -> None:
        """`l`: the log of the run's failed, running or last job."""
        if self.current_run is not None:
            self.dashboard.open_log_of(self.current_run)

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now; with marks, each marked run is looked at when it is used."""
        needs_run = {"run.log", "run.cancel", "run.retry", "launch.like"}
        if id in needs_run and self.current_run is None and not (self.is_attached and self.grid.marks):
            return "there is no run under the cursor"
        if id in {"run.cancel", "run.retry"} and self.grid.marks:
            return LinesideScreen.why_not(self, id)
        return super().why_not(id)
