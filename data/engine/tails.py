"""Job logs: fetched when somebody opens them, followed while the job runs, shared by all who read them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.server import Lane
from data.errors import NotFound, SourceError, StoreError
from data.model import JobRun, LogState, SyncState
from data.model.vocabulary import FINISHED
from data.sources.gitlab import Trace
from data.store.logs import LogFiles

log = logging.getLogger(__name__)

TAIL: Final = 64
"""Bytes of what we hold that are compared with what the server sends."""
RUNNER_PACE: Final = "the runner sends every 60 s unless someone watches the job in the browser"
"""What a quiet log waits for (GitLab docs, ci/jobs/job_logs: 3 s while it is watched in the web UI, else 60 s)."""
UNSTARTED: Final = frozenset({"created", "pending", "preparing", "waiting_for_resource", "waiting_for_callback"})
"""Statuses of a job that has no log yet."""


class Tails:
    """The logs of one project that are being read."""

    def __init__(self, context: ProjectContext, files: LogFiles) -> None:
        self._context, self._files = context, files
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._looked = asyncio.Event()

    def wake(self) -> None:
        """Viewers look at something else."""
        self._looked.set()

    async def run(self) -> None:
        """Follow what viewers open, until cancelled."""
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
        prefix = f"{self._context.id}:"
        wanted = {id for id in self._context.board.ids("log") if id.startswith(prefix) or id in self._tasks}
        runs: set[str] = set()
        for job_id in wanted - self._tasks.keys():
            tail = Tail(self._context, self._files, job_id, partial(self._is_read, job_id))
            self._tasks[job_id] = asyncio.create_task(tail.run(), name=f"log {job_id}")
        for job_id in self._tasks.keys() - wanted:
            self._tasks.pop(job_id).cancel()
        if wanted:
            jobs = await self._context.store.get_many(JobRun, sorted(wanted))
            runs = {job.pipeline_run_id for job in jobs.values() if job.status not in FINISHED}
        if runs != self._context.log_runs:
            self._context.log_runs = frozenset(runs)

    def _is_read(self, job_id: str) -> bool:
        return job_id in self._context.board.ids("log")


class Tail:
    """One log."""

    def __init__(self, context: ProjectContext, files: LogFiles, job_id: str, is_read: Callable[[], bool]) -> None:
        self._context, self._files, self._id, self._is_read = context, files, job_id, is_read
        self._quiet = 0
        self._held = LogState()
        self._written = LogState()
        self._written_at = float("-inf")
        self._said = ""
        self._over_since: float | None = None

    async def run(self) -> None:
        """Fetch until the log is complete or nobody reads it; a failure is said and tried again."""
        while True:
            try:
                job = await self._job()
                if job is None or job.bridge:
                    return
                ended = await self._follow(job)
            except (SourceError, StoreError) as error:
                log.warning("log %s: %s", self._id, error)
                await self._say(error.message, error.hint)
                ended = isinstance(error, NotFound)
                self._quiet += 1
            if ended or not self._is_read():
                return
            await asyncio.sleep(self._pause())

    async def _job(self) -> JobRun | None:
        job = await self._context.store.get(JobRun, self._id)
        if job is not None and self._held == LogState():
            size = await asyncio.to_thread(self._files.size, self._id)
            self._held = self._written = replace(job.log, size=size, complete=job.log.complete and size == job.log.size)
        return job

    async def _follow(self, job: JobRun) -> bool:
        """Fetch what is new; whether the log is complete."""
        if self._held.complete and self._held.size:
            return True
        if job.status in UNSTARTED:
            await self._say(f"the job has not started: it is {job.status.replace('_', ' ')}", "")
            self._quiet += 1
            return False
        settled = self._is_over(job)
        more = True
        came = 0
        while more:
            trace = await self._fetch(job)
            came += len(trace.data)
            await self._take(trace)
            more = trace.more
        self._quiet = 0 if came else self._quiet + 1
        if settled:
            self._held = replace(self._held, complete=True)
        await self._write(force=settled or self._quiet > 0)
        await self._say("" if came or settled else RUNNER_PACE, "")
        return settled

    def _is_over(self, job: JobRun) -> bool:
        """Whether the job ended so long ago that the fetch that begins now is the last one."""
        if job.status not in FINISHED:
            return False
        now = time.monotonic()
        self._over_since = now if self._over_since is None else self._over_since
        settle = self._context.timing.tail_settle
        ended = job.completion or job.created
        long_ago = ended is not None and datetime.now(UTC) - ended > timedelta(seconds=settle)
        return long_ago or now - self._over_since >= settle

    async def _fetch(self, job: JobRun) -> Trace:
        size = self._held.size
        tail = await asyncio.to_thread(self._files.read, self._id, max(size - TAIL, 0), TAIL) if size else b""
        return await self._context.server.call(
            lambda source: source.trace(job.git_project_id, job.git_job_id, size, tail),
            rank=Rank.PERSON,
            lane=Lane.LOGS,
        )

    async def _take(self, trace: Trace) -> None:
        held = self._held
        if trace.reset and not trace.data:
            # Erased on the server: what we hold is all that is left of it, so it stays readable.
            self._held = replace(held, erased=held.size > 0, complete=True)
            return
        if trace.reset:
            await asyncio.to_thread(self._files.reset, self._id)
            held = replace(held, size=0, generation=held.generation + 1, complete=False, erased=False)
        if trace.data:
            size = await asyncio.to_thread(self._files.append, self._id, held.size, trace.data)
            held = replace(held, size=size, kept_since=held.kept_since or datetime.now(UTC))
        self._held = held
        await self._write(force=trace.reset)

    async def _write(self, *, force: bool) -> None:
        """Tell viewers, a few times a second at most."""
        if self._held == self._written:
            return
        now = time.monotonic()
        if not force and now - self._written_at < self._context.timing.tail_write:
            return
        held = self._held
        await self._context.desk.edit(self._context.id, JobRun, self._id, lambda job: replace(job, log=held))
        self._written, self._written_at = held, now

    async def _say(self, message: str, hint: str) -> None:
        """What the log waits for, as a `SyncState` of its own: viewers show it below the last line."""
        if f"{message}{hint}" == self._said:
            return
        self._said = f"{message}{hint}"
        project = self._context.project
        if not self._said:
            await self._context.store.delete(SyncState, [f"log:{self._id}"])
            return
        state = SyncState(
            id=f"log:{self._id}",
            connection=project.connection,
            what=f"log:{self._id}",
            project_id=project.id,
            last_error=message,
            hint=hint,
        )
        await self._context.desk.put(self._context.id, [state])

    def _pause(self) -> float:
        steps = self._context.timing.tail_steps
        return steps[min(self._quiet, len(steps) - 1)]


async def drop_oldest(files: LogFiles, quota: int, reading: frozenset[str]) -> int:
    """Delete the logs that were not written for longest until `quota` bytes are kept (0: all); returns bytes freed."""
    return await asyncio.to_thread(_drop_oldest, files, quota, reading)


def _drop_oldest(files: LogFiles, quota: int, reading: frozenset[str]) -> int:
    excess = files.total() - quota if quota else 0
    if excess <= 0:
        return 0
    open_now = {files.path(job_id) for job_id in reading}
    freed = 0
    found = [(path.stat(), path) for path in files.root.rglob("*.log") if path not in open_now]
    for stat, path in sorted(found, key=lambda one: one[0].st_mtime):
        if freed >= excess:
            break
        path.unlink(missing_ok=True)
        freed += stat.st_size
    return freed
