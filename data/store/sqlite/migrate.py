"""Brings an older store up to date with the Alembic scripts beside it. Imported only when there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

SCRIPTS: Final = Path(__file__).with_name("migrations")
"""One script per schema version; its `revision` is the version's number."""

BATCH: Final = 2_000
"""Records that a script reads and writes at a time."""


def migrate(connection: Connection, version: int, upto: int) -> None:
    """Run every script of a version above `version` and up to `upto`, in order, in the caller's transaction.

    The version lives in `PRAGMA user_version`, so Alembic keeps no table of its own.
    """
    directory = ScriptDirectory(str(SCRIPTS), version_locations=[str(SCRIPTS)])
    with Operations.context(MigrationContext.configure(connection)):
        for script in reversed(list(directory.walk_revisions())):
            if version < int(script.revision) <= upto:
                script.module.upgrade()
