"""What is asked of records, with what belongs to other records looked up first: there are no joins."""

from __future__ import annotations

from typing import Final

from data.errors import UsageError
from data.query import And, Field, Measure, Not, Or, Query, Text
from data.query.fields import entry
from data.store.match import meaning
from data.store.mongo.client import Database
from data.store.mongo.documents import SEPARATOR
from data.store.mongo.homes import HOMES, ID, REVISION, SEARCH, Document, Home, id_in
from data.store.mongo.predicate import NEVER, all_of, any_of, equality, fits, holds, measured, of_entries
from data.store.port import Where
from data.store.specification import Via

MAX_TERMS: Final = 200
"""Terms and patterns of one filter."""
BELONGING: Final = 50_000
"""Ids of other records (projects, runs) that a filter may look up; they go back to the server in one document."""


async def condition(database: Database, at: Home, where: Where | None, query: Query | None) -> Document:
    """What a document must fulfil.

    Raises:
        UsageError: an unknown field, more terms than are sensible, or too many records that others belong to.
    """
    clauses = [equality(at, name, value) for name, value in (where or {}).items()]
    if query is not None:
        meant = meaning(query, at.kind)
        if _size(meant) > MAX_TERMS:
            raise UsageError(f"the filter has more than {MAX_TERMS} terms", hint="look for something longer")
        clauses.append(await _fulfils(database, at, meant))
    if at.shared:  # documents of other tools that have not been taken up yet
        clauses.append({REVISION: {"$gte": 0}})
    return all_of(clauses)


def _size(query: Query) -> int:
    if isinstance(query, And | Or):
        return sum(map(_size, query.terms))
    if isinstance(query, Not):
        return _size(query.term)
    return len(query.patterns) if isinstance(query, Field) else 1


async def _fulfils(database: Database, at: Home, query: Query) -> Document:
    if isinstance(query, And):
        return all_of([await _fulfils(database, at, term) for term in query.terms])
    if isinstance(query, Or):
        clauses = [await _fulfils(database, at, term) for term in query.terms]
        return {} if {} in clauses else any_of(clauses)
    if isinstance(query, Not):
        clause = await _fulfils(database, at, query.term)
        return {"$nor": [clause]} if clause else NEVER
    if isinstance(query, Text):
        return await _text(database, at, query.value.lower())
    if isinstance(query, Measure):
        return measured(at, query)
    if isinstance(query, Field):
        return await _field(database, at, query)
    raise UsageError(f"this store cannot answer `{query}`")


async def _field(database: Database, at: Home, query: Field) -> Document:
    if entry(query.name) is not None:
        return of_entries(at, query)
    term = at.kind.terms.get(query.name)
    if term is None:
        return NEVER
    clauses = [fits(at, name, query.patterns) for name in term.columns]
    for via in term.via:
        other = HOMES[via.record]
        clauses.append(await _belongs(database, at, via, any_of([fits(other, n, query.patterns) for n in via.fields])))
    return any_of(clauses)


async def _text(database: Database, at: Home, wanted: str) -> Document:
    """Whether one of a record's texts, or of those of the records it belongs to, holds a text in lower case."""
    if SEPARATOR in wanted:
        return NEVER
    clauses = [holds(SEARCH, wanted)] if at.kind.text else []
    for via in at.kind.text_via:
        has = any_of([holds(HOMES[via.record].field(name), wanted) for name in via.fields])
        clauses.append(await _belongs(database, at, via, has))
    return any_of(clauses)


async def _belongs(database: Database, at: Home, via: Via, condition: Document) -> Document:
    found = database[HOMES[via.record].collection].find(condition, {ID: 1}).limit(BELONGING + 1)
    ids = [id_ for document in await found.to_list() if (id_ := id_in(document)) is not None]
    if len(ids) > BELONGING:
        name = HOMES[via.record].kind.name
        raise UsageError(f"more than {BELONGING} {name} fit a part of the filter", hint="look for something longer")
    return {at.field(via.column): {"$in": ids}} if ids else NEVER
