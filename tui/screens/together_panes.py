"""The tabs of the screen of a RUN_ID: its runs, the jobs of a test's pipeline, the cases, the test report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult

from tui.lazyrows import LazyRows
from tui.present.together import (
    CASE_COLUMNS,
    RUN_COLUMNS,
    Case,
    Gathered,
    case_holds,
    case_row,
    cases_of,
    run_holds,
    run_row,
)
from tui.screens.pane import TabPane
from tui.screens.run_jobs import JobsPane
from tui.screens.run_tests import ReportPane
from tui.table import Scene
from widgets.cells import Cell, Column
from widgets.grid import Grid

if TYPE_CHECKING:
    from data.export import Table
    from data.model.run import PipelineRun
    from tui.screens.together import TogetherScreen


class GatheredPane(TabPane):
    """A list of what belongs to a RUN_ID."""

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    ID: ClassVar[str] = ""

    def compose(self) -> ComposeResult:
        """The list."""
        yield Grid(self.COLUMNS, empty_text=(Cell("reading the runs", "dim"),), id=self.ID, classes="pane-list")

    @property
    def gathered(self) -> Gathered:
        """What the screen has read."""
        return cast("TogetherScreen", self.screen).gathered

    async def load(self) -> None:
        """The screen has read it."""
        self.show()

    def tick(self) -> None:
        """Ages and durations."""
        self.show()

    def on_grid_moved(self) -> None:
        """Other keys may do something on another row."""
        self.home.refresh_frame()

    @property
    def current_run(self) -> PipelineRun | None:
        """The run under the cursor."""
        raise NotImplementedError

    def chosen_runs(self) -> list[PipelineRun]:
        """The marked runs, else the one under the cursor."""
        return [self.current_run] if self.current_run else []

    def on_grid_opened(self) -> None:
        """`enter`: the run."""
        if self.current_run is not None:
            self.home.dashboard.open_run(self.current_run.id)
        else:
            self.home.say("there is no run to open here", "dim")


class RunsPane(GatheredPane):
    """All runs of the RUN_ID."""

    TITLE = "Runs"
    ID = "together-runs"
    COLUMNS = tuple(spec.column for spec in RUN_COLUMNS)

    def count(self) -> int:
        """Runs."""
        return len(self.gathered.every)

    def show(self) -> None:
        """Draw them, the test's own pipeline first."""
        names = self.home.feed.overview.names if self.home.feed else {}
        runs = [run for run in self.gathered.every if not self.filter or run_holds(run, names, self.filter)]
        self.nothing("No runs yet", "none with this RUN_ID has been read")
        overview = self.home.feed.overview if self.home.feed else None
        pending = {run.id: found.kind for run in runs if overview and (found := overview.pending_for(run.id))}
        scene = Scene(self.now(), names=names, pending=pending)
        self.grid.set_source(LazyRows(runs, _id, lambda run: run_row(run, scene)))

    @property
    def current_run(self) -> PipelineRun | None:
        """The run under the cursor."""
        rows = self.grid.source
        return rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None

    def chosen_runs(self) -> list[PipelineRun]:
        """The marked runs, else the one under the cursor."""
        marked = [run for run in self.gathered.every if run.id in self.grid.marks]
        return marked or super().chosen_runs()

    def tables(self) -> Sequence[Table]:
        """The runs."""
        from data.export import Table

        columns = ("id", "api", "kind", "status", "ref", "created", "seconds", "by")
        rows = [
            (run.id, run.api, run.kind, run.status, run.ref, run.created, run.execution_time, run.triggered_by)
            for run in self.gathered.every
        ]
        return [Table.of("runs", columns, rows)] if rows else []


class CasesPane(GatheredPane):
    """The cases of a test: each starts the tested pipeline with data and variables of its own."""

    TITLE = "Cases"
    ID = "together-cases"
    COLUMNS = CASE_COLUMNS

    def count(self) -> int:
        """Cases."""
        return len(cases_of(self.gathered))

    def show(self) -> None:
        """Draw them, those first that did not succeed."""
        cases = [case for case in cases_of(self.gathered) if not self.filter or case_holds(case, self.filter)]
        self.nothing("No cases yet", "each trigger job of the test repository's pipeline is one")
        now = self.now()
        self.grid.set_source(LazyRows(cases, _job_id, lambda case: case_row(case, now)))

    @property
    def current_run(self) -> PipelineRun | None:
        """The run that the case under the cursor has started."""
        rows = self.grid.source
        case = rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None
        return case.run if case else None

    def chosen_runs(self) -> list[PipelineRun]:
        """The runs of the marked cases, else of the one under the cursor."""
        marks = self.grid.marks
        marked = [case.run for case in cases_of(self.gathered) if case.job.id in marks and case.run is not None]
        return marked or super().chosen_runs()


class SuitePane(JobsPane):
    """The jobs of the test repository's pipeline."""

    TITLE = "Suite"

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the run that a case has started; else the log of a job, as in the tab Jobs."""
        node = self.node
        if node is not None and node.job is not None and node.job.bridge and node.job.downstream:
            message.prevent_default()
            self.home.dashboard.open_run(node.job.downstream)


class TogetherReportPane(ReportPane):
    """The test report of the test repository's pipeline, or else of the tested run."""

    @property
    def report_id(self) -> str:
        """The test's own pipeline, else the newest run."""
        gathered = cast("TogetherScreen", self.screen).gathered
        return gathered.test.id if gathered.test else gathered.runs[-1].id if gathered.runs else ""


def _id(run: PipelineRun) -> str:
    return run.id


def _job_id(case: Case) -> str:
    return case.job.id
