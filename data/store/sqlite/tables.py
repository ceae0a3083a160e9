"""Tables, made from the specifications in `data.store.kinds`.

A record type has two tables: its columns, narrow so that searching a million of them stays fast, and its documents.
Both share the integer key `n`, which is never used twice, so that a listing of keys stays valid while others write.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import REAL, Column, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.types import TypeEngine

from data.model import Record
from data.store import specification
from data.store.kinds import KINDS
from data.store.specification import ColumnType, Kind

METADATA: Final = MetaData()

COUNTER: Final = Table(
    "counter", METADATA, Column("name", Text, primary_key=True), Column("value", Integer, nullable=False)
)
"""Numbers that only grow: the revision of the newest write, the last fencing token."""
TOMBSTONE: Final = Table(
    "tombstone",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("revision", Integer, nullable=False, index=True),
)
"""Deleted records, so that readers hear of the deletion."""

_TEXT_FOR_PEOPLE: Final = Text(collation="NOCASE")
_TYPES: Final[dict[ColumnType, TypeEngine[Any]]] = {
    "id": Text(),
    "text": _TEXT_FOR_PEOPLE,
    "int": Integer(),
    "real": REAL(),
    "flag": Integer(),
    "time": Integer(),
    "words": Text(),
}


class Home(NamedTuple):
    """Where the records of a type live."""

    kind: Kind
    head: Table
    """`n`, `id`, `revision`, `search` (folded free text) and the kind's columns; times in microseconds since 1970."""
    body: Table
    """`n` and `doc`, the record as JSON."""
    numbers: Table | None
    """`n`, `id`, `name` and `value` of the kind's numbers."""


def home(kind: type[Record]) -> Home:
    """The tables of a record type."""
    return HOMES[kind]


def _home(kind: Kind) -> Home:
    head = Table(
        kind.table,
        METADATA,
        Column("n", Integer, primary_key=True, autoincrement=True),
        Column("id", Text, nullable=False, unique=True),
        Column("revision", Integer, nullable=False, index=True),
        *(_column(name, column) for name, column in kind.fields.items() if name != "id"),
        Column("search", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    for fields in [*((field,) for field in kind.sorts), *kind.indexes]:
        Index(f"ix_{kind.table}_{'_'.join(fields)}", *(head.c[field] for field in fields), head.c.id)
    body = Table(
        f"{kind.table}_doc", METADATA, Column("n", Integer, primary_key=True), Column("doc", Text, nullable=False)
    )
    return Home(kind, head, body, _numbers(kind) if kind.numbers else None)


def _column(name: str, column: specification.Column) -> Column[Any]:
    return Column(name, _TYPES[column.type], nullable=column.nullable or column.type == "words")


def _numbers(kind: Kind) -> Table:
    return Table(
        f"{kind.table}_number",
        METADATA,
        Column("name", Text, nullable=False),
        Column("value", REAL, nullable=False),
        Column("id", Text, nullable=False),
        Column("n", Integer, nullable=False, index=True),
        PrimaryKeyConstraint("name", "value", "id"),
        sqlite_with_rowid=False,
    )


HOMES: Final[dict[type[Record], Home]] = {record: _home(kind) for record, kind in KINDS.items()}
"""The tables of every record type."""
