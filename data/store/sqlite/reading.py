"""Reading records: functions on one open connection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, FromClause, Select, bindparam, func, select, true

from data.model import Record, decode
from data.store.port import Page
from data.store.sqlite.conditions import Condition, clauses, fewest
from data.store.sqlite.order import Token, write_token
from data.store.sqlite.predicate import Clause, column
from data.store.sqlite.rows import json_list, members
from data.store.sqlite.seek import MANY, Seek
from data.store.sqlite.tables import home

R = TypeVar("R", bound=Record)


@cache
def _by_id(kind: type[Record]) -> Select[str, int, str]:
    head, body = home(kind).head, home(kind).body
    joined = select(head.c.id, head.c.n, body.c.doc).join_from(head, body, head.c.n == body.c.n)
    return joined.where(head.c.id.in_(members(bindparam("ids"))))


@cache
def _by_n(kind: type[Record]) -> Select[int, str]:
    body = home(kind).body
    return select(body.c.n, body.c.doc).where(body.c.n.in_(members(bindparam("ns"))))


def stored_documents(connection: Connection, kind: type[Record], ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """`n` and document of those of `ids` that exist, by id."""
    rows = connection.execute(_by_id(kind), {"ids": json_list(ids)})
    return {row[0]: (row[1], row[2]) for row in rows}


def get_many(connection: Connection, kind: type[R], ids: Sequence[str]) -> dict[str, R]:
    """Those of `ids` that exist, by id."""
    return {id_: decode(kind, doc) for id_, (_, doc) in stored_documents(connection, kind, ids).items()}


def by_number(connection: Connection, kind: type[R], ns: Sequence[int]) -> list[R]:
    """The records of these rows, in their order; deleted ones are left out."""
    docs = {row[0]: row[1] for row in connection.execute(_by_n(kind), {"ns": json_list(ns)})}
    return [decode(kind, docs[n]) for n in ns if n in docs]


def page(connection: Connection, kind: type[R], seek: Seek, after: Token | None, limit: int) -> Page[R]:
    """A page by keyset."""
    rows = seek.page(connection, limit + 1, after)
    here = rows[:limit]
    more = write_token(here[-1][1]) if len(rows) > limit and here else None
    return Page(tuple(by_number(connection, kind, [n for n, _ in here])), more)


def count(connection: Connection, kind: type[Record], conditions: Sequence[Condition]) -> int:
    """How many records match."""
    statement = select(func.count()).select_from(home(kind).head)
    return int(connection.execute(statement.where(*narrowed(connection, kind, conditions))).scalar_one())


def narrowed(connection: Connection, kind: type[Record], conditions: Sequence[Condition]) -> list[Clause]:
    """What rows of the head table must fulfil, with the rows that an index finds where those are not too many."""
    known = all(one.column for one in conditions)
    best = None if known else fewest(connection, conditions, MANY)
    if best is None:
        return clauses(conditions)
    return [home(kind).head.c.n.in_(best.numbers), *clauses(best.others)]


def tally(connection: Connection, kind: type[Record], field: str, conditions: Sequence[Condition]) -> dict[str, int]:
    """How many records match, by the value of a field; a missing value is the empty text."""
    at = home(kind)
    value: Any = column(at, field)
    source: FromClause = at.head
    if at.kind.fields[field].type == "words":
        each = func.json_each(value).table_valued("value")
        value, source = each.c.value, at.head.join(each, onclause=true())
    if at.kind.fields[field].type == "text":
        value = value.collate("BINARY")
    wanted = narrowed(connection, kind, conditions)
    statement = select(value, func.count()).select_from(source).where(*wanted).group_by(value)
    return {"" if key is None else str(key): int(number) for key, number in connection.execute(statement)}
