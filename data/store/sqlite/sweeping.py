"""Removes traces of deletions that every reader has heard of: functions on one open connection."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from data.store.sqlite.changes import last_revision
from data.store.sqlite.tables import COUNTER, TOMBSTONE

MARK: Final = "sweep revision"
"""Counter with the revision up to which deletions go the next time."""
TIME: Final = "sweep time"
"""Counter with the time at which that was the newest one: whole seconds since 1970."""


def sweep(connection: Connection, seconds: float, now: datetime) -> int:
    """Remove tombstones older than that, once in so many seconds; returns how many there were."""
    marks = connection.execute(select(COUNTER.c.name, COUNTER.c.value).where(COUNTER.c.name.in_((MARK, TIME))))
    known: dict[str, int] = {row.name: row.value for row in marks}
    if known and now.timestamp() - known[TIME] < seconds:
        return 0
    gone = 0
    if known:
        gone = connection.execute(delete(TOMBSTONE).where(TOMBSTONE.c.revision <= known[MARK])).rowcount
    for name, value in ((MARK, last_revision(connection)), (TIME, int(now.timestamp()))):
        upsert = insert(COUNTER).values(name=name, value=value)
        connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
    return gone
