"""Runs: the history over all projects, newest first, live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from tui.estimates import Estimates
from tui.present.runs import RUNS, run_glyph, run_title
from tui.screens.acting import READ_ONLY
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
WITHOUT_RUN = "it has no run yet: D takes it back"
"""Why a launch under way cannot be cancelled or read."""


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

    @property
    def current_launch(self) -> Command | None:
        """The launch under way whose row is under the cursor."""
        key = self.grid.cursor_key if self.is_attached else None
        pending = self.feed.overview.pending if self.feed is not None else ()
        return next((command for command in pending if COMMAND_PREFIX + command.id == key), None)

    async def targets(self) -> Sequence[Target]:
        """The marked runs, else the one under the cursor."""
        return await self.chosen()

    def launch_project(self) -> str:
        """Id of the project that `t` starts something in: that of the run or the launch under the cursor."""
        launch = self.current_launch
        return launch.project_id if launch is not None else super().launch_project()

    def do_launch_like(self) -> None:
        """`T`: the launch form, filled from the run under the cursor, or from the launch that has no run yet."""
        launch = self.current_launch
        if launch is None or self.feed is None:
            super().do_launch_like()
        else:
            self.work(partial(self._like_launch, self.feed.context.store, launch), group="like")

    async def _like_launch(self, store: Store, launch: Command) -> None:
        from data.model.pipeline import Submission

        found = await store.get(Submission, launch.id)
        if found is None:
            self.say("it has not been written down yet: that is done when it is sent", "warning")
        else:
            self.dashboard.open_launch(launch.project_id, like=found)

    async def do_run_delete(self) -> None:
        """`D`: take back the launch under the cursor that still waits; else delete runs on the server."""
        launch = self.current_launch
        if launch is None or self.just_sent() or self.grid.marks or self.feed is None:
            return await super().do_run_delete()
        from tui.queueing import take_back

        done = await take_back(self.feed.context.store, launch, self.dashboard.user)
        self.say("taken back" if done else "too late: it is being sent", "" if done else "warning")

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
            launch = self.current_launch
            if launch is None:
                return "there is no run under the cursor"
            return "" if id == "launch.like" else WITHOUT_RUN
        if id == "run.delete" and self.current_launch is not None:
            return READ_ONLY if self.dashboard.read_only else ""
        if id in {"run.cancel", "run.retry"} and self.grid.marks:
            return LinesideScreen.why_not(self, id)
        return super().why_not(id)
