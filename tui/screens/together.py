"""Together: the runs of one RUN_ID, and for tests the test's own pipeline, its cases and its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.run import JobRun, PipelineRun, RunInfo
from data.model.vocabulary import FINISHED, TEST
from tui.family import Family
from tui.gathering import read_gathered
from tui.present.run import worst_job
from tui.present.together import Gathered, head_lines
from tui.screens.base import bindings
from tui.screens.pane import TabPane
from tui.screens.tabbed import TabbedScreen
from tui.screens.together_panes import CasesPane, GatheredPane, RunsPane, SuitePane, TogetherReportPane
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.screens.acting import Target

FOLLOWED = 20
"""Unfinished runs that the engine is asked to follow closely."""
SHORT = 8
"""Characters of the RUN_ID in the line at the top."""
NEEDS_RUN = frozenset({"run.log", "run.cancel", "run.retry", "launch.like"})
"""Commands on the run under the cursor."""


class TogetherScreen(TabbedScreen):
    """The runs of one RUN_ID."""

    NAME = "together"
    TAB = "runs"
    BINDINGS = bindings("together")
    AUTO_FOCUS = f"#{RunsPane.ID}"
    PANES: ClassVar[tuple[type[TabPane], ...]] = (RunsPane, SuitePane, CasesPane, TogetherReportPane)

    def __init__(self, run_info_id: str) -> None:
        super().__init__()
        self.run_info_id = run_info_id
        self.gathered = Gathered(run_info_id)

    def kinds(self) -> Sequence[type[TabPane]]:
        """The suite and its cases are there for tests that a repository of their own starts."""
        if self.gathered.test is not None:
            return self.PANES
        return (RunsPane, TogetherReportPane) if self.gathered.kind == TEST else (RunsPane,)

    def crumbs(self) -> tuple[str, ...]:
        """Project and RUN_ID."""
        names = self.feed.overview.names if self.feed else {}
        return ("lineside", names.get(self.gathered.project_id, "runs"), f"RUN_ID {self.run_info_id[:SHORT]}")

    def topics(self) -> Sequence[str]:
        """The runs that go on, and what the tab looks at."""
        active = [f"run:{run.id}" for run in self.gathered.every if run.status not in FINISHED]
        return [*active[:FOLLOWED], *super().topics()]

    def head_lines(self) -> Sequence[Sequence[Cell]]:
        """How they do, what they belong to, when that was and who asked for it."""
        if not self.gathered.every and self.gathered.info is None:
            return ()
        names = self.feed.overview.names if self.feed else {}
        return head_lines(self.gathered, names, self.now())

    def tick(self) -> None:
        """What depends on the time."""
        if self.gathered.every:
            self.show_head()
            self.pane.tick()

    # Reading

    async def read(self) -> bool:
        """Read the runs and what they belong to."""
        assert self.feed is not None
        self.gathered = await read_gathered(self.feed.context.store, self.run_info_id)
        if not self.gathered.every and self.gathered.info is None:
            self.pane.grid.set_empty((Cell("No run with this RUN_ID is in the store", "bold"),))
            return False
        test = self.gathered.test
        self.subject.run = test
        self.subject.family = Family({test.id: list(self.gathered.jobs)} if test else {}, {})
        if self.is_attached and self.active not in self.kinds():
            await self.show_tab(RunsPane)
        return True

    async def renew(self, changes: Changes) -> bool:
        """Read everything again when a run, a job of the test, or what they belong to changed: it is little."""
        runs, jobs = changes.put.get(PipelineRun, frozenset()), changes.put.get(JobRun, frozenset())
        mine = {run.id for run in self.gathered.every}
        test = self.gathered.test
        prefix = f"{test.connection}:{test.git_project_id}:job:" if test else ""
        touched = bool(runs & mine) or self.run_info_id in changes.put.get(RunInfo, frozenset())
        if not touched and not (prefix and any(id_.startswith(prefix) for id_ in jobs)):
            return any(kind.__name__ == "Command" for kind in changes.put)
        return self.feed is not None and await self.read()

    # Commands

    @property
    def current_run(self) -> PipelineRun | None:
        """The run under the cursor; in the tabs of the test itself, its own pipeline."""
        if not self.query(self.active):
            return None
        pane = self.pane
        return pane.current_run if isinstance(pane, GatheredPane) else self.gathered.test

    @property
    def current_job(self) -> JobRun | None:
        """The job under the cursor of the tab Suite."""
        pane = self.pane if self.query(self.active) else None
        return pane.current_job if isinstance(pane, SuitePane) else None

    async def targets(self) -> Sequence[Target]:
        """What is marked, else what is under the cursor."""
        pane = self.pane
        if isinstance(pane, SuitePane) and (jobs := pane.chosen_jobs()):
            return jobs
        if isinstance(pane, GatheredPane):
            return pane.chosen_runs()
        return [self.gathered.test] if self.gathered.test else []

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id in NEEDS_RUN and self.current_run is None and not self.has_marks():
            return "there is no run under the cursor"
        return super().why_not(id)

    def do_run_log(self) -> None:
        """`l`: the log of the job under the cursor, else of the run's job that matters most."""
        job = self.current_job
        if job is None and isinstance(self.pane, SuitePane):
            job = worst_job(self.gathered.jobs)
        if job is not None and job.bridge and job.downstream:
            run = next((one for one in self.gathered.runs if one.id == job.downstream), None)
            if run is not None:
                return self.dashboard.open_log_of(run)
        if job is not None:
            self.dashboard.open_log(job.id)
        elif self.current_run is not None:
            self.dashboard.open_log_of(self.current_run)
