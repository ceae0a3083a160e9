"""What a mirror remembers in its file beside the records: how far it is, and what both sides agreed on last.

It is a table of the same SQLite file, so that it changes in one transaction with the records, and goes with the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeVar

from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, select
from sqlalchemy.dialects.sqlite import insert

from data.model import Record, decode
from data.store.sqlite.rows import LAST, document, json_list, members
from data.store.sqlite.tables import home

R = TypeVar("R", bound=Record)

Part = Literal["state", "cursor", "agreed", "sent", "brought", "generation"]
"""What an entry is: see the constants, and `cursor` by table of a kind, `agreed` and `sent` by table and id,
`brought` (the time) by topic, `generation` of the copy of a log by job id.
"""

IDENTITY: Final = "identity"
"""Which database is mirrored."""
POSITION: Final = "position"
"""Revision of the team store up to which its changes are here."""
PUSHED: Final = "pushed"
"""Revision of the local file up to which the team store was told of changes."""
SEEN: Final = "seen"
"""When the team store was reached last, as ISO 8601."""
END: Final = ""
"""The cursor of a kind of which everything is here."""

METADATA: Final = MetaData()
ENTRY: Final = Table(
    "mirror",
    METADATA,
    Column("part", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)


def make(connection: Connection) -> None:
    """Make the table where there is none."""
    METADATA.create_all(connection)


def read(connection: Connection, part: Part, name: str) -> str | None:
    """An entry's value, None where there is none."""
    found = connection.execute(select(ENTRY.c.value).where(ENTRY.c.part == part, ENTRY.c.name == name)).scalar()
    return None if found is None else str(found)


def read_all(connection: Connection, part: Part) -> dict[str, str]:
    """All entries of a part, by name."""
    rows = connection.execute(select(ENTRY.c.name, ENTRY.c.value).where(ENTRY.c.part == part))
    return {row[0]: row[1] for row in rows}


def read_many(connection: Connection, part: Part, names: Sequence[str]) -> dict[str, str]:
    """Those entries of a part that exist, by name."""
    chosen = ENTRY.c.name.in_(members(json_list(list(names))))
    rows = connection.execute(select(ENTRY.c.name, ENTRY.c.value).where(ENTRY.c.part == part, chosen))
    return {row[0]: row[1] for row in rows}


def write(connection: Connection, part: Part, name: str, value: str) -> None:
    """Set an entry."""
    statement = insert(ENTRY).values(part=part, name=name, value=value)
    update = statement.on_conflict_do_update(index_elements=["part", "name"], set_={"value": value})
    connection.execute(update)


def drop(connection: Connection, part: Part, name: str | None = None) -> None:
    """Remove an entry, or a whole part."""
    statement = delete(ENTRY).where(ENTRY.c.part == part)
    connection.execute(statement if name is None else statement.where(ENTRY.c.name == name))


def agreed(connection: Connection, kind: type[R], ids: Sequence[str]) -> dict[str, R]:
    """What both sides agreed on last, or what was perhaps told, by id."""
    names = {_name(kind, id_): id_ for id_ in ids}
    found = read_many(connection, "agreed", list(names)) | read_many(connection, "sent", list(names))
    return {names[name]: decode(kind, value) for name, value in found.items()}


def ids(connection: Connection, part: Part, kind: type[Record]) -> set[str]:
    """Ids of the records of a kind on which both sides agreed, or of which the team store was told (`sent`)."""
    begin = _name(kind, "")
    names = select(ENTRY.c.name).where(ENTRY.c.part == part, ENTRY.c.name.between(begin, begin + LAST))
    return {str(name).removeprefix(begin) for name in connection.execute(names).scalars()}


def agree(connection: Connection, record: Record) -> None:
    """Both sides have the record like this."""
    name = _name(type(record), record.id)
    write(connection, "agreed", name, document(record))
    drop(connection, "sent", name)


def send(connection: Connection, record: Record) -> None:
    """The team store is about to be told of a record."""
    write(connection, "sent", _name(type(record), record.id), document(record))


def forget(connection: Connection, kind: type[Record], id_: str) -> None:
    """Neither side has a record any more, or it cannot be changed here any more."""
    name = _name(kind, id_)
    drop(connection, "agreed", name)
    drop(connection, "sent", name)


def _name(kind: type[Record], id_: str) -> str:
    return f"{home(kind).kind.table}:{id_}"
