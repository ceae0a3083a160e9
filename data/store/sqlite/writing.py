"""Writing records: functions on one open connection, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Update, bindparam, delete, select, text, update
from sqlalchemy.dialects.sqlite import insert

from data.model import Record, decode
from data.store.port import Overtaken, Was
from data.store.sqlite import index
from data.store.sqlite.reading import get_many, stored_documents
from data.store.sqlite.rows import Row, document, head_row, json_list, members
from data.store.sqlite.tables import COUNTER, TOMBSTONE, Home, home

REVISION: Final = "revision"
"""Counter of writes."""
UNSEEN: Final = 0
"""Revision of rows whose changes nobody is told of: interests and leases."""

_LAST_N: Final = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
"""Greatest `n` that a table ever gave (sqlite.org/autoinc.html)."""
_KEY: Final = "key_n"
"""Name of the parameter by which a row is updated."""
_NEW: Final = "new_"
"""Beginning of the names of parameters that are written to columns."""


class _New(NamedTuple):
    record: Record
    doc: str


class _Changed(NamedTuple):
    record: Record
    doc: str
    n: int
    old: str
    """The document before."""


def bump(connection: Connection, counter: str) -> int:
    """The next value of a counter."""
    upsert = insert(COUNTER).values(name=counter, value=1)
    upsert = upsert.on_conflict_do_update(index_elements=["name"], set_={"value": COUNTER.c.value + 1})
    return int(connection.execute(upsert.returning(COUNTER.c.value)).scalar_one())


def put(connection: Connection, records: Iterable[Record]) -> int:
    """Insert or replace; returns how many were not there like this already."""
    by_kind: dict[type[Record], dict[str, Record]] = {}
    for record in records:
        by_kind.setdefault(type(record), {})[record.id] = record
    work = [(home(kind), *_compare(connection, kind, given)) for kind, given in by_kind.items()]
    count = sum(len(new) + len(changed) for _, new, changed in work)
    if count:
        revision = bump(connection, REVISION)
        for at, new, changed in work:
            _insert(connection, at, new, revision)
            _update(connection, at, changed, revision)
    return count


def refuse_overtaken(connection: Connection, was: Iterable[Was]) -> None:
    """See that all records are what a writer has read.

    Raises:
        Overtaken: one is another now.
    """
    by_kind: dict[type[Record], dict[str, Record | None]] = {}
    for one in was:
        by_kind.setdefault(one.kind, {})[one.id] = one.record
    for kind, given in by_kind.items():
        now = get_many(connection, kind, list(given))
        if any(_text(now.get(id_)) != _text(record) for id_, record in given.items()):
            raise Overtaken


def _text(record: Record | None) -> str | None:
    return None if record is None else document(record)


def put_unseen(connection: Connection, record: Record) -> None:
    """Insert or replace one record without moving the revision."""
    new, changed = _compare(connection, type(record), {record.id: record})
    _insert(connection, home(type(record)), new, UNSEEN)
    _update(connection, home(type(record)), changed, UNSEEN)


def _compare(
    connection: Connection, kind: type[Record], given: Mapping[str, Record]
) -> tuple[list[_New], list[_Changed]]:
    """Which of the given records are new, and which differ from what is stored."""
    stored = stored_documents(connection, kind, list(given))
    new: list[_New] = []
    changed: list[_Changed] = []
    for id_, record in given.items():
        doc = document(record)
        if id_ not in stored:
            new.append(_New(record, doc))
        elif doc != stored[id_][1]:
            changed.append(_Changed(record, doc, *stored[id_]))
    return new, changed


def _insert(connection: Connection, at: Home, new: Sequence[_New], revision: int) -> None:
    if not new:
        return
    first = int(connection.execute(_LAST_N, {"name": at.head.name}).scalar() or 0) + 1
    rows = [head_row(at.kind, one.record, n, revision) for n, one in enumerate(new, first)]
    connection.execute(insert(at.head), rows)
    connection.execute(insert(at.body), [{"n": n, "doc": one.doc} for n, one in enumerate(new, first)])
    index.put_texts(connection, at, {n: row["search"] for n, row in enumerate(rows, first)})
    index.put_entries(connection, at, {n: index.entries(at, one.record) for n, one in enumerate(new, first)})
    ids = json_list([one.record.id for one in new])
    connection.execute(delete(TOMBSTONE).where(TOMBSTONE.c.kind == at.kind.table, TOMBSTONE.c.id.in_(members(ids))))


def _update(connection: Connection, at: Home, changed: Sequence[_Changed], revision: int) -> None:
    """Write what differs: an index is only touched where its column is named."""
    if not changed:
        return
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    texts: dict[int, tuple[str, str]] = {}
    entries: dict[int, tuple[index.Entries, index.Entries]] = {}
    for one in changed:
        before = decode(at.kind.record, one.old)
        row = head_row(at.kind, one.record, one.n, revision)
        old = head_row(at.kind, before, one.n, UNSEEN)
        names = tuple(name for name in row if row[name] != old[name] or name == REVISION)
        by_columns.setdefault(names, []).append({_KEY: one.n, **{f"{_NEW}{name}": row[name] for name in names}})
        texts[one.n] = (old["search"], row["search"])
        entries[one.n] = (index.entries(at, before), index.entries(at, one.record))
    for names, rows in by_columns.items():
        connection.execute(_update_head(at.kind.record, names), rows)
    statement = update(at.body).where(at.body.c.n == bindparam(_KEY)).values(doc=bindparam(f"{_NEW}doc"))
    connection.execute(statement, [{_KEY: one.n, f"{_NEW}doc": one.doc} for one in changed])
    index.change_texts(connection, at, texts)
    index.change_entries(connection, at, entries)


@cache
def _update_head(kind: type[Record], names: tuple[str, ...]) -> Update:
    head = home(kind).head
    values: dict[str, Any] = {name: bindparam(f"{_NEW}{name}") for name in names}
    return update(head).where(head.c.n == bindparam(_KEY)).values(values)


def remove(connection: Connection, kind: type[Record], ids: Sequence[str]) -> int:
    """Delete by id, leaving tombstones; returns how many there were."""
    at = home(kind)
    wanted = members(json_list(ids))
    there = connection.execute(select(at.head.c.id, at.head.c.n).where(at.head.c.id.in_(wanted))).all()
    if there:
        revision = bump(connection, REVISION)
        remove_rows(connection, at, [row.n for row in there])
        rows = [{"kind": at.kind.table, "id": row.id, "revision": revision} for row in there]
        connection.execute(insert(TOMBSTONE).prefix_with("OR REPLACE"), rows)
    return len(there)


def remove_rows(connection: Connection, at: Home, ns: Sequence[int]) -> None:
    """Delete rows by `n`, without a trace."""
    gone = members(json_list(ns))
    index.remove(connection, at, ns)
    for table in (at.head, at.body):
        connection.execute(delete(table).where(table.c.n.in_(gone)))
