"""Writes that go through only where nobody else has written meanwhile, on servers whose updates are no single step.

A writer says what it is about to change by its number (`revisions`), and then looks: a smaller number that is open and
touches the same records may have written already, or not yet. It gives up and tries anew; the other goes on. So of two
at the same time at most one writes, and the second reads what the first has written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from data.model import Record
from data.store.mongo.client import Server
from data.store.mongo.documents import read, written
from data.store.mongo.homes import OWN, Document, home
from data.store.mongo.reading import DOC, by_ids
from data.store.mongo.revisions import Entry, Revisions
from data.store.port import Overtaken, Was

_HASH: Final[Document] = {f"{OWN}.hash": 1}


async def refuse_overtaken(server: Server, revisions: Revisions, number: int, was: Sequence[Was]) -> None:
    """See that all records are what the writer of revision `number` has read.

    Raises:
        Overtaken: one is another now, or is being written.
    """
    touched: dict[str, set[str]] = {}
    by_kind: dict[type[Record], dict[str, Record | None]] = {}
    for one in was:
        touched.setdefault(home(one.kind).kind.table, set()).add(one.id)
        by_kind.setdefault(one.kind, {})[one.id] = one.record
    since = await revisions.stable()
    for entry in await revisions.entries(since, number - 1) if since < number - 1 else ():
        if entry.open and _touches(entry, touched):
            raise Overtaken
    for kind, given in by_kind.items():
        await _compare(server, kind, given)


def _touches(entry: Entry, touched: Mapping[str, set[str]]) -> bool:
    if entry.put is None:
        return any(table in touched for table in entry.tables)
    changed = (*entry.put.items(), *entry.gone.items())
    return any(not touched.get(table, set()).isdisjoint(ids) for table, ids in changed)


async def _compare(server: Server, kind: type[Record], given: Mapping[str, Record | None]) -> None:
    at = home(kind)
    stored = await by_ids(server, at, list(given), _HASH)
    other = [id_ for id_, record in given.items() if _hash(record) != _stored_hash(stored.get(id_))]
    if not other:
        return
    # What another version of Lineside has written may be the same record in other words.
    documents = await by_ids(server, at, other, DOC)
    for id_ in other:
        now = read(kind, documents[id_]) if id_ in documents else None
        if _hash(now) != _hash(given[id_]):
            raise Overtaken


def _hash(record: Record | None) -> str | None:
    return None if record is None else written(record).digest


def _stored_hash(document: Document | None) -> str | None:
    return None if document is None else document[OWN].get("hash")
