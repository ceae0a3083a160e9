"""Writing what is found by: metrics, params and tags, and the index of free text. Only what differs is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select

from data.model import Record
from data.store.specification import entries_of
from data.store.sqlite import tables
from data.store.sqlite.entries import WORD, stored
from data.store.sqlite.rows import json_list, members
from data.store.sqlite.tables import Home

Entries = dict[str, int | float | str]
"""Values as they are stored, by names such as `metrics.val_auc`."""


def entries(at: Home, record: Record) -> Entries:
    """A record's metrics, params and tags, and its words."""
    if at.entries is None:
        return {}
    found: Entries = {
        f"{group}.{key}": stored(value)
        for group in at.kind.entries
        for key, value in entries_of(at.kind, group, record).items()
    }
    for name, column in at.kind.fields.items():
        if column.type == "words":
            found.update((f"{name}.{word}", WORD) for word in column.get(record))
    return found


def put_entries(connection: Connection, at: Home, new: Mapping[int, Entries]) -> None:
    """Write those of new rows, by `n`."""
    change_entries(connection, at, {n: ({}, given) for n, given in new.items()})


def change_entries(connection: Connection, at: Home, changed: Mapping[int, tuple[Entries, Entries]]) -> None:
    """Write what differs between those before and after, by `n`."""
    if at.entries is None:
        return
    gone = [(n, name) for n, (old, new) in changed.items() for name in old.keys() - new.keys()]
    written = [
        (n, name, value) for n, (old, new) in changed.items() for name, value in new.items() if old.get(name) != value
    ]
    if not gone and not written:
        return
    numbers = _numbers(connection, at.entries, {name for _, name in gone} | {name for _, name, _ in written})
    table = at.entries.values.name
    if gone:
        rows = [(n, numbers[name]) for n, name in gone]
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE n = ? AND k = ?", rows)
    if written:
        values = [(n, numbers[name], value) for n, name, value in written]
        upsert = "ON CONFLICT (n, k) DO UPDATE SET value = excluded.value"
        connection.exec_driver_sql(f"INSERT INTO {table} (n, k, value) VALUES (?, ?, ?) {upsert}", values)


def _numbers(connection: Connection, of: tables.Entries, names: Iterable[str]) -> dict[str, int]:
    """`k` of names; what has none yet is given one."""
    wanted = sorted(names)
    known = select(of.names.c.name, of.names.c.k).where(of.names.c.name.in_(members(json_list(wanted))))
    found = {row.name: row.k for row in connection.execute(known)}
    missing = [{"name": name} for name in wanted if name not in found]
    if missing:
        connection.execute(insert(of.names), missing)
        found = {row.name: row.k for row in connection.execute(known)}
    return found


def put_texts(connection: Connection, at: Home, new: Mapping[int, str]) -> None:
    """Write the searched texts of new rows, by `n`."""
    _write_texts(connection, at, [(n, None, text) for n, text in new.items()])


def change_texts(connection: Connection, at: Home, changed: Mapping[int, tuple[str, str]]) -> None:
    """Write the searched texts that differ: (before, after) by `n`."""
    _write_texts(connection, at, [(n, old, new) for n, (old, new) in changed.items() if old != new])


def _write_texts(connection: Connection, at: Home, rows: Sequence[tuple[int, str | None, str | None]]) -> None:
    """Forget and write texts: (`n`, before, after).

    An index without text has to be told what it forgets (sqlite.org/fts5.html, "The 'delete' command"). It gathers what
    comes in the order of `rowid`, and writes at once where one is less than the one before.
    """
    if at.texts is None or not rows:
        return
    name = at.texts.name
    told: list[tuple[str | None, int, str]] = []
    for n, old, new in sorted(rows):
        told += [("delete", n, old)] if old is not None else []
        told += [(None, n, new)] if new is not None else []
    connection.exec_driver_sql(f"INSERT INTO {name} ({name}, rowid, search) VALUES (?, ?, ?)", told)


def remove(connection: Connection, at: Home, ns: Sequence[int]) -> None:
    """Forget rows, before they are deleted."""
    gone = members(json_list(ns))
    if at.texts is not None:
        texts = connection.execute(select(at.head.c.n, at.head.c.search).where(at.head.c.n.in_(gone))).all()
        _write_texts(connection, at, [(n, text, None) for n, text in texts])
    if at.entries is not None:
        connection.execute(delete(at.entries.values).where(at.entries.values.c.n.in_(gone)))
