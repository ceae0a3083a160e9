"""How far the mirror in a file is, for people who ask; whoever asks need not be the one who mirrors it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, inspect

from data.model import Lease
from data.store.kinds import KINDS
from data.store.mirror import journal
from data.store.mirror.filling import ORDER
from data.store.mirror.local import pending
from data.store.sqlite.lanes import Lane
from data.store.sqlite.reading import get_many

LEASE: Final = "mirror"
"""Lease of the process that mirrors a file."""


class Status(NamedTuple):
    """How far a mirror is.

    Attributes:
        identity: of the database; empty where it was never reached.
        position: revision of the team store up to which everything is here.
        seen: when it was reached last.
        waiting: commands, views and sessions of which the team store was not told yet.
        filling: names of kinds of which older records are not here yet.
        owner: the process that mirrors the file now; empty for none.
    """

    identity: str = ""
    position: int = 0
    seen: datetime | None = None
    waiting: int = 0
    filling: tuple[str, ...] = ()
    owner: str = ""


async def status(file: Path) -> Status:
    """How far the mirror in a file is, which `open_sqlite` has prepared.

    Raises:
        StoreError: the file cannot be read.
    """
    lane = Lane(file)
    try:
        return await lane.run(_status)
    finally:
        await lane.close()


def waiting(connection: Connection) -> int:
    """How many records wait to be told to the team store."""
    return len(pending(connection, int(journal.read(connection, "state", journal.PUSHED) or 0))[1])


def _status(connection: Connection) -> Status:
    if not inspect(connection).has_table(journal.ENTRY.name):
        return Status(filling=tuple(KINDS[kind].name for kind in ORDER))
    state = journal.read_all(connection, "state")
    cursors = journal.read_all(connection, "cursor")
    seen = state.get(journal.SEEN, "")
    lease = get_many(connection, Lease, [LEASE]).get(LEASE)
    return Status(
        identity=state.get(journal.IDENTITY, ""),
        position=int(state.get(journal.POSITION, 0)),
        seen=datetime.fromisoformat(seen) if seen else None,
        waiting=waiting(connection),
        filling=tuple(KINDS[kind].name for kind in ORDER if cursors.get(KINDS[kind].table) != journal.END),
        owner=lease.owner if lease is not None and lease.expires > datetime.now(UTC) else "",
    )
