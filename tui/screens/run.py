"""Run: how it goes, its jobs with all below it, metrics, parameters, artifacts, where it comes from, notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.run import JobRun, PipelineRun
from data.model.tracking import TrackedRun
from data.model.vocabulary import FINISHED
from tui.estimates import like_durations
from tui.family import read_family, renewed
from tui.present.run import head_lines, left_behind, worst_job
from tui.screens.base import LinesideScreen, bindings
from tui.screens.pane import TabPane
from tui.screens.run_artifacts import ArtifactsPane
from tui.screens.run_jobs import JobsPane
from tui.screens.run_lineage import LineagePane
from tui.screens.run_metrics import MetricsPane
from tui.screens.run_notes import NotesPane
from tui.screens.run_params import ParamsPane
from tui.screens.run_tests import TestsPane
from tui.screens.tabbed import TabbedScreen
from tui.subject import read_tracked
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.screens.acting import Target


class RunScreen(TabbedScreen):
    """One run."""

    NAME = "run"
    TAB = "runs"
    BINDINGS = bindings("run")
    AUTO_FOCUS = "#jobs"
    PANES: ClassVar[tuple[type[TabPane], ...]] = (
        JobsPane, MetricsPane, ParamsPane, ArtifactsPane, TestsPane, LineagePane, NotesPane,
    )  # fmt: skip

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id

    def crumbs(self) -> tuple[str, ...]:
        """Project and number."""
        run = self.subject.run
        if run is None:
            return ("lineside", "run")
        names = self.feed.overview.names if self.feed else {}
        return ("lineside", names.get(run.project_id, ""), f"#{run.git_pipeline_id}")

    def topics(self) -> Sequence[str]:
        """The run, and what the tab looks at."""
        return [f"run:{self.run_id}", *super().topics()]

    def head_lines(self) -> Sequence[Sequence[Cell]]:
        """How it goes, what it is, what it came to."""
        subject = self.subject
        if subject.run is None:
            return ()
        tracked = subject.tracked if subject.is_tracked_read else None
        return head_lines(subject.run, tracked, subject.like, self.now(), subject.gpu)

    # Reading

    async def read(self) -> bool:
        """Read run, jobs and children, and the MLflow runs; what is there is shown while the rest is read."""
        assert self.feed is not None
        store, subject = self.feed.context.store, self.subject
        run = await store.get(PipelineRun, self.run_id)
        if run is None:
            self.pane.grid.set_empty((Cell("This run is not in the store", "bold"),))
            return False
        subject.run = run
        self.show_head()
        subject.family = await read_family(store, run)
        if self.is_attached:
            self.pane.show()
        if not subject.like:
            subject.like = await like_durations(store, run)
        subject.set_tracked(await read_tracked(store, [run.id, *subject.family.children]))
        return True

    async def renew(self, changes: Changes) -> bool:
        """Read those records of the run again that changed."""
        subject = self.subject
        if subject.run is None or self.feed is None:
            self.load()
            return False
        store = self.feed.context.store
        family = await renewed(store, subject.run, subject.family, changes)
        if family is None:
            self.load()
            return False
        changed = family is not subject.family
        subject.family = family
        if self.run_id in changes.put.get(PipelineRun, ()):
            subject.run = await store.get(PipelineRun, self.run_id) or subject.run
            changed = True
        return await self._renew_tracked(changes) or changed or _of_commands(changes)

    async def _renew_tracked(self, changes: Changes) -> bool:
        """MLflow runs that changed, or that belong to this run now."""
        if self.feed is None:
            return False
        subject = self.subject
        mine = {run.id: run for run in subject.tracked}
        linked = {id_ for run in subject.runs.values() for id_ in run.mlflow_run_ids}
        wanted_ids = changes.put.get(TrackedRun, frozenset()) & mine.keys() | linked - mine.keys()
        if not wanted_ids:
            return False
        found = await self.feed.context.store.get_many(TrackedRun, sorted(wanted_ids))
        wanted = {id_: run for id_, run in found.items() if run.pipeline_run_id in subject.runs}
        gone = found.keys() - wanted.keys()
        if not wanted and not gone & mine.keys():
            return False
        subject.set_tracked([run for run in {**mine, **wanted}.values() if run.id not in gone])
        return True

    # Commands

    @property
    def current_run(self) -> PipelineRun | None:
        """This run."""
        return self.subject.run

    @property
    def current_job(self) -> JobRun | None:
        """The job under the cursor of the tab Jobs."""
        pane = self.pane if self.query(self.active) else None
        return pane.current_job if isinstance(pane, JobsPane) else None

    async def targets(self) -> Sequence[Target]:
        """The marked jobs, else the one under the cursor; the whole run on a stage's line and in other tabs."""
        pane = self.pane
        if isinstance(pane, JobsPane) and (jobs := pane.chosen_jobs()):
            return jobs
        return [self.subject.run] if self.subject.run else []

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id in {"run.cancel", "run.retry"} and self.has_marks():
            return LinesideScreen.why_not(self, id)
        if reason := super().why_not(id):
            return reason
        if id == "run.attempts" and self.active is not JobsPane:
            return "the attempts are in the tab Jobs"
        if id == "settle" and not left_behind(self.subject.tracked):
            return "no MLflow run was left RUNNING behind an ended job"
        return ""

    def do_run_log(self) -> None:
        """`l`: the log of the job under the cursor, else of the one that matters most."""
        job = self.current_job or worst_job(self.subject.family.all_jobs())
        if job is None:
            self.say("there is no job with a log yet", "warning")
        else:
            self.dashboard.open_log(job.id)

    def do_log_merged(self) -> None:
        """`A`: the logs of all running jobs in one."""
        from tui.screens.merged import MergedScreen

        self.dashboard.push_screen(MergedScreen(self.run_id))

    async def do_settle(self) -> None:
        """`F`: write the outcome of its job to each MLflow run here that was left RUNNING behind it."""
        from tui.actions import settle_command

        left = left_behind(self.subject.tracked)
        self.offer(left, lambda run: settle_command(run, by=self.dashboard.user))  # type: ignore[arg-type]

    async def do_run_attempts(self) -> None:
        """`a`: earlier attempts."""
        pane = self.pane
        if isinstance(pane, JobsPane):
            pane.attempts = not pane.attempts
            pane.show()

    async def do_compare(self) -> None:
        """`c`: beside the run before it of the same pipeline."""
        run = self.subject.run
        before = await self._run_before(run) if run else None
        if run is None or before is None:
            self.say("there is no earlier run of this pipeline", "warning")
        else:
            self.dashboard.open_compare(PipelineRun, [run.id, before.id])

    async def _run_before(self, run: PipelineRun) -> PipelineRun | None:
        """The newest earlier run of the same pipeline (and the same API) that has ended."""
        from data.store.port import Between, Where

        assert self.feed is not None
        same = {"pipeline_id": run.pipeline_id} if run.pipeline_id else {"project_id": run.project_id}
        where: Where = {**same, "api": run.api, "status": sorted(FINISHED), "created": Between(None, run.created)}
        page = await self.feed.context.store.page(PipelineRun, where=where, limit=1)
        return page.records[0] if page.records else None


def _of_commands(changes: Changes) -> bool:
    """Whether a command was written: one that waits is shown in the row of its job."""
    return any(kind.__name__ == "Command" for kind in changes.put)
