"""Loads the keys of a result in a thread, from one snapshot of the store: the first of them at once, then all."""

from __future__ import annotations

import asyncio
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine

from data.errors import StoreError
from data.store.sqlite.failures import as_store_errors
from data.store.sqlite.seek import Seek

FIRST: Final = 200
"""Rows whose keys are read before all others: more than the tallest screen shows."""
SCREEN: Final = 100
"""As many of them do where the others are far away."""
STEPS: Final = 50_000
"""Steps of SQLite's machine, some milliseconds, after which it asks whether anybody still waits.

A call of `interrupt` would be lost between two statements.
"""
KEY: Final = "I"
"""Type of the keys in an array: four bytes each."""


class Load:
    """The keys of one result while they arrive. Its attributes change on the event loop only.

    Attributes:
        keys: the first keys, then all of them.
        complete: whether these are all.
        begun: done when the first keys are there.
        ended: done when all are, or with the error that stopped it.
    """

    def __init__(self, engine: Engine, path: Path, seek: Seek) -> None:
        self._engine, self._path, self._seek = engine, path, seek
        self._stopped = False
        self._loop = asyncio.get_running_loop()
        self.keys: array[int] = array(KEY)
        self.complete = False
        self.begun: asyncio.Future[None] = self._loop.create_future()
        self.ended: asyncio.Future[None] = self._loop.create_future()

    def start(self, threads: ThreadPoolExecutor) -> None:
        """Begin to load."""
        threads.submit(self._run)

    def stop(self) -> None:
        """Nobody waits any more; from any thread."""
        self._stopped = True

    def is_stopped(self) -> bool:
        """Whether nobody waits any more."""
        return self._stopped

    def give_up(self) -> None:
        """Tell whoever still waits that the store is closed."""
        if not self.ended.done():
            self._told(self.keys, False, StoreError(f"the store {self._path} is closed"))

    def _run(self) -> None:
        try:
            with as_store_errors(self._path), self._engine.connect() as connection:
                raw: Any = connection.connection.driver_connection
                raw.set_progress_handler(self.is_stopped, STEPS)
                connection.exec_driver_sql("BEGIN")
                try:
                    self._read(connection)
                finally:
                    raw.set_progress_handler(None, 0)
                    connection.exec_driver_sql("ROLLBACK")
        except StoreError as error:
            self._tell(self.keys, False, error)

    def _read(self, connection: Connection) -> None:
        top = self._seek.top(connection, FIRST, SCREEN)
        self._tell(array(KEY, top.numbers), top.complete)
        if not top.complete:
            keys: array[int] = array(KEY)
            for numbers in self._seek.keys(connection):
                if self._stopped:
                    raise StoreError("the listing was given up")
                keys.extend(numbers)
            self._tell(keys, True)

    def _tell(self, keys: array[int], complete: bool, error: StoreError | None = None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._told, keys, complete, error)
        except RuntimeError:  # the loop has ended: nobody is left to be told
            return

    def _told(self, keys: array[int], complete: bool, error: StoreError | None) -> None:
        self.keys, self.complete = keys, complete
        for future in (self.begun, self.ended) if complete or error else (self.begun,):
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
                future.exception()  # whoever waits is told; where nobody does, that is no fault
