"""Prepares the file: makes it, stamps it, brings an older one up to date, and refuses what is not ours."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from data.errors import StoreCorrupt, StoreError, StoreVersion
from data.store.sqlite.connect import thread_engine
from data.store.sqlite.failures import read_only
from data.store.sqlite.plans import fix_plans
from data.store.sqlite.tables import METADATA

SCHEMA_VERSION: Final = 4
"""Version of the tables, kept in SQLite's `user_version`.

A change of `data.store.kinds` that alters a table needs a new one, and a script beside the others in `migrations`.
"""
APPLICATION_ID: Final = 0x4C_69_6E_65
"""Marks the file as ours in SQLite's `application_id`: `Line`."""
NEEDED: Final = (3, 35, 0)
"""The least version of SQLite: `RETURNING`, and FTS5 with sequences of characters (sqlite.org/changes.html)."""

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_READ_ONLY_ERRNOS: Final = frozenset({errno.EROFS, errno.EPERM, errno.ETXTBSY})


def prepare(path: Path) -> None:
    """Make the store's file ready for use, whatever is there.

    Raises:
        StoreReadOnly: folder or file cannot be written.
        StoreCorrupt: the file is a database of another program. (That it is none at all is said by SQLite.)
        StoreVersion: a newer Lineside made it.
        StoreError: the path cannot hold a file, or SQLite is too old.
    """
    if sqlite3.sqlite_version_info < NEEDED:
        needed, there = ".".join(map(str, NEEDED)), sqlite3.sqlite_version
        raise StoreError(f"this Python brings SQLite {there}", hint=f"use one with SQLite {needed} or newer")
    _make_file(path)
    engine = thread_engine(path)
    try:
        with engine.connect() as connection:
            version = _version(connection, path)
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            if version < SCHEMA_VERSION:
                _in_transaction(connection, lambda: _update(connection, path))
    finally:
        engine.dispose()


def _make_file(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"the store {path} is a folder", hint="name a file in the configuration")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE))
        # A file that is there is never opened beside SQLite: closing it would drop the locks that this process
        # holds on it through other stores (sqlite.org/howtocorrupt, 2.2).
        elif not os.access(path, os.W_OK):
            raise read_only(path)
    except (PermissionError, NotADirectoryError, FileExistsError):
        raise read_only(path) from None
    except OSError as error:
        if error.errno in _READ_ONLY_ERRNOS:
            raise read_only(path) from None
        raise StoreError(f"the store {path} cannot be made: {error.strerror}") from None


def _version(connection: Connection, path: Path) -> int:
    """The file's schema version, 0 for an empty file."""
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    ours = connection.exec_driver_sql("PRAGMA application_id").scalar_one() == APPLICATION_ID
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if tables and not ours:
        hint = "name another store in the configuration"
        raise StoreCorrupt(f"{path} is a database of another program", hint=hint)
    if version > SCHEMA_VERSION:
        hint = "update Lineside, or name another store in the configuration"
        raise StoreVersion(
            f"the store {path} was made by a newer Lineside (schema {version}, this one knows {SCHEMA_VERSION})",
            hint=hint,
        )
    return version


def _in_transaction(connection: Connection, work: Callable[[], None]) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        work()
    except BaseException:  # whatever stops it, nothing half done stays
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def _update(connection: Connection, path: Path) -> None:
    version = _version(connection, path)  # once more, now that nobody else can change it
    if version == 0:
        METADATA.create_all(connection)
    elif version < SCHEMA_VERSION:
        from data.store.sqlite.migrate import migrate

        migrate(connection, version, SCHEMA_VERSION)
    fix_plans(connection)
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
