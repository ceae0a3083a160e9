"""Prepares the database: which version it has, and its indexes, made by whoever holds the lease."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import UTC, datetime
from typing import Final

from pymongo import ASCENDING, IndexModel

from data.errors import StoreError, StoreVersion
from data.store.mongo import register
from data.store.mongo.client import Server
from data.store.mongo.homes import ENTRIES, HOMES, ID, NAMES, REVISION, Home, indexed_fields
from data.store.mongo.leases import give_back, take
from data.store.mongo.plain import REPO_CONFIGS
from data.store.mongo.writing import TOMBSTONES

SCHEMA_VERSION: Final = 1
"""Version of documents and indexes. Clients of several versions work side by side: a newer one adds."""
OLDEST: Final = 1
"""The least version of a client that understands what this one writes."""
COLLECTION: Final = "schema"
LEASE: Final = "schema"
"""Lease under which indexes are made."""
MAKING: Final = 120.0
"""Seconds for which it is held: making indexes of a big store takes long."""
WAITING: Final = 0.2
"""Seconds between two looks whether another client has finished."""
_KEY: Final = "lineside"
_MOST: Final = 60
"""Indexes of a collection; MongoDB has at most 64 (MongoDB manual, "Limits and Thresholds")."""


async def prepare(server: Server) -> None:
    """Make the database ready for use.

    Raises:
        StoreVersion: a newer Lineside made it, and says that this one is too old.
        StoreReadOnly: it would have to be changed, and may not.
        StoreError: whatever the server said.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{id(server)}"
    while await _version(server) < SCHEMA_VERSION:
        held = await take(server, LEASE, owner, socket.gethostname(), MAKING, datetime.now(UTC))
        if held is None:
            await asyncio.sleep(WAITING)
            continue
        try:
            await _update(server)
        finally:
            await give_back(server, LEASE, owner)


async def _version(server: Server) -> int:
    """The database's version, 0 where it has none.

    Raises:
        StoreVersion: it is too new.
    """
    found = await server.database[COLLECTION].find_one({"_id": _KEY})
    if found is None:
        return 0
    if found.get("oldest", 0) > SCHEMA_VERSION:
        raise StoreVersion(
            f"the store {server.place} is used by a newer Lineside (schema {found.get('version')}, "
            f"this one knows {SCHEMA_VERSION})",
            hint="update Lineside, or name another store in the configuration",
        )
    version = found.get("version")
    if not isinstance(version, int):
        raise StoreError(f"{server.place} is a database of another program", hint="name another database in the URL")
    return version


async def _update(server: Server) -> None:
    if not server.scans:  # a server without indexes would only be kept busy by them
        await make_indexes(server)
    values = {"version": SCHEMA_VERSION, "oldest": OLDEST, "made": datetime.now(UTC)}
    await server.database[COLLECTION].update_one({"_id": _KEY}, {"$set": values}, upsert=True)


async def make_indexes(server: Server) -> None:
    """Make all indexes that are missing."""
    for at in HOMES.values():
        await server.database[at.collection].create_indexes(indexes(at))
    plain = [("repo_name", ASCENDING), ("repo_url", ASCENDING), ("branch", ASCENDING)]
    await server.database[REPO_CONFIGS].create_index(plain)
    await server.database["sessions"].create_index("user_id")
    await server.database["jobs_history"].create_index([("pipeline_name", ASCENDING), ("run_number", ASCENDING)])
    await server.database[TOMBSTONES].create_index("rev")
    await server.database[register.COLLECTION].create_index([("name", ASCENDING), ("number", ASCENDING)])


def indexes(at: Home) -> list[IndexModel]:
    """The indexes of a collection: one for every filter and order that screens offer."""
    keys: list[tuple[str, ...]] = [(ID,), (REVISION,)]
    keys += [(*(at.field(field) for field in fields), ID) for fields in indexed_fields(at.kind)]
    if at.kind.entries:
        keys += [(NAMES,), (f"{ENTRIES}.$**",)]
    assert len(keys) <= _MOST, f"{at.kind.name} have too many indexes"
    return [IndexModel([(path, ASCENDING) for path in one], name=_name(one)) for one in keys]


def _name(paths: tuple[str, ...]) -> str:
    return "_".join(path.rpartition(".")[2].replace("$**", "entries") for path in paths)
