"""What goes wrong in SQLite, said as a `StoreError`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from data.errors import StoreCorrupt, StoreError, StoreReadOnly

_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_READ_ONLY: Final = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_PRIMARY: Final = 0xFF
"""Extended result codes carry the primary one in their lowest byte (sqlite.org/rescode.html)."""

_AFTER_LOSS: Final = (
    "records of servers are fetched again; what you made yourself (projects, APIs, labels, notes) needs a backup"
)


@contextmanager
def as_store_errors(path: Path) -> Iterator[None]:
    """Raise what SQLite and SQLAlchemy raise inside as `StoreError`s that name `path`."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
        raise store_error(error, path) from None


def store_error(error: BaseException, path: Path) -> StoreError:
    """The `StoreError` for a failure at `path`."""
    cause = _sqlite_cause(error)
    code = (getattr(cause, "sqlite_errorcode", None) or 0) & _PRIMARY
    if code in _CORRUPT or (code == 0 and isinstance(cause, sqlite3.DatabaseError) and "not a database" in str(cause)):
        hint = f"move it away together with {path.name}-wal and start again: {_AFTER_LOSS}"
        return StoreCorrupt(f"the store {path} is damaged or no SQLite database", hint=hint)
    if code in _READ_ONLY:
        return read_only(path)
    if code == sqlite3.SQLITE_FULL:
        return StoreError(
            f"the disk that holds the store {path} is full", hint="make room; nothing that was stored is lost"
        )
    if code in _BUSY:
        hint = "another process has been writing for too long, or the folder is on a network file system without locks"
        return StoreError(f"the store {path} is locked", hint=hint)
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreError(f"reading the store {path} was stopped")
    if code == sqlite3.SQLITE_IOERR:
        return StoreError(f"the store {path} cannot be read or written", hint="see whether its disk is in order")
    return StoreError(f"the store {path} refused an operation: {cause or error}")


def read_only(path: Path) -> StoreReadOnly:
    """The store's file or folder cannot be written."""
    hint = "make the file and its folder writable, or name another store in the configuration"
    return StoreReadOnly(f"the store {path} cannot be written", hint=hint)


def _sqlite_cause(error: BaseException | None) -> sqlite3.Error | None:
    """SQLite's own exception in a chain of wrapped ones."""
    while error is not None:
        if isinstance(error, sqlite3.Error):
            return error
        error = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error.__cause__
    return None
