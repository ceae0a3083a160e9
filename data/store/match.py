"""What a filter means for a record type, in one place: stores translate the same tree that lists in memory evaluate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from data.errors import UsageError
from data.model import Record
from data.query import TEXT, And, Compare, Field, Getter, Measure, Node, Not, Or, Query, Text
from data.query.fields import ANY, entry, info
from data.query.tree import Value
from data.store.kinds import KINDS
from data.store.specification import Kind, Via, entries_of, texts

Lookup = Callable[[type[Record], str], Record | None]
"""Gives a record by type and id, None where there is none."""


def meaning(query: Query, kind: Kind, now: datetime | None = None) -> Node:
    """The query as stores translate it: of `And`, `Or`, `Not`, `Text`, `Field` and `Measure`.

    Parts of names are spelled out for this kind (`project:churn` becomes `project:*churn*`), and comparisons become
    `Measure`, with times in UTC and durations in seconds. Ages count from `now`, which is aware; days are those of its
    time zone, without it those of this machine.

    Raises:
        QueryError: a value that is none of its field's type; parsed queries have none.
    """
    if isinstance(query, And):
        return And(tuple(meaning(term, kind, now) for term in query.terms))
    if isinstance(query, Or):
        return Or(tuple(meaning(term, kind, now) for term in query.terms))
    if isinstance(query, Not):
        return Not(meaning(query.term, kind, now))
    if isinstance(query, Compare):
        return query.meant(now)
    if isinstance(query, Text | Measure):
        return query
    if not isinstance(query, Field):
        raise UsageError(f"this version cannot answer `{query}`")
    term = kind.terms.get(query.name)
    if term is None or not term.inside:
        return query.meant(now)
    values = tuple(value if ANY in value or not value else f"{ANY}{value}{ANY}" for value in query.values)
    return Field(query.name, values, query.op)


def getter(kind: Kind, record: Record, lookup: Lookup) -> Getter:
    """The values of a record by which `Query.matches` decides, after `meaning`."""

    def via(link: Via, plain: bool) -> Iterable[Value]:
        other = lookup(link.record, str(kind.fields[link.column].get(record)))
        if other is None:
            return ()
        fields = KINDS[link.record].fields
        return [value for name in link.fields for value in _values(fields[name].get(other), plain)]

    def get(name: str) -> Iterable[Value] | None:
        if name == TEXT:
            return [*kind.strings(record), *(text for link in kind.text_via for text in via(link, plain=True))]
        if (named := entry(name)) is not None:
            group, key = named
            found = entries_of(kind, group, record).get(key) if group in kind.entries else None
            return None if found is None else (found,)
        term = kind.terms.get(name)
        if term is None:
            return None
        plain = info(name).type == "text"
        own = (value for column in term.columns for value in _values(kind.fields[column].get(record), plain))
        return [*own, *(value for link in term.via for value in via(link, plain))]

    return get


def _values(value: object, plain: bool) -> Iterable[Value]:
    """The values in a field: texts where it is compared as text, else the number or time itself."""
    if plain:
        return ("",) if value == "" else texts(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC),)
    return (value,) if isinstance(value, int | float) else ()
