"""Several updates in as few requests as the server can take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pymongo import UpdateOne

from data.store.mongo.client import Server

TOGETHER: Final = 5
"""Updates of one request to FerretDB. For each it holds a connection to SQLite until the request ends and needs another
to write; it has 100 for all clients and beyond that stands still for ever (FerretDB 1.24, msg_update.go, opendb.go).
"""


async def update(server: Server, collection: str, updates: Sequence[UpdateOne], *, ordered: bool = False) -> int:
    """Carry out updates of documents that each name one; returns how many of these documents there were."""
    matched, step = 0, TOGETHER if server.scans else max(len(updates), 1)
    for start in range(0, len(updates), step):
        some: list[Any] = list(updates[start : start + step])
        matched += (await server.database[collection].bulk_write(some, ordered=ordered)).matched_count
    return matched
