"""What a filter means for a record type, in one place: stores translate the same tree that lists in memory evaluate."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from data.errors import UsageError
from data.model import Record
from data.query import TEXT, And, Field, Getter, Not, Query, Text
from data.query.fields import ANY
from data.store.kinds import KINDS
from data.store.specification import Kind, Via, texts

Node = And | Not | Text | Field
"""Every kind of predicate."""
Lookup = Callable[[type[Record], str], Record | None]
"""Gives a record by type and id, None where there is none."""


def meaning(query: Query, kind: Kind) -> Node:
    """The query with parts of names spelled out for this kind: `project:churn` becomes `project:*churn*`."""
    if isinstance(query, And):
        return And(tuple(meaning(term, kind) for term in query.terms))
    if isinstance(query, Not):
        return Not(meaning(query.term, kind))
    if isinstance(query, Text):
        return query
    if not isinstance(query, Field):
        raise UsageError(f"this version cannot answer `{query}`")
    term = kind.terms.get(query.name)
    if term is None or not term.inside:
        return query
    values = tuple(value if ANY in value else f"{ANY}{value}{ANY}" for value in query.values)
    return Field(query.name, values, query.op)


def getter(kind: Kind, record: Record, lookup: Lookup) -> Getter:
    """The values of a record by which `Query.matches` decides, after `meaning`."""

    def via(link: Via) -> Iterable[str]:
        other = lookup(link.record, str(getattr(record, link.column)))
        if other is None:
            return ()
        fields = KINDS[link.record].fields
        return [text for name in link.fields for text in _values(fields[name].get(other))]

    def get(name: str) -> Iterable[str] | None:
        if name == TEXT:
            return [*kind.strings(record), *(text for link in kind.text_via for text in via(link))]
        term = kind.terms.get(name)
        if term is None:
            return None
        own = (text for column in term.columns for text in _values(kind.fields[column].get(record)))
        return [*own, *(text for link in term.via for text in via(link))]

    return get


def _values(value: object) -> Iterable[str]:
    return ("",) if value == "" else texts(value)
