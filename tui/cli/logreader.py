"""The bytes of a job's log, from the local file, asked of the engine where they are not there yet."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from data.clean import clean
from data.errors import StoreError
from data.model import JobRun, SyncState
from data.model.vocabulary import BLOCKED, FINISHED
from tui.cli.failures import say
from tui.cli.waiting import Waiter, deadline_error, engine_serves, waiter
from tui.context import Context

FETCH_SECONDS = 60.0
"""How long a log that we do not hold yet is waited for."""
FOLLOW_SECONDS = 24 * 3600.0
"""How long a job is followed."""
CHUNK = 1 << 18
"""Bytes read from the file at a time."""
QUIET_SECONDS = 0.8
"""A log that has not grown for so long is here as far as the server has it; an engine asks it again after 1 s."""
IDLE_SECONDS = 2.0
"""What a runner writes at once, such as a line and its continuations, comes within this time."""


class Piece(NamedTuple):
    """What comes of a log.

    Attributes:
        data: the next bytes.
        anew: the log was written anew on the server: it begins again with `data`.
        paused: that is all for now.
        idle: nothing has come for a while.
    """

    data: bytes = b""
    anew: bool = False
    paused: bool = False
    idle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a log is to be read.

    Attributes:
        follow: go on until the job has ended.
        start: start an engine where none serves.
        timeout: seconds to wait; None for what suits the wait.
        all_first: wait for all that comes before anything is read.
        settled_first: wait until a log that we do not hold yet has arrived as far as the server has it.
        begin: says, once there is something to read, at which byte; it may raise.
    """

    follow: bool = False
    start: bool = True
    timeout: float | None = None
    all_first: bool = False
    settled_first: bool = False
    begin: Callable[[], int] = int


def why_no_log(job: JobRun) -> str:
    """Why a job cannot have a log."""
    if job.bridge:
        return f"{job.name} is a trigger job: it has no log of its own"
    if job.status in {"skipped", *BLOCKED} and not job.log.size:
        return f"{job.name} never ran: its status is {job.status}"
    return ""


async def pieces(context: Context, job: JobRun, wish: Wish) -> AsyncGenerator[Piece, None]:
    """The log of a job, as it comes to be known.

    Raises:
        LinesideError: it does not come in time.
    """
    with closing(Reader(context, job.id)) as reader:
        if context.place.team and not (job.log.complete and reader.holds(job.log.size)):
            await context.bring([_told(job)])
            job = await context.store.get(JobRun, job.id) or job
        if job.log.complete and reader.holds(job.log.size):
            reader.offset = wish.begin()
            for piece in reader.rest():
                yield piece
            return
        async with (
            waiter(context, start=wish.start, lease=job.project_id) as waiting,
            aclosing(_awaited(waiting, reader, job, wish)) as coming,
        ):
            async for piece in coming:
                yield piece


async def _awaited(waiting: Waiter, reader: Reader, job: JobRun, wish: Wish) -> AsyncGenerator[Piece, None]:
    """What is there, and what comes before the time is up."""
    loop = asyncio.get_running_loop()
    usual = FOLLOW_SECONDS if wish.follow else FETCH_SECONDS if wish.start else 0.0
    deadline = loop.time() + (usual if wish.timeout is None else wish.timeout)
    settle = wish.settled_first and not reader.holds()
    quiet = _Quiet(reader)
    begun = over = False
    if not await engine_serves(waiting.context, ""):
        # What an engine said that is gone does not tell what the log waits for now.
        await waiting.context.store.delete(SyncState, [_told(job)])
    idle_at = deadline
    while not over:
        left = max(0.0, deadline - loop.time())
        over = await _more(waiting, reader, job, None if wish.follow else quiet, timeout=left, idle_at=idle_at)
        if begun and not over and not reader.grown:
            idle_at = deadline
            yield Piece(idle=True)
            continue
        if wish.all_first and not over:
            reader.skip()
            continue
        if settle and not over:
            await _settled(waiting, reader, job)
            settle = False
        if not begun:
            reader.offset, begun = wish.begin(), True
        for piece in reader.rest():
            yield piece
        yield Piece(paused=True)
        if wish.follow:
            idle_at = loop.time() + IDLE_SECONDS


