"""Removes traces of deletions that every reader has heard of."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from data.store.mongo.client import Server
from data.store.mongo.revisions import Revisions
from data.store.mongo.schema import COLLECTION
from data.store.mongo.writing import TOMBSTONES

_KEY: Final = "sweep"
"""Document with the revision up to which deletions go the next time, and when that was the newest one."""


async def sweep(server: Server, revisions: Revisions, seconds: float, now: datetime) -> int:
    """Remove tombstones older than that, once in so many seconds; returns how many there were."""
    marks = server.database[COLLECTION]
    known = await marks.find_one({"_id": _KEY})
    if known is not None and now.timestamp() - known["time"] < seconds:
        return 0
    newest, gone = await revisions.stable(), 0
    if known is not None:
        gone = (await server.database[TOMBSTONES].delete_many({"rev": {"$lte": known["revision"]}})).deleted_count
    mark = {"revision": newest, "time": now.timestamp()}
    await marks.update_one({"_id": _KEY}, {"$set": mark}, upsert=True)
    return gone
