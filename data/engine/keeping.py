"""Keeps the logs of chosen pipelines: fetches them in the background as soon as their jobs have ended.

Jobs that ended while no engine ran are found by a sweep over the configured history. One log of a connection is fetched
at a time, at the lowest rank; a log that somebody opens meanwhile is left to them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.logcopy import LogCopy
from data.engine.quota import Quota
from data.engine.runs import MAX_DEPTH
from data.engine.server import Lane
from data.errors import Forbidden, LinesideError, NotFound, RateLimited, SourceError, StoreError, Unreachable
from data.model import JobRun, PipelineRun
from data.model.vocabulary import FINISHED
from data.store.logs import LogStore
from data.store.port import Between, Sort, Where

log = logging.getLogger(__name__)

BATCH: Final = 200
"""Jobs that are looked up together."""
TRIES: Final = 3
"""How often a log that cannot be fetched is tried until the next sweep."""
LATELY: Final = timedelta(hours=1)
"""A job that ended so long before the engine saw it counts as one of earlier days."""
NEWEST: Final = Sort("created", descending=True)


class Keeper:
    """Keeps the logs of one project. `window` is how many seconds back jobs are looked for, 0 for no limit."""

    def __init__(self, context: ProjectContext, files: LogStore, quota: Quota, window: float) -> None:
        self._context, self._files, self._quota, self._window = context, files, quota, window
        self._waiting: dict[str, float] = {}
        self._passed_over: set[str] = set()
        """Jobs that this sweep leaves alone."""
        self._too_large: set[str] = set()
        """Jobs whose logs are larger than all that may be kept: fetched once, dropped again, and then left alone."""
        self._tries: dict[str, int] = {}
        self._news = asyncio.Event()
        self._changed: set[str] = set()

    def tell(self, jobs: Collection[str]) -> None:
        """Records of jobs changed: perhaps some have ended."""
        self._changed.update(jobs)
        self._news.set()

    async def run(self) -> None:
        """Fetch logs until cancelled; without a setting there is nothing to do."""
        if not self._context.settings.keep_logs:
            return
        swept = float("-inf")
        while True:
            self._news.clear()
            if time.monotonic() - swept >= self._context.timing.sweep:
                swept = time.monotonic()
                await self._sweep()
            changed, self._changed = self._changed, set()
            jobs = await self._context.store.get_many(JobRun, sorted(changed))
            await self._plan(list(jobs.values()), self._later(self._context.timing.tail_settle), {})
            due = [job_id for job_id, at in self._waiting.items() if at <= time.monotonic()]
            if due:  # what has just ended goes first, then the newest of earlier days
                await self._keep(max(due, key=lambda job_id: self._waiting[job_id]))
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rest()):
                    await self._news.wait()

    def _later(self, seconds: float) -> float:
        return time.monotonic() + seconds

    def _rest(self) -> float:
        """Seconds until there may be something to do."""
        soonest = min(self._waiting.values(), default=float("inf")) - time.monotonic()
        return max(min(soonest, self._context.timing.sweep), 0.0)

    async def _sweep(self) -> None:
        """Find finished jobs whose logs are not here, the newest first."""
        self._passed_over.clear()
        self._tries.clear()
        since = datetime.now(UTC) - timedelta(seconds=self._window) if self._window else None
        where: Where = {
            "project_id": self._context.id,
            "status": sorted(FINISHED),
            "log_complete": False,
            "bridge": False,
            "created": Between(since, None),
        }
        at, chosen = self._later(self._context.timing.tail_settle), dict[str, bool]()
        after: str | None = None
        while True:
            page = await self._context.store.page(JobRun, where=where, sort=NEWEST, after=after, limit=BATCH)
            await self._plan(page.records, at, chosen)
            after = page.after
            if after is None:
                return

    async def _plan(self, jobs: Collection[JobRun], at: float, chosen: dict[str, bool]) -> None:
        """Plan what is to be fetched of these; `chosen` remembers the answers by run."""
        for job in jobs:
            ended = job.status in FINISHED and job.start is not None and not job.bridge
            planned = job.id in self._waiting or job.id in self._passed_over or job.id in self._too_large
            if not ended or job.log.complete or planned:
                continue
            if job.pipeline_run_id not in chosen:
                chosen[job.pipeline_run_id] = await self._is_chosen(job)
            if chosen[job.pipeline_run_id]:
                self._waiting[job.id] = at

    async def _is_chosen(self, job: JobRun) -> bool:
        """Whether it is a job of a pipeline whose logs are kept; a child's is that of the run that started it."""
        run: PipelineRun | None = None
        above = job.pipeline_run_id
        for _ in range(MAX_DEPTH):
            found = await self._context.store.get(PipelineRun, above) if above else None
            if found is None:
                break
            run, above = found, found.parent_run_id
        if run is None or run.project_id != self._context.id:
            return False
        keep = self._context.settings.keep_logs
        return keep if isinstance(keep, bool) else run.pipeline_id.removeprefix(f"{self._context.id}:") in keep

    async def _keep(self, job_id: str) -> None:
        """Fetch one log to its end, unless somebody reads it."""
        del self._waiting[job_id]
        self._quota.busy.add(job_id)
        copy = LogCopy(self._context, self._files, job_id, rank=Rank.BACKGROUND, lane=Lane.KEPT)
        work = asyncio.create_task(self._fetch(copy), name=f"keep {job_id}")
        try:
            while not work.done() and not self._is_read(job_id):
                await asyncio.wait({work}, timeout=self._context.timing.interests)
            if work.done():
                await work
            else:
                self._again(job_id)
        except NotFound as error:
            log.info("log %s is not kept: %s", job_id, error)
            self._passed_over.add(job_id)
            if not copy.held.size:
                await copy.give_up()
        except Forbidden as error:
            log.info("log %s is not kept: %s", job_id, error)
            self._passed_over.add(job_id)
        except (Unreachable, RateLimited):
            self._again(job_id)
        except (SourceError, StoreError) as error:
            self._failed(job_id, error)
        finally:
            work.cancel()
            self._quota.busy.discard(job_id)

    def _is_read(self, job_id: str) -> bool:
        return job_id in self._context.board.ids("log")

    def _again(self, job_id: str) -> None:
        self._waiting[job_id] = self._later(self._context.timing.tail_steps[-1])

    def _failed(self, job_id: str, error: LinesideError) -> None:
        self._tries[job_id] = self._tries.get(job_id, 0) + 1
        if self._tries[job_id] < TRIES:
            self._again(job_id)
        else:
            log.warning("log %s is not kept: %s", job_id, error)
            self._passed_over.add(job_id)

    async def _fetch(self, copy: LogCopy) -> None:
        job = await copy.load()
        if job is None or copy.held.complete:
            return
        ended = job.completion or job.created
        earlier = ended is None or datetime.now(UTC) - ended > LATELY
        if earlier and not await self._quota.has_room():
            self._passed_over.add(copy.id)
            return
        fetch = await copy.fetch(job, last=True)
        if self._quota.limit and fetch.size > self._quota.limit:
            self._too_large.add(copy.id)
