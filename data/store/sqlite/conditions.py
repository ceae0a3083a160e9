"""What is asked of rows, term by term, and which of the terms the fewest fulfil."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, func, null, select

from data.errors import UsageError
from data.query import And, Field, Measure, Not, Or, Query
from data.query.fields import entry
from data.store.match import meaning
from data.store.port import Between, Value, Where
from data.store.sqlite import predicate
from data.store.sqlite.candidates import Rows, rows, rows_where
from data.store.sqlite.predicate import MAX_TERMS, Clause
from data.store.sqlite.rows import members
from data.store.sqlite.tables import Home

HANDFUL: Final = 1_000
"""So few rows are looked at sooner than an index is read at length."""


class Condition(msgspec.Struct, frozen=True, eq=False):
    """A term that rows have to fulfil; equal to itself only."""

    clause: Clause
    rows: Rows | None
    """What an index finds for it."""
    column: str = ""
    """Set where it asks for values of one column that an index begins with."""
    query: Query | None = None
    """The term of the filter, where it is one of it."""

    @property
    def measure(self) -> Measure | None:
        """The comparison that it is."""
        return self.query if isinstance(self.query, Measure) else None

    @property
    def of_entries(self) -> bool:
        """Whether it asks for metrics, params and tags only, for which nothing but `n` has to be known of a row."""
        return self.query is not None and _of_entries(self.query)


class Fewest(NamedTuple):
    """The term that the fewest rows fulfil, as far as indexes know."""

    numbers: Select[Any]
    """`n` of these rows."""
    size: int
    others: tuple[Condition, ...]
    """What remains to be looked at."""


def conditions(home: Home, where: Where | None, query: Query | None) -> list[Condition]:
    """What a row must fulfil: all of these.

    Raises:
        UsageError: an unknown field, or more terms than SQLite can take.
    """
    found = [_equality(home, name, value) for name, value in (where or {}).items()]
    if query is not None:
        meant = meaning(query, home.kind)
        if predicate.size(meant) > MAX_TERMS:
            raise UsageError(f"the filter has more than {MAX_TERMS} terms", hint="look for something longer")
        found += [_condition(home, term) for term in _terms(meant)]
    return found


def clauses(of: Iterable[Condition]) -> list[Clause]:
    """What they ask of a row."""
    return [one.clause for one in of]


def fewest(connection: Connection, of: Sequence[Condition], limit: int) -> Fewest | None:
    """The term that the fewest rows fulfil; None where those are more than `limit`."""
    best: Fewest | None = None
    known = [(one, one.rows) for one in of if one.rows is not None]
    for one, found in sorted(known, key=lambda pair: pair[1].slow):
        least = limit if best is None else best.size
        if found.slow and least <= HANDFUL:
            break
        some = found.numbers.limit(least + 1).subquery()
        listed: ColumnElement[Any] = func.json_group_array(some.c.n) if found.slow else null()
        count, numbers = connection.execute(select(func.count(), listed).select_from(some)).one()
        if count <= least:  # what took long to find is not looked for again
            others = tuple(other for other in of if other is not one or not found.exact)
            best = Fewest(members(numbers) if found.slow else found.numbers, count, others)
    return best


def _terms(query: Query) -> Iterator[Query]:
    if isinstance(query, And):
        for term in query.terms:
            yield from _terms(term)
    else:
        yield query


def _condition(home: Home, query: Query) -> Condition:
    found = rows(home, query)
    columns = home.kind.terms[query.name].columns if isinstance(query, Field) and query.name in home.kind.terms else ()
    known = found is not None and not found.slow and len(columns) == 1
    return Condition(predicate.fulfils(home, query), found, columns[0] if known else "", query)


def _equality(home: Home, name: str, value: Value | Sequence[Value] | Between) -> Condition:
    found = rows_where(home, name, value)
    return Condition(predicate.equality(home, name, value), found, name if found is not None else "")


def _of_entries(query: Query) -> bool:
    if isinstance(query, And | Or):
        return all(map(_of_entries, query.terms))
    if isinstance(query, Not):
        return _of_entries(query.term)
    return isinstance(query, Field | Measure) and entry(query.name) is not None
