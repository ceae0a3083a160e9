"""Reading records: functions on one open connection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, FromClause, Select, bindparam, func, select, true

from data.model import Record, decode
from data.store.port import Page, Sort
from data.store.sqlite import order
from data.store.sqlite.predicate import Clause, column
from data.store.sqlite.rows import json_list, members
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


def page(
    connection: Connection, kind: type[R], conditions: Sequence[Clause], sort: Sort, after: str | None, limit: int
) -> Page[R]:
    """A page by keyset."""
    at = home(kind)
    of = order.parts(at, sort)
    token = order.read_token(after, of) if after is not None else None
    found: list[tuple[int, order.Token]] = []
    for number in range(token.part if token else 0, len(of)):
        part = of[number]
        behind = [order.behind(part, token.values)] if token and token.part == number else []
        statement = order.ordered(at, part, conditions, order.row_key(at, part), *part.keys).where(*behind)
        rows = connection.execute(statement.limit(limit + 1 - len(found)))
        found += [(row[0], order.Token(number, tuple(row[1:]))) for row in rows]
        if len(found) > limit:
            break
    here = found[:limit]
    more = order.write_token(here[-1][1]) if len(found) > limit and here else None
    return Page(tuple(by_number(connection, kind, [n for n, _ in here])), more)


def count(connection: Connection, kind: type[Record], conditions: Sequence[Clause]) -> int:
    """How many records match."""
    statement = select(func.count()).select_from(home(kind).head).where(*conditions)
    return int(connection.execute(statement).scalar_one())


def tally(connection: Connection, kind: type[Record], field: str, conditions: Sequence[Clause]) -> dict[str, int]:
    """How many records match, by the value of a field; a missing value is the empty text."""
    at = home(kind)
    value: Any = column(at, field)
    source: FromClause = at.head
    if at.kind.fields[field].type == "words":
        each = func.json_each(value).table_valued("value")
        value, source = each.c.value, at.head.join(each, onclause=true())
    if at.kind.fields[field].type == "text":
        value = value.collate("BINARY")
    statement = select(value, func.count()).select_from(source).where(*conditions).group_by(value)
    return {"" if key is None else str(key): int(number) for key, number in connection.execute(statement)}
