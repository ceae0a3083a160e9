"""What was written after a revision."""

from __future__ import annotations

import asyncio
from typing import Final

from data.model import Record
from data.store.mongo.client import Database, Server
from data.store.mongo.homes import BY_TABLE, HOMES, ID, OWN, REVISION, Document, id_in
from data.store.mongo.reading import by_ids
from data.store.mongo.revisions import Entry, Revisions
from data.store.mongo.writing import TOMBSTONES
from data.store.port import Changes

BATCH: Final = 10_000
"""Changes told at a time; more only where one write had more."""

Ids = dict[type[Record], set[str]]


class _Told:
    """Ids so far, each as put or deleted, whichever came last."""

    def __init__(self) -> None:
        self.put: Ids = {}
        self.deleted: Ids = {}
        self.size = 0

    def add(self, table: str, ids: list[str], *, gone: bool = False) -> None:
        kind = BY_TABLE.get(table)
        if kind is None:  # of a newer Lineside
            return
        to, other = (self.deleted, self.put) if gone else (self.put, self.deleted)
        to.setdefault(kind, set()).update(ids)
        if kind in other:
            other[kind].difference_update(ids)
        self.size += len(ids)

    async def changes(self, server: Server, revision: int, complete: bool) -> Changes:
        """Deletions that were refused, or came to nothing, are none."""
        for kind, ids in self.deleted.items():
            ids.difference_update(await by_ids(server, HOMES[kind], sorted(ids), {}))
        return Changes(revision, _frozen(self.put), _frozen(self.deleted), complete)


async def changes(server: Server, revisions: Revisions, since: int) -> Changes:
    """What was written after revision `since`, oldest first, about `BATCH` of it."""
    database = server.database
    newest = await revisions.stable()
    if since >= newest:
        return Changes(newest, {}, {})
    entries = await revisions.entries(since, newest)
    told = _Told()
    first = entries[0].number if entries else newest + 1
    if first > since + 1:
        upto = await _old(database, told, since, first - 1)
        if upto < first - 1 or told.size >= BATCH:
            return await told.changes(server, upto, upto == newest)
    for entry in entries:
        await _tell(database, told, entry)
        if told.size >= BATCH and entry.number < newest:
            return await told.changes(server, entry.number, False)
    return await told.changes(server, newest, True)


async def _tell(database: Database, told: _Told, entry: Entry) -> None:
    for table, ids in entry.gone.items():
        told.add(table, ids, gone=True)
    if entry.put is not None:
        for table, ids in entry.put.items():
            told.add(table, ids)
        return
    for table in entry.tables:
        if table in BY_TABLE:
            collection = HOMES[BY_TABLE[table]].collection
            found = database[collection].find({REVISION: entry.number}, {ID: 1}).batch_size(BATCH)
            told.add(table, [id_ async for one in found if (id_ := id_in(one)) is not None])


async def _old(database: Database, told: _Told, since: int, upto: int) -> int:
    """What revisions that are not kept any more changed: by the records themselves, and tombstones."""
    between: Document = {"$gt": since, "$lte": upto}

    async def put(table: str, collection: str) -> list[tuple[int, str, str, bool]]:
        found = database[collection].find({REVISION: between}, {ID: 1, REVISION: 1}).sort(REVISION, 1)
        rows = await found.limit(BATCH + 1).to_list()
        return [(one[OWN]["rev"], table, id_, False) for one in rows if (id_ := id_in(one)) is not None]

    stones = await database[TOMBSTONES].find({"rev": between}).sort("rev", 1).limit(BATCH + 1).to_list()
    several = await asyncio.gather(*(put(at.kind.table, at.collection) for at in HOMES.values()))
    lists = [*several, [(one["rev"], one["kind"], one["id"], True) for one in stones]]
    for rows in lists:
        if len(rows) > BATCH and rows[0][0] < rows[-1][0]:
            upto = min(upto, rows[-1][0] - 1)
        elif len(rows) > BATCH:  # one write had more than a batch
            upto, table = rows[0][0], rows[0][1]
            found = database[HOMES[BY_TABLE[table]].collection].find({REVISION: upto}, {ID: 1}).batch_size(BATCH)
            rows += [(upto, table, id_, False) async for one in found if (id_ := id_in(one)) is not None]
    for _, table, id_, gone in sorted(row for rows in lists for row in rows if row[0] <= upto):
        told.add(table, [id_], gone=gone)
    return upto


def _frozen(sets: Ids) -> dict[type[Record], frozenset[str]]:
    return {kind: frozenset(ids) for kind, ids in sets.items() if ids}
