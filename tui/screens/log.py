"""Log: the log of one job, live; what we hold stays readable when the server is away or has erased it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.css.query import NoMatches
from textual.widget import Widget

from data.logtext import LogIndex, Section
from data.model.run import JobRun, PipelineRun
from data.model.work import Connection, SyncState
from styles import sheet
from tui.present.jobs import job_tree
from tui.present.log import has_log, is_whole, log_status, section_words, two_attempts
from tui.present.run import log_heading
from tui.reading import Reading
from tui.screens.acting import Acting
from tui.screens.base import bindings
from widgets.cells import Cell
from widgets.logplaces import CONTEXT
from widgets.logview import LogView

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.screens.acting import Target

JOBS = 1000
"""Jobs of a run among which `{` and `}` go."""


class LogScreen(Reading, Acting):
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
        self._reason: SyncState | None = None
        """What the engine says that the log waits for."""
        self._section: Section | None = None
        """The section of the current line."""
        self._placed_at: int | None = None
        """Bytes of the log when it was shown where it fails; None before."""
        self._follows = True
        """Whether the user knows that the end is followed; what happens while a log opens is not news."""
        self._touched = False
        """Whether it was noted that the log is read."""
        self._settled = False
        """Whether the log stands where the user wants it, or where it was to be opened."""

    def body(self) -> Iterable[Widget]:
        """The log."""
        yield LogView(id="log")

    def crumbs(self) -> tuple[str, ...]:
        """Run, job, and the section that one is in."""
        if self.job is None or self.pipeline_run is None:
            return ("lineside", "log")
        section = (section_words(self._section, self.now()),) if self._section else ()
        number = f"#{self.pipeline_run.git_pipeline_id}"
        return ("lineside", self.project_of(self.job), number, log_heading(self.job), *section)

    def topics(self) -> Sequence[str]:
        """The job's log and its run."""
        run = [f"run:{self.job.pipeline_run_id}"] if self.job else []
        return [f"log:{self.job_id}", *run]

    def log_path(self) -> Path:
        """The file that holds what we have of the log."""
        assert self.feed is not None
        return self.feed.context.logs.path(self.job_id)

    def log_name(self) -> str:
        """Project, job and its number."""
        if self.job is None:
            return "log"
        return f"{self.project_of(self.job)}-{self.job.name}-{self.job.git_job_id}"

    # Reading

    async def on_mount(self) -> None:
        """Show the log at once, before the engine is told of it; notice when another section comes into sight."""
        self.watch(self.view, "scroll_y", self._note_section, init=False)
        self.work(self._open, group="open")

    async def reload(self) -> None:
        """Read the job and what its log waits for; show the log, or what is new of it."""
        feed = self.feed
        if feed is None or not await self._open() or self.job is None:
            return
        store = feed.context.store
        self.pipeline_run = await store.get(PipelineRun, self.job.pipeline_run_id)
        self._reason = await store.get(SyncState, f"log:{self.job_id}")
        self._show_status()
        self._note_section()
        self.refresh_frame()
        await feed.look_at(self.topics())
        if not self._touched:
            self._touched = True
            await asyncio.to_thread(feed.context.logs.touch, self.job_id)

    async def _open(self) -> bool:
        """Read the job, show its log; whether there is such a job."""
        if self.feed is None:
            return False
        self.job = await self.feed.context.store.get(JobRun, self.job_id)
        if self.job is None:
            self.view.set_status(Cell("this job is not in the store", "warning"))
            return False
        if self.index is None:
            self.index = LogIndex(self.log_path())
            self.view.open(self.index)
        else:
            self.view.grow()
        self._place()
        return True

    def _place(self) -> None:
        """A failed job's log is shown where it fails; again as more of it comes, until the user goes elsewhere."""
        job, index = self.job, self.index
        if self._settled or job is None or index is None or not index.lines:
            return
        if job.status != "failed" or self._went_away():
            self._settled = True
        elif index.size != self._placed_at:
            with self.view.prevent(LogView.FollowChanged):
                shown = self.view.show_failing()
            if not self.view.size:
                self.call_after_refresh(self._lower)
            else:
                self._follows = self.view.following
            self._placed_at = index.size if shown else None
            self._settled = is_whole(job, index.size)

    def _lower(self) -> None:
        """Now that the height is known, put the line that was gone to below what led to it."""
        if self.is_attached and self.view.current == self.view.hit:
            with self.view.prevent(LogView.FollowChanged):
                self.view.jump(self.view.row_of(self.view.hit) - self.view.page // CONTEXT)
            self._follows = self.view.following

    def _went_away(self) -> bool:
        """Whether the user is not where the log was placed; before that, it follows its end."""
        if self._placed_at is None:
            return not self.view.following
        return self.view.current != self.view.hit

    def _show_status(self) -> None:
        if self.job is None or self.feed is None:
            return
        held = self.feed.context.logs.size(self.job_id)
        self.view.set_status(log_status(self.job, held, self._reason, self._connection()))

    def _connection(self) -> Connection | None:
        connections = self.feed.overview.connections if self.feed else ()
        return next((one for one in connections if self.job is not None and one.id == self.job.connection), None)

    def _note_section(self) -> None:
        """Name the section of the current line in the first line of the screen, when it is another one."""
        section = None
        if self.index is not None and self.index.lines:
            start = self.view.section_of(self.view.current)
            section = next((one for one in self.index.sections if one.start == start), None)
        if section != self._section:
            self._section = section
            with suppress(NoMatches):  # when the screen ends, the frame goes first, and the log scrolls
                self.refresh_frame()

    async def data_changed(self, changes: Changes) -> None:
        """The job, its log, or what it waits for changed."""
        put, deleted = changes.put, changes.deleted
        mine = {self.job_id, f"log:{self.job_id}", self.pipeline_run.id if self.pipeline_run else ""}
        kinds = (JobRun, PipelineRun, SyncState)
        if any(mine & {*put.get(kind, ()), *deleted.get(kind, ())} for kind in kinds):
            self.load()
        else:
            self._show_status()

    def tick(self) -> None:
        """Take over what was appended meanwhile."""
        if self.index is not None and self.job is not None and not self.job.log.complete:
            self.view.grow()
            self._place()
            self._note_section()

    def on_unmount(self) -> None:
        """Let go of the file."""
        if self.index is not None:
            self.index.close()

    def on_log_view_follow_changed(self, message: LogView.FollowChanged) -> None:
        """Say whether the end is followed, when that is news."""
        if message.following == self._follows:
            message.prevent_default()
        self._follows = message.following

    # Commands

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

    async def _jobs_of_run(self) -> Sequence[JobRun]:
        if self.feed is None or self.job is None:
            return ()
        where = {"pipeline_run_id": self.job.pipeline_run_id}
        return (await self.feed.context.store.page(JobRun, where=where, limit=JOBS)).records

    async def do_log_attempts(self) -> None:
        """`a`: two attempts of the job side by side."""
        from tui.screens.attempts import AttemptsScreen

        pair = two_attempts(self.job, await self._jobs_of_run()) if self.job else None
        if pair is None:
            self.say("there is only this attempt of the job", "dim")
        else:
            self.dashboard.push_screen(AttemptsScreen(*(job.id for job in pair)))

    def do_log_merged(self) -> None:
        """`A`: the logs of all running jobs of the run."""
        from tui.screens.merged import MergedScreen

        if self.job is not None:
            self.dashboard.push_screen(MergedScreen(self.job.pipeline_run_id))

    async def do_log_next_job(self) -> None:
        """`}`: the next job's log."""
        await self._neighbour(1)

    async def do_log_previous_job(self) -> None:
        """`{`: the previous job's log."""
        await self._neighbour(-1)

    async def _neighbour(self, step: int) -> None:
        """Go to another job that has a log, in the order of the run's screen; say where there is none further."""
        if self.job is None or self.pipeline_run is None:
            return
        jobs = {self.job.pipeline_run_id: await self._jobs_of_run()}
        tree = job_tree(self.pipeline_run, jobs, {}, attempts=self.job.retried)
        ids = [node.job.id for node in tree if node.job and (node.job.id == self.job_id or has_log(node.job))]
        place = ids.index(self.job_id) + step if self.job_id in ids else 0
        if 0 <= place < len(ids):
            self.dashboard.switch_screen(LogScreen(ids[place]))
        else:
            self.say(f"this is the {'last' if step > 0 else 'first'} job of the run that has a log", "dim")
