"""Copies logs of the team store to files here, for those who read them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Final

from data.errors import StoreError
from data.model import JobRun
from data.store.logs import LogChanged, LogFiles, LogStore
from data.store.mirror import journal
from data.store.mirror.local import Displaced, Entry, Local, LocalTrouble
from data.store.mirror.tasks import Tasks
from data.store.mirror.timing import MirrorTiming
from data.store.mirror.topics import log_of

log = logging.getLogger(__name__)

PIECE: Final = 1 << 20
"""Bytes that are read at a time."""
TAIL: Final = 64
"""Bytes at the end of what is here that must be there, too, when more is appended."""
COPIES: Final = 4
"""Logs that are copied at the same time."""
TRIES: Final = 10
"""How often a log is looked at anew that changes while it is copied."""


def copy(there: LogStore, here: LogFiles, job_id: str, *, thorough: bool = False) -> int:
    """Make the log here equal to the team store's, as far as that goes; returns the bytes that came. For a thread.

    With `thorough` all that is here is compared, else its end. Where the team store holds nothing, what is here stays.

    Raises:
        StoreError: what came before it is kept.
    """
    came = 0
    for _ in range(TRIES):
        try:
            if thorough and not _same(there, here, job_id):
                came += _anew(there, here, job_id)
            thorough = False
            more = _more(there, here, job_id)
            while more > 0:
                came += more
                more = _more(there, here, job_id)
            if not more:
                return came
            came += _anew(there, here, job_id)
        except LogChanged:
            continue
    return came


def _more(there: LogStore, here: LogFiles, job_id: str) -> int:
    """Append the next piece; returns its bytes, and -1 where the log here is another one."""
    held = here.size(job_id)
    start = max(held - TAIL, 0)
    end = here.read(job_id, start, held - start)
    data = there.read(job_id, start, len(end) + PIECE)
    if not data.startswith(end):
        return -1 if there.size(job_id) else 0
    more = data[len(end) :]
    if more:
        here.append(job_id, held, more, after=end)
    return len(more)


def _anew(there: LogStore, here: LogFiles, job_id: str) -> int:
    """Begin the log here anew; what is not there does not replace what is here."""
    first = there.read(job_id, 0, PIECE)
    if first:
        here.reset(job_id, first)
    return len(first)


def _same(there: LogStore, here: LogFiles, job_id: str) -> bool:
    """Whether the team store's log begins with all that is here."""
    held, at = here.size(job_id), 0
    while at < held:
        ours = here.read(job_id, at, min(PIECE, held - at))
        if not ours or there.read(job_id, at, len(ours)) != ours:
            return False
        at += len(ours)
    return True


class Logs:
    """The logs that somebody reads, each followed by a task of its own."""

    def __init__(self, local: Local, files: LogFiles, there: LogStore, timing: MirrorTiming) -> None:
        self._local, self._files, self._there, self._timing = local, files, there, timing
        self._threads = ThreadPoolExecutor(COPIES, thread_name_prefix="logs")
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._news: dict[str, asyncio.Event] = {}

    def follow(self, job_ids: Collection[str], tasks: Tasks) -> None:
        """Somebody reads these logs now, and no others."""
        for job_id in self._tasks.keys() - set(job_ids):
            self._tasks.pop(job_id).cancel()
            self._news.pop(job_id)
        for job_id in set(job_ids) - self._tasks.keys():
            self._news[job_id] = asyncio.Event()
            self._tasks[job_id] = tasks.start(self._follow(job_id, self._news[job_id]))

    def changed(self, put: Collection[str], gone: Collection[str]) -> None:
        """Records of jobs changed: perhaps their logs grew."""
        for job_id in self._news.keys() & {*put, *gone}:
            self._news[job_id].set()

    async def remove(self, job_ids: Collection[str]) -> None:
        """These jobs are gone, and their logs with them."""
        await asyncio.to_thread(self._remove, list(job_ids))

    def _remove(self, job_ids: Collection[str]) -> None:
        for job_id in job_ids:
            self._files.remove(job_id)

    async def _follow(self, job_id: str, news: asyncio.Event) -> None:
        pause = self._timing.log
        while True:
            news.clear()
            try:
                pause = self._timing.log if await self.copy(job_id) else min(pause * 2, self._timing.lease)
            except (Displaced, LocalTrouble):
                raise
            except StoreError as error:
                log.info("log %s waits: %s", job_id, error)
            try:
                async with asyncio.timeout(pause):
                    await news.wait()
            except TimeoutError:
                continue

    async def copy(self, job_id: str) -> int:
        """Bring what is new of a log; returns the bytes that came.

        Raises:
            StoreError: the team store is away, or the files cannot be written.
        """
        job = await self._local.store.get(JobRun, job_id)
        generation = str(job.log.generation) if job is not None else "0"
        known = await self._local.read(journal.read, "generation", job_id)
        work = partial(copy, self._there, self._files, job_id, thorough=known != generation)
        try:
            copying = asyncio.get_running_loop().run_in_executor(self._threads, work)
        except RuntimeError:  # there are no threads any more
            raise StoreError("the team store is closed") from None
        came = await copying
        if known != generation:
            await self._local.apply((), {}, entries=[Entry("generation", job_id, generation)])
        return came

    def close(self) -> None:
        """Copy no more. A thread that waits for a server that is away is waited for by nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def trim(self) -> None:
        """Drop the logs that were not read for longest, beyond the room that copies may take."""
        interests = await self._local.store.interests(datetime.now(UTC))
        dropped = await asyncio.to_thread(self._trim, frozenset(log_of(one.topic) for one in interests))
        if dropped:
            log.info("%d copied logs that were not read for longest were dropped", dropped)

    def _trim(self, read: frozenset[str]) -> int:
        uses = sorted(self._files.usage(), key=lambda use: use.read)
        excess, dropped = sum(use.size for use in uses) - self._timing.log_bytes, 0
        kept = {self._files.path(job_id) for job_id in read}
        for use in uses:
            if excess <= 0:
                break
            if use.path not in kept:
                self._files.discard(use)
                excess, dropped = excess - use.size, dropped + 1
        return dropped
