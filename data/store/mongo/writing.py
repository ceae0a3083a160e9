"""Writing records: what is equal is left alone, and what a stalled writer sends late is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from data.errors import StoreError
from data.model import Lease, Record
from data.store.mongo.client import Server
from data.store.mongo.documents import Written, own, written
from data.store.mongo.failures import DUPLICATE
from data.store.mongo.homes import OWN, Document, Home, home
from data.store.mongo.keys import key_of
from data.store.mongo.plain import mirror, plain
from data.store.mongo.reading import by_ids
from data.store.mongo.revisions import Guard, Revisions, Write

TOMBSTONES: Final = "tombstones"
"""Deleted records, for readers who come so late that the revisions do not tell them any more."""
UNSEEN: Final = 0
"""Revision of documents whose changes nobody is told of: interests and leases."""
_CHUNK: Final = 1_000
"""Documents of a request."""
_STATE: Final[Document] = {f"{OWN}.hash": 1, f"{OWN}.turn": 1, f"{OWN}.lease": 1, f"{OWN}.token": 1}


class Change(NamedTuple):
    """A record that is new, or differs from what is stored."""

    at: Home
    one: Written
    stored: Document | None
    turn: int | None


async def put(
    server: Server,
    revisions: Revisions,
    records: Iterable[Record],
    *,
    fence: Lease | None = None,
    guard: Guard | None = None,
    turn: int | None = None,
) -> int:
    """Insert or replace; returns how many were not there like this already.

    `guard` is asked again while a write takes long; `turn` is the number of a command's state.

    Raises:
        StoreError: a record was written under a later token of the fence's lease.
    """
    changes = await _changes(server, records, turn)
    if not changes:
        return 0
    for change in changes:
        _refuse_late(change.stored, fence)
    ids: dict[str, list[str]] = {}
    for change in changes:
        ids.setdefault(change.at.kind.table, []).append(change.one.record.id)
    write = await revisions.begin(ids, {}, guard)
    try:
        await _write(server, changes, fence, write)
        await mirror(server, [change.one.record for change in changes], write)
    finally:
        await write.end()
    return len(changes)


async def put_unseen(server: Server, records: Iterable[Record]) -> None:
    """Insert or replace without moving the revision."""
    await _write(server, await _changes(server, records), None, None)


async def _changes(server: Server, records: Iterable[Record], turn: int | None = None) -> list[Change]:
    by_kind: dict[type[Record], dict[str, Written]] = {}
    for record in records:
        by_kind.setdefault(type(record), {})[record.id] = written(record)
    found: list[Change] = []
    for kind, given in by_kind.items():
        at = home(kind)
        stored = await by_ids(server, at, list(given), _STATE)
        for id_, one in given.items():
            there = stored.get(id_)
            if there is None or there[OWN].get("hash") != one.digest:
                found.append(Change(at, one, None if there is None else there[OWN], turn))
    return found


def _refuse_late(stored: Document | None, fence: Lease | None) -> None:
    if fence is not None and stored and stored.get("lease") == fence.id and stored.get("token", 0) > fence.token:
        raise _lost(fence)


def _lost(fence: Lease) -> StoreError:
    return StoreError(f"the lease `{fence.id}` is not held by {fence.owner} any more: others have written since")


async def _write(server: Server, changes: Sequence[Change], fence: Lease | None, write: Write | None) -> None:
    number = UNSEEN if write is None else write.number
    by_home: dict[str, list[Change]] = {}
    for change in changes:
        by_home.setdefault(change.at.collection, []).append(change)
    for collection, some in by_home.items():
        for start in range(0, len(some), _CHUNK):
            if write is not None:
                await write.go_on()
            operations = [_operation(server, change, number, fence) for change in some[start : start + _CHUNK]]
            await _send(server, collection, operations, fence)


def _operation(server: Server, change: Change, number: int, fence: Lease | None) -> Any:
    at, record = change.at, change.one.record
    document = own(at, change.one, number)
    kept = change.stored or {}
    for name in ("turn", "lease", "token"):
        if name in kept:
            document[name] = kept[name]
    if change.turn is not None:
        document["turn"] = change.turn
    if fence is not None:
        document |= {"lease": fence.id, "token": fence.token}
    key = key_of(at, record.id)
    values = {**plain(record), OWN: document}
    if change.stored is None:
        return InsertOne({"_id": key, **values})
    return UpdateOne({"_id": key, **_unless_later(server, fence)}, {"$set": values})


def _unless_later(server: Server, fence: Lease | None) -> Document:
    """A document that the lease's next owner has written does not fit.

    A server that reads whole collections looks a key up only where nothing else is asked (FerretDB), and its updates
    are no single step anyway: there the look before the write has to do.
    """
    if fence is None or server.scans:
        return {}
    return {"$nor": [{f"{OWN}.lease": fence.id, f"{OWN}.token": {"$gt": fence.token}}]}


async def _send(server: Server, collection: str, operations: Sequence[Any], fence: Lease | None) -> None:
    """Write; what somebody else has inserted meanwhile, or another tool had before, is changed instead.

    Raises:
        StoreError: the fence's lease has another owner, who has written one of the documents.
    """
    updates = sum(isinstance(one, UpdateOne) for one in operations)
    try:
        matched = (await server.database[collection].bulk_write(operations, ordered=False)).matched_count
    except BulkWriteError as error:
        details = error.details or {}
        failed = details.get("writeErrors", [])
        if not failed or any(one.get("code") != DUPLICATE for one in failed):
            raise
        again = []
        for one in failed:
            document: dict[str, Any] = dict(operations[one["index"]]._doc)
            key = document.pop("_id")
            again.append(UpdateOne({"_id": key, **_unless_later(server, fence)}, {"$set": document}))
        result = await server.database[collection].bulk_write(again, ordered=False)
        updates, matched = updates + len(again), details.get("nMatched", 0) + result.matched_count
    if fence is not None and matched < updates:
        raise _lost(fence)


async def remove(server: Server, revisions: Revisions, kind: type[Record], ids: Sequence[str]) -> int:
    """Delete by id, leaving tombstones; returns how many there were."""
    at = home(kind)
    there = list(await by_ids(server, at, ids, {}))
    if not there:
        return 0
    table = at.kind.table
    write = await revisions.begin({}, {table: there})
    try:
        stones = [
            UpdateOne({"_id": f"{table}:{id_}"}, {"$set": {"kind": table, "id": id_, "rev": write.number}}, upsert=True)
            for id_ in there
        ]
        await server.database[TOMBSTONES].bulk_write(stones, ordered=False)
        for start in range(0, len(there), _CHUNK):
            await write.go_on()
            gone = [DeleteOne({"_id": key_of(at, id_)}) for id_ in there[start : start + _CHUNK]]
            await server.database[at.collection].bulk_write(gone, ordered=False)
    finally:
        await write.end()
    return len(there)


async def remove_unseen(server: Server, kind: type[Record], condition: Mapping[str, Any]) -> None:
    """Delete without a trace."""
    await server.database[home(kind).collection].delete_many(dict(condition))
