"""Loads the keys of a result in a thread, from one snapshot of the store: the first of them at once, then all."""

from __future__ import annotations

import asyncio
import threading
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Select, func, select

from data.errors import StoreError
from data.store.port import Sort
from data.store.sqlite import order
from data.store.sqlite.failures import as_store_errors
from data.store.sqlite.predicate import Clause
from data.store.sqlite.tables import Home

FIRST: Final = 200
"""Rows whose keys are read before all others: more than the tallest screen shows."""

_SLICE: Final = 64 * 1024
"""Characters of keys that are decoded at a time, so that the interpreter lock is given up between them."""


def statements(home: Home, sort: Sort, conditions: Sequence[Clause]) -> tuple[Select[Any], ...]:
    """What reads the keys of a result in order: part after part."""
    return tuple(
        order.ordered(home, part, conditions, order.row_key(home, part).label("n")) for part in order.parts(home, sort)
    )


class Load:
    """The keys of one result while they arrive. Its attributes change on the event loop only.

    Attributes:
        keys: the first keys, then all of them.
        complete: whether these are all.
        begun: done when the first keys are there.
        ended: done when all are, or with the error that stopped it.
    """

    def __init__(self, engine: Engine, path: Path, wanted: tuple[Select[Any], ...]) -> None:
        self._engine, self._path, self._wanted = engine, path, wanted
        self._guard = threading.Lock()
        self._stopped = False
        self._raw: Any = None
        self._loop = asyncio.get_running_loop()
        self.keys: array[int] = array("q")
        self.complete = False
        self.begun: asyncio.Future[None] = self._loop.create_future()
        self.ended: asyncio.Future[None] = self._loop.create_future()

    def start(self, threads: ThreadPoolExecutor) -> None:
        """Begin to load."""
        threads.submit(self._run)

    def stop(self) -> None:
        """Nobody waits any more; from any thread."""
        with self._guard:
            self._stopped = True
            if self._raw is not None:
                self._raw.interrupt()

    def give_up(self) -> None:
        """Tell whoever still waits that the store is closed."""
        if not self.ended.done():
            self._told(self.keys, False, StoreError(f"the store {self._path} is closed"))

    def _run(self) -> None:
        try:
            with as_store_errors(self._path), self._engine.connect() as connection:
                self._take(connection)
                try:
                    self._read(connection)
                finally:
                    self._give_back(connection)
        except StoreError as error:
            self._tell(self.keys, False, error)

    def _take(self, connection: Connection) -> None:
        with self._guard:
            if self._stopped:
                raise StoreError("the listing was given up")
            self._raw = connection.connection.driver_connection
        connection.exec_driver_sql("BEGIN")

    def _give_back(self, connection: Connection) -> None:
        with self._guard:
            self._raw = None
        connection.exec_driver_sql("ROLLBACK")

    def _read(self, connection: Connection) -> None:
        keys: array[int] = array("q")
        for statement in self._wanted:
            if len(keys) < FIRST:
                keys.extend(connection.execute(statement.limit(FIRST - len(keys))).scalars())
        self._tell(keys, len(keys) < FIRST)
        if len(keys) == FIRST:
            self._tell(_all_keys(connection, self._wanted), True)

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


def _all_keys(connection: Connection, wanted: tuple[Select[Any], ...]) -> array[int]:
    """All keys. SQLite puts them together as one JSON text, so that the interpreter lock is not needed for each row."""
    keys: array[int] = array("q")
    for statement in wanted:
        rows = statement.subquery()
        text = str(connection.execute(select(func.json_group_array(rows.c.n))).scalar_one())
        start, last = 1, len(text) - 1
        while start < last:
            end = text.find(",", start + _SLICE)
            end = last if end < 0 else end
            keys.extend(msgspec.json.decode(f"[{text[start:end]}]", type=list[int]))
            start = end + 1
    return keys
