"""Attempts: the logs of two attempts of one job, side by side or, where it is narrow, one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from data.logtext import LogIndex
from data.model.run import JobRun, PipelineRun
from data.model.work import SyncState
from styles import sheet
from tui.present.log import attempt_heading, log_status
from tui.reading import Reading
from tui.screens.base import LinesideScreen, bindings
from widgets.facts import Facts
from widgets.logview import LogView

if TYPE_CHECKING:
    from data.store.port import Changes
    from widgets.prompt import Prompt

WIDE = 100
"""Columns from which on two logs fit beside each other."""


class Half(Vertical):
    """One attempt: a line about it above its log. What is searched for and filtered by is its own."""

    def __init__(self, job_id: str, place: int) -> None:
        super().__init__(classes="-newer" if place else "-older")
        self.job_id = job_id
        self.job: JobRun | None = None
        self.reason: SyncState | None = None
        self.index: LogIndex | None = None
        self.searched = self.filtered_by = ""
        self.view = LogView(id=f"log-{place}")
        self.heading = Facts(1)
        self._placed = False
        self._follows = True

    def compose(self) -> Iterable[Widget]:
        """Heading and log."""
        yield self.heading
        yield self.view

    def show(self, path: Path) -> None:
        """Open the log, or take over what was appended; a failed one is shown where it fails."""
        if self.index is None:
            self.index = LogIndex(path)
            self.view.open(self.index)
        else:
            self.view.grow()
        if not self._placed and self.index.lines and self.job is not None:
            self._placed = True
            if self.job.status == "failed":
                with self.view.prevent(LogView.FollowChanged):
                    self.view.show_failing()
                self._follows = self.view.following

    def on_log_view_follow_changed(self, message: LogView.FollowChanged) -> None:
        """What happens while a log opens is not news."""
        if message.following == self._follows:
            message.stop()
        self._follows = message.following

    def on_unmount(self) -> None:
        """Let go of the file."""
        if self.index is not None:
            self.index.close()


class AttemptsScreen(Reading, LinesideScreen):
    """Two attempts of a job; `tab` goes from one to the other, keys work on the one that has the focus."""

    NAME = "attempts"
    TAB = "runs"
    BINDINGS = bindings("attempts")
    AUTO_FOCUS = "#log-1"
    CSS_PATH: ClassVar = [sheet("log"), sheet("attempts")]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]

    def __init__(self, older: str, newer: str) -> None:
        super().__init__()
        self.halves = (Half(older, 0), Half(newer, 1))
        self.half = self.halves[1]
        """The one that keys work on."""
        self.pipeline_run: PipelineRun | None = None

    def body(self) -> Iterable[Widget]:
        """The two logs."""
        yield Horizontal(*self.halves, id="attempts")

    @property
    def view(self) -> LogView:
        """The log that keys work on."""
        return self.half.view

    @property
    def index(self) -> LogIndex | None:  # type: ignore[override]
        """The lines of that log."""
        return self.half.index

    def crumbs(self) -> tuple[str, ...]:
        """Run and job."""
        job, run = self.half.job, self.pipeline_run
        if job is None or run is None:
            return ("lineside", "attempts")
        names = self.feed.overview.names if self.feed else {}
        return ("lineside", names.get(job.project_id, ""), f"#{run.git_pipeline_id}", job.name, "attempts")

    def topics(self) -> Sequence[str]:
        """Both logs."""
        return [f"log:{half.job_id}" for half in self.halves]

    def log_path(self) -> Path:
        """The file of the log that keys work on."""
        assert self.feed is not None
        return self.feed.context.logs.path(self.half.job_id)

    def log_name(self) -> str:
        """Job and its number."""
        job = self.half.job
        return f"{job.name}-{job.git_job_id}" if job else "log"

    async def reload(self) -> None:
        """Read both jobs, show their logs."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        jobs = await store.get_many(JobRun, [half.job_id for half in self.halves])
        reasons = await store.get_many(SyncState, self.topics())
        for half in self.halves:
            half.job = jobs.get(half.job_id)
            half.reason = reasons.get(f"log:{half.job_id}")
            half.show(feed.context.logs.path(half.job_id))
        if self.half.job is not None:
            self.pipeline_run = await store.get(PipelineRun, self.half.job.pipeline_run_id)
        self._describe()
        self.refresh_frame()
        await feed.look_at(self.topics())

    def _describe(self) -> None:
        """Head and last line of both."""
        if self.feed is None:
            return
        connections = {one.id: one for one in self.feed.overview.connections}
        for half in self.halves:
            if half.job is not None:
                half.heading.update([attempt_heading(half.job, self.now(), chosen=half is self.half)])
                held = self.feed.context.logs.size(half.job_id)
                half.view.set_status(log_status(half.job, held, half.reason, connections.get(half.job.connection)))

    async def data_changed(self, changes: Changes) -> None:
        """A job, or what a log waits for, changed."""
        ids = {half.job_id for half in self.halves}
        reasons = {*changes.put.get(SyncState, ()), *changes.deleted.get(SyncState, ())}
        if ids & set(changes.put.get(JobRun, ())) or reasons & set(self.topics()):
            self.load()

    def tick(self) -> None:
        """Take over what was appended meanwhile."""
        if self.feed is not None:
            for half in self.halves:
                if half.job is not None and not half.job.log.complete:
                    half.show(self.feed.context.logs.path(half.job_id))
            self._describe()

    def _close_prompt(self, prompt: Prompt) -> None:
        """Give the focus back to the log that had it."""
        super()._close_prompt(prompt)
        self.half.view.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Keys work on the other log, with its own search and filter."""
        half = next((half for half in self.halves if half.view is event.widget), self.half)
        if half is self.half:
            return
        self.half.searched, self.half.filtered_by = self.searched, self.filtered_by
        self.searched, self.filtered_by = half.searched, half.filtered_by
        self.half = half
        self._describe()
        self.refresh_frame()
