"""Connections to the file: how each is set up, for threads and for the event loop.

Engines for the event loop are plain ones with aiosqlite's dialect, to be used in `sqlalchemy.util.greenlet_spawn`, as
`sqlalchemy.ext.asyncio` does; that package would load the whole object mapper, 6 MB that nothing here uses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from data.store.sqlite.texts import FOLD

BUSY_SECONDS: Final = 30.0
"""How long a write waits for other processes' writes."""

_PRAGMAS: Final = ("PRAGMA synchronous = NORMAL", "PRAGMA journal_size_limit = 67108864", "PRAGMA cache_size = -512")
"""In WAL mode NORMAL loses no consistency, only perhaps the last transactions in a power cut.

The second one cuts the write-ahead log to so many bytes after a checkpoint (sqlite.org/pragma.html).
"""
_WRITER_PRAGMAS: Final = ("PRAGMA cache_size = -16384", "PRAGMA wal_autocheckpoint = 16000")
"""KiB of pages that a write may touch before they spill; pages of the log that make a checkpoint worth its syncs."""


def connect_args() -> dict[str, Any]:
    """Arguments of `sqlite3.connect`: transactions begin only where we say so."""
    return {"timeout": BUSY_SECONDS, "isolation_level": None}


def thread_engine(path: Path) -> Engine:
    """An engine for threads, each statement its own transaction."""
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args=connect_args(), isolation_level="AUTOCOMMIT")
    event.listen(engine, "connect", _set_up)
    return engine


def reading_engine(path: Path) -> Engine:
    """An engine for the event loop, each statement its own transaction."""
    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_engine(url, connect_args=connect_args(), isolation_level="AUTOCOMMIT")
    event.listen(engine, "connect", _set_up)
    return engine


def writing_engine(path: Path) -> Engine:
    """An engine for the event loop whose transactions take the write lock when they begin."""
    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_engine(url, connect_args=connect_args())
    event.listen(engine, "connect", _set_up_writer)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up(connection: Any, _record: object) -> None:
    _run(connection, _PRAGMAS)
    connection.create_function(FOLD, 1, _fold, deterministic=True)


def _set_up_writer(connection: Any, _record: object) -> None:
    _run(connection, _PRAGMAS + _WRITER_PRAGMAS)


def _run(connection: Any, pragmas: tuple[str, ...]) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(pragma)
    cursor.close()


def _fold(value: object) -> str | None:
    return None if value is None else str(value).lower()
