"""The best value of a metric (or of a number) in each of several groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, collate, func, select

from data.errors import UsageError
from data.store.port import Sort
from data.store.sqlite import entries
from data.store.sqlite.predicate import Clause, column
from data.store.sqlite.rows import json_list, members
from data.store.sqlite.tables import Entries, Home

ALL: Final = 50_000
"""Rows of which each is looked at; with more, as many of the best of all are looked at first."""


def best_values(
    connection: Connection, at: Home, field: str, best: Sort, wanted: Sequence[Clause], sizes: dict[str, int]
) -> dict[str, float]:
    """The best value of each group, by the group's value; `sizes` tells the groups and how many rows each has.

    Most groups have one of the best values of all, so that an order of those tells quickly; only the rows of the
    others are looked at one by one.

    Raises:
        UsageError: the kind has no such number.
    """
    name, _, key = best.field.partition(".")
    of_entries = at.entries if key and name in at.kind.entries else None
    if of_entries is None and at.kind.fields[column(at, best.field).name].type not in {"int", "real"}:
        raise UsageError(f"`{best.field}` is no number", hint="such as metrics.val_auc")
    found: dict[str, float] = {}
    if of_entries is not None and sum(sizes.values()) > ALL:
        found = _read(connection, _of_best(at, of_entries, field, best, wanted))
    rest = [value for value in sizes if value not in found]
    if rest:
        number = at.head.c[best.field] if of_entries is None else _number(at, of_entries, best)
        found |= _read(connection, _of_all(at, field, best, number, [*wanted, _is_among(at, field, rest)]))
    return found


def _read(connection: Connection, statement: Select[Any]) -> dict[str, float]:
    return {value: float(best) for value, best in connection.execute(statement) if best is not None}


def _of_best(at: Home, of: Entries, field: str, best: Sort, wanted: Sequence[Clause]) -> Select[Any]:
    """Groups of the rows with the best values of all."""
    value = of.values.c.value
    mine = and_(of.values.c.k == entries.numbered(of, best.field), value < entries.TEXTS)
    ordered = select(of.values.c.n, value).where(mine).order_by(value.desc() if best.descending else value).limit(ALL)
    top = ordered.subquery()
    joined = top.join(at.head, at.head.c.n == top.c.n)
    return _of_all(at, field, best, top.c.value, wanted).select_from(joined)


def _of_all(at: Home, field: str, best: Sort, number: ColumnElement[Any], wanted: Sequence[Clause]) -> Select[Any]:
    group = collate(at.head.c[field], "BINARY")
    found = func.max(number) if best.descending else func.min(number)
    return select(group, found).where(*wanted).group_by(group)


def _number(at: Home, of: Entries, best: Sort) -> ColumnElement[Any]:
    """A row's value."""
    value = of.values.c.value
    mine = and_(of.values.c.n == at.head.c.n, of.values.c.k == entries.numbered(of, best.field))
    return select(value).where(mine, value < entries.TEXTS).correlate(at.head).scalar_subquery()


def _is_among(at: Home, field: str, values: Sequence[str]) -> Clause:
    listed = members(json_list(values))
    return and_(at.head.c[field].in_(listed), collate(at.head.c[field], "BINARY").in_(listed))