async def _more(
    waiting: Waiter, reader: Reader, job: JobRun, quiet: _Quiet | None, *, timeout: float, idle_at: float
) -> bool:
    """Wait until there is more to read, or until `idle_at` on the loop's clock; True when that is all.

    `quiet` is that of a job that is not followed: while it runs, what the server has by now is all.
    """
    store = waiting.context.store
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout

    async def news() -> bool | None:
        now = await store.get(JobRun, job.id) or job
        told = await store.get(SyncState, _told(job))
        if told is not None and told.last_error:
            waiting.say_once(f"{job.name}: {clean(told.last_error)}")
        if now.log.complete and now.status in FINISHED and reader.size >= now.log.size:
            return True
        if reader.grown:
            if quiet is None or now.status in FINISHED:
                return False
            return True if told is not None or quiet() else None
        return False if idle_at <= loop.time() < deadline else None

    over = await waiting.until(news, timeout=timeout, topics=[_told(job)], connection=job.connection)
    if over is not None:
        return over
    if reader.offset or quiet is None or (timeout and reader.grown):
        say("the time is up; there may be more of this log")
        return True
    if reader.grown:
        return True
    trouble = await waiting.trouble(job.connection)
    if trouble is None and (await store.get(JobRun, job.id) or job).status not in FINISHED:
        say(f"{clean(job.name)} has printed nothing yet")
        return True
    raise deadline_error(f"the log of {job.name}", timeout, trouble)


def _told(job: JobRun) -> str:
    """Id of the record in which an engine says what the log waits for."""
    return f"log:{job.id}"


async def _settled(waiting: Waiter, reader: Reader, job: JobRun) -> None:
    """Wait until the log has stopped growing for a moment."""
    quiet = _Quiet(reader, grown=True)

    async def still() -> bool | None:
        return quiet() or None

    await waiting.until(still, timeout=FETCH_SECONDS, topics=[_told(job)], connection=job.connection)


class _Quiet:
    """Tells, when called now and then, whether a log has grown, unless it had already, and stopped for a moment."""

    def __init__(self, reader: Reader, *, grown: bool = False) -> None:
        self._reader, self._grown = reader, grown
        self._size, self._since = reader.size, time.monotonic()

    def __call__(self) -> bool:
        """Whether it has."""
        if (size := self._reader.size) != self._size:
            self._size, self._since, self._grown = size, time.monotonic(), True
        return self._grown and time.monotonic() - self._since >= QUIET_SECONDS


class Reader:
    """Reads the local file of a job's log from where it stopped.

    The file is kept open, so that one that was begun anew meanwhile is always told from the one that was read.
    """

    def __init__(self, context: Context, job_id: str) -> None:
        self._path = context.logs.path(job_id)
        self._file: BinaryIO | None = None
        self.offset = 0

    @property
    def size(self) -> int:
        """Bytes that are held; 0 where there is no file."""
        status = self._status()
        return 0 if status is None else status.st_size

    @property
    def grown(self) -> bool:
        """Whether there is something that was not read yet."""
        status = self._status()
        return status is not None and (status.st_size != self.offset or self._replaced(status))

    def holds(self, size: int = 0) -> bool:
        """Whether there is a file, of `size` bytes at least."""
        status = self._status()
        return status is not None and status.st_size >= size

    def skip(self) -> None:
        """Leave out what is there."""
        self.offset = self.size

    def rest(self) -> Iterator[Piece]:
        """What was not read yet. A log that was written anew is another file, and is read from its beginning.

        Raises:
            StoreError: the file cannot be read.
        """
        try:
            anew = self._open()
            while self._file is not None and (data := os.pread(self._file.fileno(), CHUNK, self.offset)):
                self.offset += len(data)
                yield Piece(data, anew=anew)
                anew = False
        except OSError as error:
            raise StoreError(f"the log {self._path} cannot be read: {error.strerror}") from None

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        """Open the file where it is another one than before; True where it took the place of one that was read."""
        status = self._status()
        if status is None or not (self._file is None or self._replaced(status)):
            return False
        anew = self._file is not None
        self.close()
        self._file = self._path.open("rb")
        if anew:
            say("the log was written anew on the server; here it begins again")
            self.offset = 0
        return anew

    def _replaced(self, status: os.stat_result) -> bool:
        if self._file is None:
            return False
        return status.st_ino != os.fstat(self._file.fileno()).st_ino or status.st_size < self.offset

    def _status(self) -> os.stat_result | None:
        try:
            return self._path.stat()
        except FileNotFoundError:
            return None
