"""Merged: the logs of all running jobs of a run in one, live, each line with its job's name in front."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from data.config.paths import state_dir
from data.logtext import LogIndex, error_pattern
from data.logtext.merge import NAME_CELLS, JobLog, MergedLog
from data.logtext.tap import ERROR_LINES
from data.model.run import JobRun, PipelineRun
from styles import sheet
from tui.family import read_family
from tui.present.jobs import job_tree
from tui.present.log import has_log, merged_names, merged_status
from tui.reading import Reading
from tui.screens.base import LinesideScreen, bindings
from tui.seldom import Seldom
from widgets.cells import Cell
from widgets.logview import LogView

if TYPE_CHECKING:
    from data.store.port import Changes
    from widgets.logsearch import LineSearch

FOLLOWED = 50
"""Logs that are merged at most; each one that still grows asks the server every few seconds."""
EVERY = 0.5
"""Seconds between two looks at the logs."""
SECTIONS = frozenset({"log.fold", "log.fold_all", "log.next_section", "log.previous_section", "log.sections"})
"""Commands that make no sense here."""
FOLDER = "merged"
"""Folder of spools, below that of our state."""


class MergedView(LogView):
    """A log whose lines have a name in front, so that errors are found by the sign beside it."""

    def start_search(self, pattern: re.Pattern[str], line: int) -> LineSearch:
        """Search for `pattern`, first from `line` on."""
        return super().start_search(ERROR_LINES if pattern is error_pattern() else pattern, line)


class MergedScreen(Reading, LinesideScreen):
    """The logs of one run and its child pipelines. When nothing runs, those of all jobs that have one."""

    NAME = "merged"
    TAB = "runs"
    BINDINGS = bindings("merged")
    AUTO_FOCUS = "#log"
    CSS_PATH: ClassVar = [sheet("log")]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.run: PipelineRun | None = None
        self.index: LogIndex | None = None
        self.merged: MergedLog | None = None
        self.followed: dict[str, JobRun] = {}
        """Jobs whose logs are merged, by id; one that has ended stays."""
        self._names: dict[str, str] = {}
        self._more = 0
        """Jobs that have a log and are not followed."""
        self._pumping = False
        self._seldom = Seldom()

    def body(self) -> Iterable[Widget]:
        """The log."""
        yield MergedView(id="log")

    def crumbs(self) -> tuple[str, ...]:
        """Run."""
        if self.run is None:
            return ("lineside", "all jobs")
        names = self.feed.overview.names if self.feed else {}
        return ("lineside", names.get(self.run.project_id, ""), f"#{self.run.git_pipeline_id}", "all jobs")

    def topics(self) -> Sequence[str]:
        """The run, and the logs that may still grow."""
        growing = [f"log:{job.id}" for job in self.followed.values() if not job.log.complete]
        return [f"run:{self.run_id}", *growing]

    def log_path(self) -> Path:
        """The file with all of them."""
        assert self.merged is not None
        return self.merged.path

    def log_name(self) -> str:
        """Project and run."""
        return "-".join(self.crumbs()[1:3]).replace("#", "")

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if self.index is None and id in {"log.save", "log.editor", "log.pager"}:
            return "there is no log yet"
        if id in SECTIONS:
            return "those of several jobs overlap here"
        return super().why_not(id)

    async def on_mount(self) -> None:
        """Look at the logs from time to time."""
        self.set_interval(EVERY, self._pump_in_turn)

    async def reload(self) -> None:
        """Read the jobs of the run, and choose those to follow."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        self.run = await store.get(PipelineRun, self.run_id)
        if self.run is None:
            self.view.set_status(Cell("this run is not in the store", "warning"))
            return
        family = await read_family(store, self.run)
        tree = job_tree(self.run, family.jobs, family.children, attempts=False)
        self._choose([node.job for node in tree if node.job is not None and not node.job.bridge])
        if self.merged is None:
            self.merged = MergedLog(state_dir() / FOLDER, self._names.values())
        self._show_status()
        self.refresh_frame()
        await feed.look_at(self.topics())
        self._pump_soon()

    def _choose(self, jobs: Sequence[JobRun]) -> None:
        """Follow the running jobs and those that were followed before; where there is none, all with a log."""
        running = [job for job in jobs if job.status == "running" or job.id in self.followed]
        wanted = running or [job for job in jobs if has_log(job)]
        self._more = max(0, len(wanted) - FOLLOWED)
        self._names = merged_names(jobs, NAME_CELLS)
        kept = sorted(wanted, key=lambda job: job.id not in self.followed)[:FOLLOWED]
        ids = {job.id for job in kept}
        self.followed.update({job.id: job for job in wanted if job.id in ids})

    def _show_status(self) -> None:
        connections = self.feed.overview.connections if self.feed else ()
        ours = next((one for one in connections if self.run is not None and one.id == self.run.connection), None)
        dropped = self.merged is not None and self.merged.dropped
        self.view.set_status(merged_status(list(self.followed.values()), self._more, ours, dropped=dropped))

    # Merging

    def _pump_in_turn(self) -> None:
        if self._seldom.is_due(self.app.app_focus):
            self._pump_soon()

    def _pump_soon(self) -> None:
        if self.merged is not None and not self._pumping and self.is_attached:
            self._pumping = True
            self.work(self._pump, group="pump")

    async def _pump(self) -> None:
        """Take over, in another thread, what was written to the logs, and show it."""
        try:
            more = True
            while more and self.merged is not None and self.is_attached:
                more = await asyncio.to_thread(self.merged.pump, self._logs(), time.monotonic())
                self._show()
        finally:
            self._pumping = False

    def _logs(self) -> list[JobLog]:
        assert self.feed is not None
        files = self.feed.context.logs
        return [
            JobLog(job.id, self._names.get(job.id, job.name), files.path(job.id), job.log.complete)
            for job in self.followed.values()
        ]

    def _show(self) -> None:
        if self.merged is None or not self.is_attached:
            return
        if self.index is None:
            self.index = LogIndex(self.merged.path)
            self.view.open(self.index)
        else:
            self.view.grow()
        self._show_status()

    async def data_changed(self, changes: Changes) -> None:
        """Jobs of the run changed, or began."""
        if changes.put.get(JobRun) or self.run_id in changes.put.get(PipelineRun, ()):
            self.load()

    def on_unmount(self) -> None:
        """Let go of the files, and remove the spool; a thread that writes into it is waited for, elsewhere."""
        if self.index is not None:
            self.index.close()
        if self.merged is not None:
            threading.Thread(target=self.merged.close, name="merged-close").start()
