"""For a term of a filter, the rows that an index finds for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, Table, select, union

from data.model import Record
from data.query import And, Field, Measure, Or, Query, Text
from data.query.fields import ANY, entry
from data.store.kinds import KINDS
from data.store.port import Between, Value
from data.store.sqlite import entries, predicate, texts
from data.store.sqlite.predicate import Clause
from data.store.sqlite.tables import Home, indexed_fields
from data.store.sqlite.tables import home as table_of


class Rows(NamedTuple):
    """What an index finds."""

    numbers: Select[Any]
    """`n` of all rows that fulfil the term."""
    exact: bool = True
    """Whether none of them has to be looked at: what an index finds for a text may hold it or not."""
    slow: bool = False
    """Whether the index has to be read at length even where it finds little."""


def rows(home: Home, query: Query) -> Rows | None:
    """What an index finds for a filter (after `meaning`), None where none helps."""
    other = _elsewhere(home)
    if isinstance(query, Text):
        holding = texts.holding(other, query.value.lower())
        return None if holding is None else Rows(holding, exact=False, slow=True)
    if isinstance(query, Or):
        return _united([rows(home, term) for term in query.terms])
    if isinstance(query, And):
        found = next((one for one in (rows(home, term) for term in query.terms) if one is not None), None)
        return None if found is None else found._replace(exact=False)
    if not isinstance(query, Field | Measure):
        return None
    if entry(query.name) is not None:
        return Rows(entries.fitting(other, query))
    term = home.kind.terms.get(query.name)
    if term is None:
        return None
    if isinstance(query, Measure):
        known = set(term.columns) <= leading(home)
        return _united([_where(other, one) for one in predicate.measured(other, query, plain=False)]) if known else None
    own = [_of_column(other, name, query) for name in term.columns]
    known = {via.column for via in term.via} <= leading(home)
    return _united([*own, *(_where(other, one) for one in predicate.vias_fit(other, query))]) if known else None


def rows_where(home: Home, name: str, value: Value | Sequence[Value] | Between) -> Rows | None:
    """What an index finds for one member of `Where`. Most records miss a value: no index helps to find those."""
    if name not in leading(home) or value is None or value == "":
        return None
    other = _elsewhere(home)
    return _where(other, predicate.equality(other, name, value))


def leading(home: Home) -> frozenset[str]:
    """Fields with which an index of the kind begins."""
    return _leading(home.kind.record)


@cache
def _leading(kind: type[Record]) -> frozenset[str]:
    return frozenset({"id", *(fields[0] for fields in indexed_fields(KINDS[kind]))})


def _elsewhere(home: Home) -> Home:
    """The same tables, the columns under another name, for a statement within one that reads them."""
    return home._replace(head=_alias(home.kind.record))


@cache
def _alias(kind: type[Record]) -> Table:
    """Made once: an alias is a thousand objects that refer to each other."""
    return cast(Table, table_of(kind).head.alias())


def _of_column(home: Home, name: str, query: Field) -> Rows | None:
    """What an index finds for one column: words, and beginnings of texts, but nothing beyond ASCII."""
    kind = home.kind.fields[name].type
    if kind == "words":
        return Rows(entries.with_word(home, name, query.patterns)) if home.entries is not None else None
    begins = all(one.rstrip(ANY) and ANY not in one.rstrip(ANY) and one.isascii() for one in query.patterns)
    if not begins or name not in leading(home):
        return None
    # the index of ids is one with regard to case: it is read from one end to the other
    return _where(home, predicate.column_fits(home, name, query))._replace(slow=kind == "id")


def _where(home: Home, clause: Clause) -> Rows:
    return Rows(select(home.head.c.n).where(clause))


def _united(found: Sequence[Rows | None]) -> Rows | None:
    """What is found for one of several terms; None unless an index helps with all."""
    parts = [one for one in found if one is not None]
    if len(parts) < len(found) or not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    both = union(*(one.numbers for one in parts)).subquery()
    return Rows(select(both.c.n), all(one.exact for one in parts), any(one.slow for one in parts))
