"""What values and names there are, for completion: found by leaping from one to the next in an index."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, collate, func, select, true

from data.errors import UsageError
from data.model import Record
from data.query.values import number
from data.store.offering import Stored, offered, spelled
from data.store.sqlite.candidates import leading
from data.store.sqlite.entries import TEXTS, numbered, stored
from data.store.sqlite.predicate import column
from data.store.sqlite.rows import LAST
from data.store.sqlite.tables import Entries, Home, home
from data.store.sqlite.texts import folded

STEPS: Final = 20_000
"""Distinct values that are looked at for those that hold a text: some 60 ms."""
NEWEST: Final = 5_000
"""Records that are looked at for values of a field without an index."""


def values(connection: Connection, kind: type[Record], field: str, contains: str, limit: int) -> list[str]:
    """Distinct values of a field of texts that hold a text: first those that begin with it.

    Raises:
        UsageError: the kind has no such field, or it holds no texts.
    """
    at = home(kind)
    group, dot, _ = field.partition(".")
    if dot and at.entries is not None and group in at.kind.entries:
        return _of_entries(connection, at.entries, field, contains, limit)
    column(at, field)
    if at.kind.fields[field].type not in {"id", "text", "words"}:
        raise UsageError(f"`{field}` of {at.kind.name} is no text", hint="numbers and times are not listed")
    asked = [_newest(at, field)]
    if at.kind.fields[field].type == "words" and at.entries is not None:
        asked = [_names(at.entries, field, "value")]
    elif field in leading(at):
        asked = [_leaps(at, field, contains)] if contains else []
        asked.append(_leaps(at, field, ""))
    found: dict[str, str] = {}
    for statement in asked:
        rows = statement.subquery()
        value: ColumnElement[str] = rows.c.value
        holding = select(value).where(value != "", func.instr(folded(value), contains.lower()) > 0)
        for one in connection.execute(holding.limit(limit)).scalars():
            found.setdefault(one.lower(), one)
    first = sorted(key for key in found if key.startswith(contains.lower()))
    return [found[key] for key in dict.fromkeys([*first, *sorted(found)])][:limit]


def _leaps(at: Home, field: str, start: str) -> Select[Any]:
    """The first distinct values that begin with `start`, in order."""
    own = at.head.c[field]
    return _leaps_of(own, and_(own >= start, own < start + LAST) if start else own > "")


def _of_entries(connection: Connection, of: Entries, name: str, contains: str, limit: int) -> list[str]:
    """Values of a metric, param or tag."""
    own, mine, wanted = of.values.c.value, of.values.c.k == numbered(of, name), contains.lower()
    found: list[Stored] = []
    read = number(wanted)
    if read is not None:
        found += connection.execute(select(own).where(mine, own == stored(read)).limit(1)).scalars()
    for start in dict.fromkeys((wanted, "")):
        within = and_(mine, own >= start, own < start + LAST) if start else mine
        leaps = _leaps_of(own, within)  # SQLite leaps on only as long as it is asked for more
        with connection.execute(leaps) as values:
            holding = (one for one in values.scalars() if one != TEXTS and wanted in spelled(one))
            found += islice(holding, None if wanted else limit)
    return offered(found, wanted, limit)


def _leaps_of(own: ColumnElement[Any], within: ColumnElement[bool]) -> Select[Any]:
    """Distinct values of one name in order: each the least one behind the one before."""
    steps = select(func.min(own).label("value")).where(within).cte(recursive=True)
    following = select(func.min(own)).where(own > steps.c.value, within).scalar_subquery()
    steps = steps.union_all(select(following).where(steps.c.value.is_not(None)))
    return select(steps.c.value).where(steps.c.value.is_not(None)).limit(STEPS)


def _newest(at: Home, field: str) -> Select[Any]:
    """Values of the newest records."""
    default = at.head.c[at.kind.default_sort.field]
    order = default.desc() if at.kind.default_sort.descending else default
    some = select(at.head.c[field].label("value")).order_by(order).limit(NEWEST).subquery()
    if at.kind.fields[field].type != "words":
        return select(some.c.value).distinct()
    each = func.json_each(some.c.value).table_valued("value")
    return select(each.c.value).select_from(some.join(each, onclause=true())).distinct()


def names(connection: Connection, kind: type[Record], entries: str, contains: str, limit: int) -> list[str]:
    """Names of `metrics`, `params` or `tags` that records have and that hold a text, in order.

    Raises:
        UsageError: records of the kind have none of these.
    """
    at = home(kind)
    if at.entries is None or entries not in at.kind.entries:
        known = ", ".join(at.kind.entries) or "none"
        raise UsageError(f"{at.kind.name} have no `{entries}`", hint=f"there are {known}")
    rows = _names(at.entries, entries, "name").subquery()
    name: ColumnElement[str] = rows.c.name
    wanted = select(name).where(func.instr(folded(name), contains.lower()) > 0)
    return list(connection.execute(wanted.order_by(collate(name, "NOCASE"), name).limit(limit)).scalars())


def _names(of: Entries, group: str, label: str) -> Select[Any]:
    """Names of a group that a record has."""
    name, start = of.names.c.name, f"{group}."
    used = select(1).where(of.values.c.k == of.names.c.k).exists()
    return select(func.substr(name, len(start) + 1).label(label)).where(name >= start, name < start + LAST, used)
