"""Prepares the database: which version it has, and its indexes, made by whoever holds the lease."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from pymongo import ASCENDING, IndexModel

from data.errors import StoreError, StoreVersion
from data.store.mongo import register
from data.store.mongo.client import Server
from data.store.mongo.homes import ENTRIES, HOMES, ID, NAMES, OWN, REVISION, Home, indexed_fields
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


async def prepare(server: Server) -> tuple[str, bool]:
    """Make the database ready for use; returns its identity, which no other database has, and whether it is new.

    Raises:
        StoreVersion: a newer Lineside made it, and says that this one is too old.
        StoreReadOnly: it would have to be changed, and may not.
        StoreError: whatever the server said.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{id(server)}"
    new = False
    while True:
        version, identity = await found(server)
        if version >= SCHEMA_VERSION:
            return identity, new
        if not version and not new:
            await _refuse_others(server)
            new = True
        held = await take(server, LEASE, owner, socket.gethostname(), MAKING, datetime.now(UTC))
        if held is None:
            await asyncio.sleep(WAITING)
            continue
        try:
            await _update(server)
        finally:
            await give_back(server, LEASE, owner)


async def found(server: Server) -> tuple[int, str]:
    """The database's version, 0 where it has none, and its identity.

    Raises:
        StoreVersion: it is too new.
        StoreError: it is another program's.
    """
    found = await server.database[COLLECTION].find_one({"_id": _KEY})
    if found is None:
        return 0, ""
    if found.get("oldest", 0) > SCHEMA_VERSION:
        raise StoreVersion(
            f"the store {server.place} is used by a newer Lineside (schema {found.get('version')}, "
            f"this one knows {SCHEMA_VERSION})",
            hint="update Lineside, or name another store in the configuration",
        )
    version = found.get("version")
    if not isinstance(version, int) or not isinstance(found.get("identity"), str):
        raise StoreError(f"{server.place} is a database of another program", hint="name another database in the URL")
    return version, found["identity"]


async def _refuse_others(server: Server) -> None:
    """See that none of our collections is another program's. Those of the plain design are shared.

    Raises:
        StoreError: one is.
    """
    ours = {at.collection for at in HOMES.values() if not at.shared}
    for name in sorted(ours.intersection(await server.database.list_collection_names())):
        document = await server.database[name].find_one({}, {OWN: 1})
        if document is not None and OWN not in document:
            raise StoreError(
                f"{server.place} is a database of another program: its `{name}` is not ours",
                hint="name another database in the URL",
            )


async def _update(server: Server) -> None:
    if not server.scans:  # a server without indexes would only be kept busy by them
        await make_indexes(server)
    values = {"version": SCHEMA_VERSION, "oldest": OLDEST, "made": datetime.now(UTC)}
    update = {"$set": values, "$setOnInsert": {"identity": uuid4().hex}}
    await server.database[COLLECTION].update_one({"_id": _KEY}, update, upsert=True)


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
