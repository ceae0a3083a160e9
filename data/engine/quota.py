"""Drops logs that were not read for longest, until the rest fits; `lineside logs prune` chooses in the same order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from data.engine.desk import Desk
from data.engine.timing import Timing
from data.model import JobRun, LogState, PipelineRun
from data.model.vocabulary import FINISHED
from data.store.logs import LogStore, LogUse
from data.store.port import Store

log = logging.getLogger(__name__)

BATCH: Final = 200
"""Logs whose records are looked up together."""
GROWTH: Final = 0.05
"""Part of the quota by which logs may grow before it is looked at again."""
ROOM: Final = 0.9
"""Part of the quota up to which logs of earlier days are fetched to be kept: beyond, one would push out another."""


class Held(NamedTuple):
    """A log that may be dropped; `last` where its server does not hold it any more, so that it is gone for good."""

    use: LogUse
    last: bool


async def in_order(store: Store, uses: Iterable[LogUse]) -> AsyncIterator[Held]:
    """Logs in the order in which they go: least recently read first, but those that cannot be fetched again last."""
    ordered = sorted(uses, key=lambda use: use.read)
    irreplaceable: list[Held] = []
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        lost = await _lost(store, [use.job_id for use in batch if use.job_id])
        for use in batch:
            if use.job_id in lost:
                irreplaceable.append(Held(use, last=True))
            else:
                yield Held(use, last=False)
    for held in irreplaceable:
        yield held


async def _lost(store: Store, job_ids: Sequence[str]) -> set[str]:
    """Those jobs whose log is not on the server any more: it was erased or expired, or the run was deleted."""
    jobs = await store.get_many(JobRun, job_ids)
    runs = await store.get_many(PipelineRun, sorted({job.pipeline_run_id for job in jobs.values()}))
    gone = {run.id for run in runs.values() if run.gone}
    return {job.id for job in jobs.values() if job.log.erased or job.erased is not None or job.pipeline_run_id in gone}


async def drop(store: Store, files: LogStore, uses: Sequence[LogUse]) -> int:
    """Delete logs and say so in their jobs' records, so that opening one fetches it again; returns the bytes freed."""
    freed = 0
    for start in range(0, len(uses), BATCH):
        batch = uses[start : start + BATCH]
        await asyncio.to_thread(_unlink, files, batch)
        jobs = await store.get_many(JobRun, [use.job_id for use in batch if use.job_id])
        # The record of a running job belongs to whoever syncs it, and its tail finds out by itself.
        ended = (job for job in jobs.values() if job.status in FINISHED)
        await store.put([replace(job, log=dropped(job.log)) for job in ended])
        freed += sum(use.size for use in batch)
    return freed


def _unlink(files: LogStore, uses: Sequence[LogUse]) -> None:
    for use in uses:
        files.discard(use)


def dropped(state: LogState) -> LogState:
    """What a record says of a log that was dropped here."""
    return LogState(generation=state.generation, erased=state.erased)


class Quota:
    """Keeps all logs within `limit` bytes, 0 for any number. `reading` gives the jobs whose logs are open now.

    Attributes:
        busy: jobs whose logs are being fetched to be kept.
    """

    def __init__(
        self,
        files: LogStore,
        desk: Desk,
        limit: int,
        timing: Timing,
        reading: Callable[[], Collection[str]],
        connections: Collection[str] = (),
    ) -> None:
        self._files, self._desk, self.limit, self._timing = files, desk, limit, timing
        self._reading, self._connections = reading, connections
        self._used = 0
        self._counted_at: int | None = None
        self.busy: set[str] = set()

    async def run(self) -> None:
        """Look now and then, and whenever much was added, until cancelled."""
        while True:
            await self.look()
            until = time.monotonic() + self._timing.quota
            while time.monotonic() < until and not self._has_grown():
                await asyncio.sleep(self._timing.quota_check)

    async def look(self) -> int:
        """Drop what exceeds the quota; returns how many bytes that was. What is open is never dropped."""
        if not self.limit:
            return 0
        uses = await self._count()
        excess = self._used - self.limit
        if excess <= 0:
            return 0
        chosen: list[LogUse] = []
        kept = self._open_now()
        async for held in in_order(self._desk.store, (use for use in uses if use.job_id not in kept)):
            if excess <= 0:
                break
            chosen.append(held.use)
            excess -= held.use.size
        freed = 0
        for start in range(0, len(chosen), BATCH):
            async with self._desk.alone:
                kept = self._open_now()
                batch = [use for use in chosen[start : start + BATCH] if use.job_id not in kept]
                freed += await drop(self._desk.store, self._files, batch)
        self._used -= freed
        if freed:
            log.info("logs: %d that were not read for longest were dropped, %d bytes", len(chosen), freed)
        return freed

    async def has_room(self) -> bool:
        """Whether a log of earlier days may be fetched without pushing out another one."""
        if not self.limit:
            return True
        if self._counted_at is None:
            await self._count()
        return self._now() < ROOM * self.limit

    async def _count(self) -> list[LogUse]:
        appended = self._files.appended
        uses = await asyncio.to_thread(self._files.usage, self._connections)
        self._used, self._counted_at = sum(use.size for use in uses), appended
        return uses

    def _now(self) -> int:
        """Bytes of all logs: those that were counted and what was written since."""
        return self._used + self._files.appended - (self._counted_at or 0)

    def _has_grown(self) -> bool:
        return bool(self.limit) and self._now() - self._used > GROWTH * self.limit

    def _open_now(self) -> set[str]:
        return {*self._reading(), *self.busy}
