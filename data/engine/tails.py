"""Job logs that are read: fetched when somebody opens them, followed while the job runs, shared by all readers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.logcopy import Fetch, LogCopy
from data.engine.runs import MAX_DEPTH
from data.engine.server import Lane
from data.errors import NotFound, SourceError, StoreError
from data.model import JobRun, LogState, PipelineRun, SyncState
from data.model.vocabulary import FINISHED
from data.store.logs import LogChanged, LogStore

log = logging.getLogger(__name__)

RUNNER_PACE: Final = "the runner sends every 60 s unless someone watches the job in the browser"
"""What a quiet log waits for (GitLab docs, ci/jobs/job_logs: 3 s while it is watched in the web UI, else 60 s)."""
GONE: Final = "the log expired or was erased on the server; what is held here stays"
"""Said of a log that we hold and the server does not."""
NEVER_RAN: Final = "the job never ran, so it has no log"
"""Said of a finished job that no runner took."""
NOTHING: Final = "the server holds no log of this job: it expired, was erased, or the job printed nothing"
"""Said of a finished job without any log."""
UNSTARTED: Final = {
    "created": "the job waits for the jobs before it",
    "pending": "the job waits for a runner",
    "preparing": "the job is being prepared",
    "waiting_for_resource": "the job waits for a resource that another job holds",
    "waiting_for_callback": "the job waits for an answer from outside",
    "manual": "the job waits for a person to start it",
    "scheduled": "the job starts at its scheduled time",
}
"""What a job that has no log yet waits for, by its status (GitLab docs, ci/jobs, and its source, has_status.rb)."""
LONG_AGO: Final = timedelta(minutes=5)
"""A job that ended earlier has its whole log on the server, whatever the difference between the clocks."""
LOAD: Final = 4.0
"""Where the server sends the whole log every time, so many times as long as that took nothing is asked for."""
LONGEST: Final = 60.0
"""Longest wait in seconds for that reason."""
STATE: Final = "log:"
"""Beginning of the ids of `SyncState`s that say what a log waits for."""
STATES: Final = 1000
"""Such states of a project that are read at a time."""


class Tails:
    """The logs of one project that are being read."""

    def __init__(self, context: ProjectContext, files: LogStore) -> None:
        self._context, self._files = context, files
        self._tails: dict[str, Tail] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._below: dict[str, bool] = {}
        self._looked = asyncio.Event()

    def wake(self) -> None:
        """Viewers look at something else."""
        self._looked.set()

    def tell(self, jobs: Collection[str]) -> None:
        """Records of jobs changed: perhaps one that is read has ended."""
        if not self._tasks.keys().isdisjoint(jobs):
            self._looked.set()

    async def run(self) -> None:
        """Follow what viewers open, until cancelled."""
        await self._forget_states()
        try:
            while True:
                self._looked.clear()
                await self._adjust()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._context.timing.interests if self._tasks else None):
                        await self._looked.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()

    async def _adjust(self) -> None:
        read = self._context.board.ids("log")
        wanted = {id for id in read if await self._is_ours(id)}
        for job_id in wanted - self._tasks.keys():
            self._start(job_id)
        left = self._tasks.keys() - wanted
        for job_id in left:
            self._tails.pop(job_id)
            self._tasks.pop(job_id).cancel()
        await self._context.desk.delete(self._context.id, SyncState, [f"{STATE}{job_id}" for job_id in left])
        self._below = {id: ours for id, ours in self._below.items() if id in read}
        runs: set[str] = set()
        if wanted:
            jobs = await self._context.store.get_many(JobRun, sorted(wanted))
            runs = {job.pipeline_run_id for job in jobs.values() if job.status not in FINISHED}
            for job in jobs.values():
                if not self._tasks[job.id].done():
                    self._tails[job.id].heard(job.status)
                elif self._tails[job.id].has_missed(job):
                    self._start(job.id)
        if runs != self._context.log_runs:
            self._context.log_runs = frozenset(runs)

    def _start(self, job_id: str) -> None:
        tail = self._tails[job_id] = Tail(self._context, self._files, job_id, partial(self._is_read, job_id))
        self._tasks[job_id] = asyncio.create_task(tail.run(), name=f"log {job_id}")

    async def _is_ours(self, job_id: str) -> bool:
        """Whether it is a job of this project, or of a run below it in a project that nobody copies."""
        project = job_id.rsplit(":", 2)[0]
        if project == self._context.id or job_id in self._tasks:
            return True
        if project in self._context.siblings:
            return False
        if job_id not in self._below:
            self._below[job_id] = await self._is_below(job_id)
        return self._below[job_id]

    async def _is_below(self, job_id: str) -> bool:
        store = self._context.store
        job = await store.get(JobRun, job_id)
        run_id = job.pipeline_run_id if job is not None else ""
        for _ in range(MAX_DEPTH):
            run = await store.get(PipelineRun, run_id) if run_id else None
            if run is None:
                return False
            if run.project_id == self._context.id:
                return True
            run_id = run.parent_run_id
        return False

    async def _forget_states(self) -> None:
        """Drop what an engine before us said and could not take back."""
        page = await self._context.store.page(SyncState, where={"project_id": self._context.id}, limit=STATES)
        stale = [state.id for state in page.records if state.id.startswith(STATE)]
        await self._context.desk.delete(self._context.id, SyncState, stale)

    def _is_read(self, job_id: str) -> bool:
        return job_id in self._context.board.ids("log")


class Tail:
    """One log, for as long as `is_read` says that somebody reads it."""

    def __init__(self, context: ProjectContext, files: LogStore, job_id: str, is_read: Callable[[], bool]) -> None:
        self._context, self._id, self._is_read = context, job_id, is_read
        self._copy = LogCopy(context, files, job_id, rank=Rank.PERSON, lane=Lane.LOGS)
        self._quiet = 0
        self._said = ""
        self._status = ""
        self._was_going = self._asked = self._changed = self._finished = False
        self._over_since: float | None = None
        self._least = 0.0
        self._news = asyncio.Event()

    def heard(self, status: str) -> None:
        """The job has this status now; a new one ends the wait."""
        if self._status and status != self._status:
            self._news.set()

    def has_missed(self, job: JobRun) -> bool:
        """Whether this tail ended too early: viewers came back, the job runs again, or its log was erased since."""
        held = self._copy.held
        erased = job.erased is not None and held.complete and not held.erased
        return not self._finished or job.status != self._status or erased

    async def run(self) -> None:
        """Fetch until the log is complete or nobody reads it; a failure is said and tried again."""
        while True:
            self._news.clear()
            try:
                ended = await self._follow()
            except LogChanged:  # another engine wrote, or the log was dropped here: its size is read again, at once
                self._changed = not self._changed
                if self._changed:
                    continue
                ended = False
            except (SourceError, StoreError) as error:
                log.warning("log %s: %s", self._id, error)
                await self._say(error.message, error.hint)
                ended = isinstance(error, NotFound)
                self._quiet += 1
            except Exception:  # a fault of ours in one log must not end the others
                log.exception("log %s", self._id)
                await self._say("something went wrong in the engine; it is tried again")
                ended, self._quiet = False, self._quiet + 1
            if ended or not self._is_read():
                self._finished = ended
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._news.wait()

    async def _follow(self) -> bool:
        """Fetch what is new; whether that was the last time."""
        job = await self._copy.load()
        if job is None:
            self._quiet += 1
            return False
        self._status = job.status
        if job.erased is not None:
            await self._copy.mark_erased()
        held = self._copy.held
        if job.bridge or (held.complete and held.size and (not held.erased or job.erased is not None or self._asked)):
            await self._say(GONE if held.erased else "")
            return True
        if job.status in UNSTARTED:
            await self._say(waits_for(job))
            self._quiet += 1
            return False
        last = self._is_over(job)
        if last and job.start is None and not held.size:
            await self._say(NEVER_RAN)
            return True
        fetch = await self._copy.fetch(job, last=last, wait=self._say_wait)
        self._asked, self._changed = True, False
        self._quiet = 0 if fetch.came else self._quiet + 1
        self._least = min(LOAD * fetch.seconds, LONGEST) if fetch.how == "whole" else 0.0
        held = self._copy.held
        await self._say(_told(job, held, fetch))
        return held.complete

    def _is_over(self, job: JobRun) -> bool:
        """Whether the job ended so long ago that the fetch that begins now is the last one."""
        if job.status not in FINISHED:
            self._was_going, self._over_since = True, None
            return False
        now = time.monotonic()
        self._over_since = now if self._over_since is None else self._over_since
        ended = job.completion or job.created
        long_ago = not self._was_going and ended is not None and datetime.now(UTC) - ended > LONG_AGO
        return long_ago or now - self._over_since >= self._context.timing.tail_settle

    def _pause(self) -> float:
        """Seconds until the next fetch."""
        timing = self._context.timing
        if self._over_since is not None and (left := self._over_since + timing.tail_settle - time.monotonic()) > 0:
            return left
        return max(timing.tail_steps[min(self._quiet, len(timing.tail_steps) - 1)], self._least)

    async def _say_wait(self) -> None:
        if reason := self._context.server.why_waiting(Rank.PERSON):
            await self._say(reason)

    async def _say(self, message: str, hint: str = "") -> None:
        """What the log waits for, as a `SyncState` of its own: viewers show it below the last line."""
        if f"{message}{hint}" == self._said:
            return
        self._said = f"{message}{hint}"
        project, name = self._context.project, f"{STATE}{self._id}"
        try:
            if not self._said:
                await self._context.desk.delete(self._context.id, SyncState, [name])
                return
            state = SyncState(
                id=name,
                connection=project.connection,
                what=name,
                project_id=project.id,
                last_error=message,
                hint=hint,
            )
            await self._context.desk.put(self._context.id, [state])
        except StoreError as error:
            log.warning("log %s: %s", self._id, error)


def waits_for(job: JobRun) -> str:
    """What a job that has not begun waits for."""
    reason = UNSTARTED[job.status]
    if job.status == "pending" and job.runner_tags:
        return f"{reason} with the tag{'s' * (len(job.runner_tags) > 1)} {', '.join(job.runner_tags)}"
    return reason


def _told(job: JobRun, held: LogState, fetch: Fetch) -> str:
    if held.erased:
        return GONE if held.size else NOTHING
    return "" if held.complete or fetch.came or job.status in FINISHED else RUNNER_PACE
