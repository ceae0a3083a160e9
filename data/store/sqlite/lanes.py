"""Connections for the event loop, each used by one piece of work at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.util import greenlet_spawn

from data.errors import StoreError
from data.store.sqlite.connect import reading_engine, writing_engine
from data.store.sqlite.failures import as_store_errors
from data.store.tasks import note_end

P = ParamSpec("P")
T = TypeVar("T")

INTERRUPT_SECONDS: Final = 0.02
"""How often a read that goes on is told again to stop."""


class Lane:
    """One connection: what is run on it goes one after the other, and to its end even when the caller goes away."""

    def __init__(self, path: Path, *, writes: bool = False) -> None:
        self._path, self._writes = path, writes
        self._engine = writing_engine(path) if writes else reading_engine(path)
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[object]] = set()
        self._closed = False

    async def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(connection, …)`: in a transaction that takes the write lock at once where the lane writes.

        Raises:
            StoreError: whatever SQLite said, or the store is closed.
        """
        if self._closed:
            raise StoreError(f"the store {self._path} is closed")
        task = asyncio.ensure_future(self._in_turn(lambda connection: work(connection, *args, **kwargs)))
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def _in_turn(self, work: Callable[[Connection], T]) -> T:
        async with self._turn:
            if self._closed and not self._writes:
                raise StoreError(f"the store {self._path} is closed")
            with as_store_errors(self._path):
                if self._connection is None:
                    self._connection = await greenlet_spawn(self._engine.connect)
                if self._writes:
                    return await greenlet_spawn(_in_transaction, self._connection, work)
                return await greenlet_spawn(work, self._connection)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        note_end(task)

    async def close(self) -> None:
        """Let writes end, stop reads, and close the connection."""
        self._closed = True
        while self._running:
            if self._connection is not None and not self._writes:
                await self._connection.connection.driver_connection.interrupt()  # type: ignore[union-attr]
            await asyncio.wait(self._running, timeout=INTERRUPT_SECONDS)
        if self._connection is not None:
            await greenlet_spawn(self._connection.close)
        await greenlet_spawn(self._engine.dispose)


def _in_transaction(connection: Connection, work: Callable[[Connection], T]) -> T:
    with connection.begin():
        return work(connection)
