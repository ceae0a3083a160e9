"""Log: the log of one job, live; what we hold stays readable when the server is away or has erased it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from data.logtext import LogIndex
from data.model.run import JobRun, PipelineRun
from data.model.vocabulary import ACTIVE
from styles import sheet
from tui.present.run import log_heading
from tui.present.text import size, took
from tui.screens.acting import Acting
from tui.screens.base import bindings
from widgets.cells import Cell
from widgets.logview import LogView

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.screens.acting import Target
    from widgets.prompt import Prompt

JOBS = 1000
"""Jobs of a run among which `{` and `}` go."""
SLOW_RUNNER = "the runner sends every 60 s unless someone watches in the browser"
"""GitLab docs, ci/jobs/job_logs: the runner's update interval is 3 s only while the job's page is open."""


class LogScreen(Acting):
    """One job's log."""

    NAME = "log"
    TAB = "runs"
    BINDINGS = bindings("log")
    AUTO_FOCUS = "#log"
    CSS_PATH: ClassVar = [sheet("log")]

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self.job_id = job_id
        self.job: JobRun | None = None
        self.pipeline_run: PipelineRun | None = None
        self.index: LogIndex | None = None
        self._placed = False
        self._search = ""

    def body(self) -> Iterable[Widget]:
        """The log."""
        yield LogView(id="log")

    @property
    def view(self) -> LogView:
        """The log view."""
        return self.query_one("#log", LogView)

    def owner_of(self, id: str) -> Widget | None:  # noqa: ARG002 - all of them
        """The log view carries out its commands."""
        return self.view

    def crumbs(self) -> tuple[str, ...]:
        """Run and job."""
        if self.job is None or self.pipeline_run is None:
            return ("lineside", "log")
        names = self.feed.overview.names if self.feed else {}
        project = names.get(self.job.project_id, "")
        return ("lineside", project, f"#{self.pipeline_run.git_pipeline_id}", log_heading(self.job))

    def topics(self) -> Sequence[str]:
        """The job's log and its run."""
        run = [f"run:{self.job.pipeline_run_id}"] if self.job else []
        return [f"log:{self.job_id}", *run]

    async def reload(self) -> None:
        """Read the job, open its log."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        self.job = await store.get(JobRun, self.job_id)
        if self.job is None:
            self.view.set_status(Cell("this job is not in the store", "warning"))
            return
        self.pipeline_run = await store.get(PipelineRun, self.job.pipeline_run_id)
        if self.index is None:
            self.index = LogIndex(feed.context.logs.path(self.job_id))
            self.view.open(self.index)
        else:
            self.view.grow()
        await feed.look_at(self.topics())
        self._show_status()
        self._show_error_first()
        self.refresh_frame()

    def _show_error_first(self) -> None:
        """A failed job's log opens at its first error."""
        if self._placed or self.job is None or self.index is None or not self.index.lines:
            return
        self._placed = True
        if self.job.status == "failed":
            self.view.action_next_error()
        else:
            self.view.action_bottom()

    def _show_status(self) -> None:
        job = self.job
        if job is None:
            return
        held = size(self.feed.context.logs.size(job.id) if self.feed else job.log.size)
        if job.log.erased:
            words, tone = f"erased on the server; what we hold ({held}) stays here", "warning"
        elif job.bridge:
            words, tone = "a trigger job has no log; its child pipeline has", "dim"
        elif job.log.complete:
            words, tone = f"{job.status} after {took(job.execution_time) or '0:00'}, {held}", "dim"
        elif job.status == "running":
            words, tone = f"following, {held}; {SLOW_RUNNER}", "running"
        elif job.status in ACTIVE:
            words, tone = f"{job.status.replace('_', ' ')}: the log begins when a runner takes the job", "pending"
        elif job.status in {"manual", "scheduled", "skipped", "created"}:
            words, tone = f"{job.status}: this job has not run", "dim"
        else:
            words, tone = f"{job.status}: the log is being fetched, {held} so far", "pending"
        trouble = self._trouble(job)
        status = Cell(f"{trouble}; {held} are held here", "warning") if trouble else Cell(words, tone)
        self.view.set_status(status)

    def _trouble(self, job: JobRun) -> str:
        """Why nothing new can come, where that is so."""
        connections = self.feed.overview.connections if self.feed else ()
        connection = next((one for one in connections if one.id == job.connection), None)
        if connection is None or connection.state in {"ok", "unknown"} or job.log.complete:
            return ""
        return f"{connection.name} is {connection.state}: {connection.last_error}"

    async def data_changed(self, changes: Changes) -> None:
        """The job or its log changed."""
        if self.job_id in changes.put.get(JobRun, ()) or (
            self.pipeline_run and self.pipeline_run.id in changes.put.get(PipelineRun, ())
        ):
            self.load()
        else:
            self._show_status()

    def tick(self) -> None:
        """Take over what was appended meanwhile."""
        if self.index is not None and self.job is not None and not self.job.log.complete:
            self.view.grow()
            self._show_error_first()

    def on_unmount(self) -> None:
        """Let go of the file."""
        if self.index is not None:
            self.index.close()

    # Commands

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id in {"log.next_match", "log.previous_match"} and not self._search:
            return "nothing is searched for; / searches"
        return super().why_not(id)

    @property
    def current_job(self) -> JobRun | None:
        """This job."""
        return self.job

    @property
    def current_run(self) -> PipelineRun | None:
        """Its run."""
        return self.pipeline_run

    async def targets(self) -> Sequence[Target]:
        """This job."""
        return [self.job] if self.job else []

    def do_log_search(self) -> None:
        """`/`: search."""
        self.dashboard.ask(self, "/", self._search)

    def prompt_changed(self, prompt: Prompt, text: str) -> None:
        """Search while one types."""
        self._search = text
        prompt.show_error(self.view.search(text))

    def prompt_submitted(self, text: str) -> None:
        """`enter`: keep the search for `n` and `N`."""
        self._search = text
        self.view.search(text)

    def prompt_cancelled(self) -> None:
        """`esc`: no search."""
        self._search = ""
        self.view.search("")

    def on_log_view_searched(self, message: LogView.Searched) -> None:
        """Say how many there are."""
        more = "" if message.done else " so far"
        self.say(f"{message.place} of {message.count}{more}" if message.count else f"no match{more}")

    def on_log_view_not_found(self, message: LogView.NotFound) -> None:
        """Say that there is none."""
        if message.what == "match" or self._placed:
            self.say(f"no {message.what} in this log", "dim")

    def on_log_view_follow_changed(self, message: LogView.FollowChanged) -> None:
        """Say whether the end is followed."""
        self.say("following the end" if message.following else "not following; F or G follows again", "dim")

    def on_log_view_copy_requested(self, message: LogView.CopyRequested) -> None:
        """Copy through the terminal."""
        self.dashboard.copy_to_clipboard(message.text)
        self.say(f"copied {len(message.text)} characters")

    async def do_log_next_job(self) -> None:
        """`}`: the next job's log."""
        await self._neighbour(1)

    async def do_log_previous_job(self) -> None:
        """`{`: the previous job's log."""
        await self._neighbour(-1)

    async def _neighbour(self, step: int) -> None:
        if self.feed is None or self.job is None:
            return
        page = await self.feed.context.store.page(
            JobRun, where={"pipeline_run_id": self.job.pipeline_run_id}, limit=JOBS
        )
        ids = [job.id for job in sorted(page.records, key=lambda job: job.git_job_id) if not job.bridge]
        place = ids.index(self.job_id) + step if self.job_id in ids else 0
        if 0 <= place < len(ids):
            self.dashboard.switch_screen(LogScreen(ids[place]))
        else:
            self.say("there is no further job in this run", "dim")
