"""Records in groups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, collate, func, select

from data.errors import UsageError
from data.model import Record
from data.store.port import Group, Sort
from data.store.sqlite.best import best_values
from data.store.sqlite.conditions import Condition
from data.store.sqlite.predicate import Clause
from data.store.sqlite.reading import narrowed
from data.store.sqlite.rows import json_list, members, time_value
from data.store.sqlite.seek import Seek
from data.store.sqlite.tables import Home, home


def groups(
    connection: Connection,
    kind: type[Record],
    field: str,
    conditions: Sequence[Condition],
    best: Sort | None,
    among: int | None,
    limit: int,
) -> list[Group]:
    """Records that match, by the value of a field: newest activity first.

    Raises:
        UsageError: the kind is not put in groups by that, or has no such number.
    """
    at = home(kind)
    if field not in at.kind.group_fields:
        known = ", ".join(at.kind.group_fields) or "none"
        raise UsageError(f"{at.kind.name} have no groups by `{field}`", hint=f"there are groups by {known}")
    if among is None:
        wanted = narrowed(connection, kind, conditions)
    else:
        newest = Seek(at, conditions, at.kind.default_sort).top(connection, among, among).numbers
        wanted = [at.head.c.n.in_(members(json_list(newest)))]
    found: list[Group] = []
    several: list[str] = []
    for row in connection.execute(_grouped(at, field, wanted).limit(limit)):
        (found.append(_group(row)) if row.value == row.other else several.append(row.value))
    if several:
        split = _grouped(at, field, [*wanted, at.head.c[field].in_(members(json_list(several)))], exact=True)
        found += [_group(row) for row in connection.execute(split.limit(limit))]
    found.sort(key=lambda group: group.value)
    found.sort(key=lambda group: group.newest.timestamp() if group.newest else 0, reverse=True)
    found = found[:limit]
    if best is None:
        return found
    values = best_values(connection, at, field, best, wanted, {group.value: group.count for group in found})
    return [group._replace(best=values.get(group.value)) for group in found]


def _group(row: Row[Any]) -> Group:
    newest = None if row.newest is None else time_value(row.newest)
    return Group(row.value, row.count_, row.succeeded, row.failed, row.active, newest, None)


def _grouped(at: Home, field: str, wanted: Sequence[Clause], *, exact: bool = False) -> Select[Any]:
    """Groups in which an index gives the rows of each: without regard to case unless `exact`.

    `value` and `other` differ where values do so in case.
    """
    head = at.head
    value: ColumnElement[Any] = collate(head.c[field], "BINARY")
    by = value if exact else head.c[field]
    newest = func.max(head.c[at.kind.default_sort.field]).label("newest")
    outcomes = at.kind.outcomes
    told: tuple[ColumnElement[Any], ...] = (
        func.min(value).label("value"),
        func.max(value).label("other"),
        func.count().label("count_"),
        _count(head.c.status, outcomes.succeeded).label("succeeded"),
        _count(head.c.status, outcomes.failed).label("failed"),
        _count(head.c.status, outcomes.active).label("active"),
        newest,
    )
    return select(*told).where(*wanted).group_by(by).order_by(newest.desc(), by)


def _count(status: ColumnElement[Any], values: Collection[str]) -> ColumnElement[int]:
    return func.count().filter(status.in_(sorted(values)))
