"""Writing records: what is equal is left alone, and what a stalled writer sends late is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from data.errors import StoreError
from data.model import Lease, PipelineRun, Record, Session
from data.store.mongo.bulk import update
from data.store.mongo.client import Server
from data.store.mongo.compare import refuse_overtaken
from data.store.mongo.documents import Written, own, written
from data.store.mongo.failures import DUPLICATE
from data.store.mongo.foreign import SESSION, digest_of
from data.store.mongo.homes import OWN, Document, Home, home
from data.store.mongo.keys import key_of
from data.store.mongo.plain import is_foreign, mirror, plain, shadows, stage_paths, stages
from data.store.mongo.reading import by_ids
from data.store.mongo.revisions import Guard, Revisions, Write
from data.store.port import Was

TOMBSTONES: Final = "tombstones"
"""Deleted records, for readers who come so late that the revisions do not tell them any more."""
UNSEEN: Final = 0
"""Revision of documents whose changes nobody is told of: interests and leases."""
_CHUNK: Final = 1_000
"""Documents of a request."""
_KEPT: Final = ("turn", "lease", "token", "seen")
"""What a write leaves as it is where it has nothing to say of it."""
_STATE: Final[Document] = {f"{OWN}.{name}": 1 for name in ("hash", "shade", *_KEPT)}


class Change(NamedTuple):
    """A record that is new, or differs from what is stored."""

    at: Home
    one: Written
    stored: Document | None
    turn: int | None
    shade: str = ""
    """Tells what the record means for the plain design besides its own fields; empty where it means nothing."""

    @property
    def moves(self) -> bool:
        """Whether that changes."""
        return bool(self.shade) and (self.stored or {}).get("shade") != self.shade


async def put(
    server: Server,
    revisions: Revisions,
    records: Iterable[Record],
    *,
    fence: Lease | None = None,
    guard: Guard | None = None,
    turn: int | None = None,
    was: Sequence[Was] = (),
) -> int:
    """Insert or replace; returns how many were not there like this already.

    `guard` is asked again while a write takes long; `turn` is the number of a command's state; `was` is what the
    records have been made from.

    Raises:
        StoreError: a record was written under a later token of the fence's lease.
        Overtaken: one of `was` is another by now.
    """
    changes = await _changes(server, records, turn)
    if not changes:
        return 0
    for change in changes:
        _refuse_late(change.stored, fence)
    ids: dict[str, list[str]] = {}
    for change in changes:
        ids.setdefault(change.at.kind.table, []).append(change.one.record.id)
    shades = await shadows(server, [change.one.record for change in changes])
    changes = [change._replace(shade=_shade(change.one.record, shades)) for change in changes]
    write = await revisions.begin(ids, {}, guard)
    try:
        if was:
            await refuse_overtaken(server, revisions, write.number, was)
        await _write(server, changes, fence, write)
        await mirror(server, [change.one.record for change in changes if change.moves], shades, write)
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


def _shade(record: Record, shades: Mapping[str, Document]) -> str:
    if isinstance(record, PipelineRun):
        return "" if is_foreign(record.id) else digest_of(stages(record))
    return digest_of(shades[record.id]) if record.id in shades else ""


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
    document |= {name: kept[name] for name in _KEPT if name in kept}
    if change.turn is not None:
        document["turn"] = change.turn
    if fence is not None:
        document |= {"lease": fence.id, "token": fence.token}
    key = key_of(at, record.id)
    if isinstance(record, Session):
        document["seen"] = digest_of(plain(record), SESSION)
    if change.shade:
        document["shade"] = change.shade
    values = {**plain(record), OWN: document}
    if change.stored is None:
        logs = {"logs": stages(record)} if isinstance(record, PipelineRun) and record.stages and change.shade else {}
        return InsertOne({"_id": key, **values, **logs})
    if isinstance(record, PipelineRun) and change.moves:
        values |= stage_paths(record)
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
    inserts = [one for one in operations if not isinstance(one, UpdateOne)]
    updates = [one for one in operations if isinstance(one, UpdateOne)]
    if inserts:
        updates += await _insert(server, collection, inserts, fence)
    matched = await update(server, collection, updates)
    if fence is not None and matched < len(updates):
        raise _lost(fence)


async def _insert(
    server: Server, collection: str, inserts: Sequence[InsertOne[Document]], fence: Lease | None
) -> list[UpdateOne]:
    """Insert; returns the updates of documents that were there already."""
    try:
        await server.database[collection].bulk_write(inserts, ordered=False)
    except BulkWriteError as error:
        failed = (error.details or {}).get("writeErrors", [])
        if not failed or any(one.get("code") != DUPLICATE for one in failed):
            raise
        again = []
        for one in failed:
            document: dict[str, Any] = dict(inserts[one["index"]]._doc)
            key = document.pop("_id")
            again.append(UpdateOne({"_id": key, **_unless_later(server, fence)}, {"$set": document}))
        return again
    return []


async def remove(
    server: Server,
    revisions: Revisions,
    kind: type[Record],
    ids: Sequence[str],
    *,
    fence: Lease | None = None,
    guard: Guard | None = None,
) -> int:
    """Delete by id, leaving tombstones; returns how many there were.

    Raises:
        StoreError: a record was written under a later token of the fence's lease.
    """
    at = home(kind)
    stored = await by_ids(server, at, ids, _STATE)
    for document in stored.values():
        _refuse_late(document[OWN], fence)
    there = list(stored)
    if not there:
        return 0
    table = at.kind.table
    write = await revisions.begin({}, {table: there}, guard)
    try:
        for start in range(0, len(there), _CHUNK):
            await write.go_on()
            some = there[start : start + _CHUNK]
            await _leave_tombstones(server, table, some, write.number)
            if await _delete(server, at, {id_: stored[id_][OWN] for id_ in some}, fence) < len(some) and fence:
                raise _lost(fence)
    finally:
        await write.end()
    return len(there)


async def _delete(server: Server, at: Home, stored: Mapping[str, Document], fence: Lease | None) -> int:
    """Delete; documents of another tool stay, and are not taken up again until that changes them."""
    deletes: list[DeleteOne] = []
    updates: list[UpdateOne] = []
    for id_, own_part in stored.items():
        key = key_of(at, id_)
        asked = {"_id": key, **_unless_later(server, fence)}
        if key == id_:
            deletes.append(DeleteOne(asked))
        else:
            updates.append(UpdateOne(asked, {"$set": {OWN: {"seen": own_part.get("seen", "")}}}))
    gone = await update(server, at.collection, updates)
    if deletes:
        gone += (await server.database[at.collection].bulk_write(deletes, ordered=False)).deleted_count
    return gone


async def _leave_tombstones(server: Server, table: str, ids: Sequence[str], number: int) -> None:
    """Before the deletion, so that none is missed; of a record that stays after all, readers take no notice of it."""
    stones = [
        UpdateOne({"_id": f"{table}:{id_}"}, {"$set": {"kind": table, "id": id_, "rev": number}}, upsert=True)
        for id_ in ids
    ]
    await update(server, TOMBSTONES, stones)


async def remove_unseen(server: Server, kind: type[Record], condition: Mapping[str, Any]) -> None:
    """Delete without a trace."""
    await server.database[home(kind).collection].delete_many(dict(condition))
