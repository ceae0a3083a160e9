"""Our copy of one job's log: the bytes in its file, and what its record says of them.

The file's size is the truth: it is read again before every fetch, and every append names the offset it continues. So
neither an engine that was killed between the bytes and the record, nor two engines at once, lose or double a byte.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.server import Lane
from data.model import JobRun, LogState
from data.model.vocabulary import FINISHED
from data.sources.gitlab import GitLabSource, How
from data.store.logs import LogStore

TAIL: Final = 64
"""Bytes at the end of what we hold that must still be there when more is appended."""

Wait = Callable[[], Awaitable[None]]
"""Called now and then while a fetch has to wait for its turn."""


@dataclass(slots=True)
class Fetch:
    """One fetch, written by the thread that makes it and read by the event loop.

    Attributes:
        size: bytes that the file holds.
        came: bytes that were new.
        resets: how often the log began anew.
        gone: the server holds nothing of a log of which we hold something.
        how: how the log was got.
        begun: whether the server is being asked; before, it waits for its turn.
        seconds: how long the server was asked.
        over: set when nobody wants the rest.
    """

    size: int
    came: int = 0
    resets: int = 0
    gone: bool = False
    how: How = "whole"
    begun: bool = False
    seconds: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)


class LogCopy:
    """The copy of one log. `rank` and `lane` are those of its requests."""

    def __init__(self, context: ProjectContext, files: LogStore, job_id: str, *, rank: Rank, lane: Lane) -> None:
        self._context, self._files, self.id, self._rank, self._lane = context, files, job_id, rank, lane
        self.held = LogState()
        self._written = LogState()
        self._written_at = float("-inf")
        self._compared = False

    async def load(self) -> JobRun | None:
        """The job as the store has it; `held` is what we really hold of its log."""
        job = await self._context.store.get(JobRun, self.id)
        if job is not None:
            size = await asyncio.to_thread(self._files.size, self.id)
            log, self._written = job.log, job.log
            generation = max(log.generation, self.held.generation)
            self.held = replace(log, size=size, generation=generation, complete=log.complete and size == log.size)
        return job

    async def fetch(self, job: JobRun, *, last: bool = False, wait: Wait | None = None) -> Fetch:
        """Fetch what is new, and say so in the record, also while it comes. With `last` the log is complete then.

        The first bytes are compared, too, when we go on with what an earlier fetch has left, and the last time.

        Raises:
            SourceError, StoreError: what came before it is kept.
        """
        fetch = Fetch(self.held.size)
        before = self.held
        await self._ask(job, fetch, before, thorough=last or not self._compared, wait=wait)
        came = 0
        # A server may cap its answers by itself: the last time all has come when nothing comes any more.
        while last and fetch.how == "byte_offset" and fetch.came > came:
            came = fetch.came
            await self._ask(job, fetch, before, thorough=False, wait=wait)
        if last or (fetch.gone and job.status in FINISHED):
            self.held = replace(self.held, complete=True, erased=self.held.erased or not fetch.size)
        await self.write(force=True)
        return fetch

    async def _ask(self, job: JobRun, fetch: Fetch, before: LogState, *, thorough: bool, wait: Wait | None) -> None:
        """One request; what it brings is told while it comes."""
        work = asyncio.ensure_future(
            self._context.server.call(
                lambda source: self._copy(source, job, fetch, thorough=thorough), rank=self._rank, lane=self._lane
            )
        )
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=self._context.timing.tail_write)
                self._note(before, fetch)
                await self.write()
                if wait is not None and not fetch.begun and not work.done():
                    await wait()
            await work
            self._compared = True
        except BaseException:
            fetch.over.set()
            raise
        finally:
            work.cancel()
            self._note(before, fetch)

    def _copy(self, source: GitLabSource, job: JobRun, fetch: Fetch, *, thorough: bool) -> None:
        """Append what the server sends, piece by piece. Runs in a thread of its own."""
        fetch.begun, began = True, time.monotonic()
        files, id = self._files, self.id
        end = files.read(id, max(fetch.size - TAIL, 0), min(TAIL, fetch.size))
        pieces = source.trace(
            job.git_project_id,
            job.git_job_id,
            fetch.size,
            lambda start, length: files.read(id, start, length),
            thorough=thorough,
        )
        try:
            with closing(pieces):
                for piece in pieces:
                    if fetch.over.is_set():
                        return
                    fetch.how = piece.how
                    if piece.reset and not piece.data:
                        # Erased on the server: what we hold is all that is left of it, so it stays readable.
                        fetch.gone = True
                    elif piece.reset:
                        files.reset(id, piece.data)
                        fetch.size, fetch.resets, end = len(piece.data), fetch.resets + 1, b""
                    elif piece.data:
                        fetch.size = files.append(id, fetch.size, piece.data, after=end)
                    end = (end + piece.data)[-TAIL:]
                    fetch.came += len(piece.data)
        finally:
            fetch.seconds = time.monotonic() - began

    def _note(self, before: LogState, fetch: Fetch) -> None:
        """Take over what the fetch has reached."""
        if fetch.gone:
            self.held = replace(before, erased=True)
        elif fetch.came or fetch.resets:
            self.held = replace(
                before,
                size=fetch.size,
                generation=before.generation + fetch.resets,
                complete=False,
                erased=False,
                kept_since=before.kept_since or datetime.now(UTC),
            )

    async def mark_erased(self) -> None:
        """The server has said that it erased the log; where all of it is held, that is noted without asking again."""
        if self.held.complete and not self.held.erased:
            self.held = replace(self.held, erased=True)
            await self.write(force=True)

    async def give_up(self) -> None:
        """The server does not know the job any more: what is held is all that there will ever be."""
        self.held = replace(self.held, complete=True, erased=True)
        await self.write(force=True)

    async def write(self, *, force: bool = False) -> None:
        """Tell viewers what is held, a few times a second at most."""
        if self.held == self._written:
            return
        now = time.monotonic()
        if not force and now - self._written_at < self._context.timing.tail_write:
            return
        held = self.held
        await self._context.desk.edit(self._context.id, JobRun, self.id, lambda job: replace(job, log=held))
        self._written, self._written_at = held, now
