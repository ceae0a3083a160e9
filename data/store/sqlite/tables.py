"""Tables, made from the specifications in `data.store.kinds`.

A record type has two tables: its columns, narrow so that searching a million of them stays fast, and its documents.
Both share the integer key `n`, which is never used twice, so that a listing of keys stays valid while others write.

Metrics, params and tags are the rows of a third one, and their names have numbers of their own: forty rows for a run
are many, so each has to be small. Free text has an index of all sequences of three characters.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import (
    REAL,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    TableClause,
    Text,
    column,
    event,
    table,
)
from sqlalchemy.types import TypeEngine, UserDefinedType

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


class Anything(UserDefinedType[Any]):
    """Numbers and texts as they come: a column that SQLite calls BLOB converts nothing (sqlite.org/datatype3.html)."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in SQL."""
        return "BLOB"


class Entries(NamedTuple):
    """Where the metrics, params and tags of a type's records live."""

    values: Table
    """`n`, `k` (of `names`) and `value`: a number, or a folded text. Numbers sort before texts."""
    names: Table
    """`k` and `name`, such as `metrics.val_auc`."""


class Home(NamedTuple):
    """Where the records of a type live."""

    kind: Kind
    head: Table
    """`n`, `id`, `revision`, `search` (folded free text) and the kind's columns; times in microseconds since 1970."""
    body: Table
    """`n` and `doc`, the record as JSON."""
    entries: Entries | None
    """Where the kind has metrics, params or tags."""
    texts: TableClause | None
    """Index of `search` by sequences of three characters (sqlite.org/fts5.html): `rowid` is `n`."""


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
    for fields in indexed_fields(kind):
        name = "_".join(field for field in fields if field != "id")
        Index(f"ix_{kind.table}_{name}", *(head.c[field] for field in fields))
    body = Table(
        f"{kind.table}_doc", METADATA, Column("n", Integer, primary_key=True), Column("doc", Text, nullable=False)
    )
    return Home(kind, head, body, _entries(kind) if kind.entries else None, _texts(kind, head))


def indexed_fields(kind: Kind) -> list[tuple[str, ...]]:
    """The fields of each of a kind's indexes. Those of groups hold all that a group tells."""
    default = kind.default_sort.field
    wanted = [(field,) for field in kind.sorts] + [pair for pair in kind.indexes if pair not in _group_pairs(kind)]
    return [(*fields, "id") for fields in wanted] + [
        (field, default, "id", *(["status"] if field != "status" else [])) for field in kind.group_fields
    ]


def _group_pairs(kind: Kind) -> set[tuple[str, str]]:
    return {(field, kind.default_sort.field) for field in kind.group_fields}


def _column(name: str, column: specification.Column) -> Column[Any]:
    return Column(name, _TYPES[column.type], nullable=column.nullable or column.type == "words")


def _entries(kind: Kind) -> Entries:
    names = Table(
        f"{kind.table}_name",
        METADATA,
        Column("k", Integer, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
    )
    values = Table(
        f"{kind.table}_entry",
        METADATA,
        Column("n", Integer, nullable=False),
        Column("k", Integer, nullable=False),
        Column("value", Anything(), nullable=False),
        PrimaryKeyConstraint("n", "k"),
        sqlite_with_rowid=False,
    )
    Index(f"ix_{kind.table}_entry", values.c.k, values.c.value)  # SQLite adds what is left of the primary key: n
    return Entries(values, names)


def _texts(kind: Kind, head: Table) -> TableClause | None:
    """The index keeps no text: it is told what to take out, and what it finds is compared with `search`."""
    if not kind.text_index:
        return None
    name = f"{kind.table}_text"
    options = "content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1'"

    def make(_target: Table, connection: Connection, **_: object) -> None:
        connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {name} USING fts5(search, {options})")

    event.listen(head, "after_create", make)
    return table(name, column("rowid"), column("search"))


HOMES: Final[dict[type[Record], Home]] = {record: _home(kind) for record, kind in KINDS.items()}
"""The tables of every record type."""
