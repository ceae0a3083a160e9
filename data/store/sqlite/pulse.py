"""Questions so small that a thread would cost more than the answer: the revision, and which row an id is in."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from data.store.sqlite.connect import connect_args
from data.store.sqlite.failures import as_store_errors
from data.store.sqlite.writing import REVISION

_PATIENCE: Final = 0.05
"""Seconds to wait for a lock; in WAL mode readers meet one only while the last process leaves the file."""


class Pulse:
    """A connection for synchronous questions, each answered in microseconds. For one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with as_store_errors(path):
            self._connection = sqlite3.connect(path, **{**connect_args(), "timeout": _PATIENCE})
        self._seen = -1
        self._revision = 0

    def revision(self) -> int:
        """Revision of the newest write by anybody.

        `PRAGMA data_version` changes with every commit of another connection (sqlite.org/pragma.html); only then the
        counter is read. While the file is locked, the last known revision stands.
        """
        with as_store_errors(self._path):
            try:
                self._look()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
        return self._revision

    def _look(self) -> None:
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._seen:
            row = self._connection.execute("SELECT value FROM counter WHERE name = ?", (REVISION,)).fetchone()
            self._seen, self._revision = version, row[0] if row else 0

    def row_of(self, table: str, id_: str) -> int | None:
        """The integer key of a record."""
        with as_store_errors(self._path):
            row = self._connection.execute(f'SELECT n FROM "{table}" WHERE id = ?', (id_,)).fetchone()
        return None if row is None else int(row[0])

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
