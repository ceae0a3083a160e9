"""Sorted reads: a `Sort` as parts in their order, each answered by one index; and the tokens of keyset paging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, not_, select, tuple_
from sqlalchemy.sql.selectable import FromClause

from data.errors import UsageError
from data.store.port import Sort
from data.store.sqlite.entries import TEXTS, numbered
from data.store.sqlite.predicate import Clause, column, unindexed
from data.store.sqlite.tables import Entries, Home

Key = ColumnElement[Any]


class Part(NamedTuple):
    """Some rows of the order, behind all of the part before: those that have the value, then those that miss it."""

    source: FromClause
    """The table that its index belongs to: the kind's columns, or its metrics, params and tags."""
    keys: tuple[Key, ...]
    """What to sort by, all in one direction; no two rows have the same."""
    descending: bool
    condition: Clause | None = None
    """Rows of `source` that belong to the part."""
    check: Clause | None = None
    """The same as `condition` in words for which SQLite uses no index, where that matters."""
    holds: str = ""
    """Field whose values the first key has: numbers, times, or (`texts`) texts; empty for rows that miss it."""
    texts: bool = False
    misses: str = ""
    """Set where these are the rows without a metric, param or tag."""


class Token(NamedTuple):
    """Where a page ended: the part, and the values of its keys."""

    part: int
    values: tuple[str | int | float, ...]


def parts(home: Home, sort: Sort) -> list[Part]:
    """The parts of an order.

    Raises:
        UsageError: the kind cannot be sorted by that.
    """
    head, down = home.head, sort.descending
    name, _, key = sort.field.partition(".")
    if key and home.entries is not None and name in home.kind.entries:
        return _entry_parts(home, home.entries, sort)
    field = column(home, sort.field)
    if sort.field == "id":
        return [Part(head, (head.c.id,), down)]
    definition = home.kind.fields[sort.field]
    if definition.type == "words":
        raise UsageError(f"{home.kind.name} cannot be sorted by `{sort.field}`: it holds several values")
    if not definition.nullable:
        return [Part(head, (field, head.c.id), down, holds=sort.field)]
    has = Part(head, (field, head.c.id), down, field.is_not(None), holds=sort.field)
    return [has, _rest(home, field.is_(None))]


def _entry_parts(home: Home, entries: Entries, sort: Sort) -> list[Part]:
    """Numbers, then texts, then records without; ties in the order in which the records came."""
    values = entries.values
    keys, mine = (values.c.value, values.c.n), values.c.k == numbered(entries, sort.field)
    has = select(1).where(values.c.n == home.head.c.n, mine).correlate(home.head).exists()
    plain = unindexed(values.c.value)
    numbers, texts = mine & (values.c.value < TEXTS), mine & (values.c.value >= TEXTS)
    return [
        Part(values, keys, sort.descending, numbers, mine & (plain < TEXTS), holds=sort.field),
        Part(values, keys, sort.descending, texts, mine & (plain >= TEXTS), holds=sort.field, texts=True),
        _rest(home, not_(has))._replace(misses=sort.field),
    ]


def _rest(home: Home, condition: Clause) -> Part:
    """Rows that miss the value, in the kind's default order as far as they have that."""
    default = home.kind.default_sort
    known = default.field != "id" and not home.kind.fields[default.field].nullable
    keys = (home.head.c[default.field], home.head.c.id) if known else (home.head.c.id,)
    return Part(home.head, keys, default.descending, condition)


def behind(part: Part, values: tuple[str | int | float, ...]) -> Clause:
    """The part's rows behind the one with these values of its keys."""
    mine, last = tuple_(*part.keys), tuple_(*values)
    return mine < last if part.descending else mine > last


def directed(part: Part, keys: Sequence[Key]) -> list[Key]:
    """Keys with the part's direction."""
    return [key.desc() if part.descending else key.asc() for key in keys]


def write_token(token: Token) -> str:
    """A token for `Page.after`."""
    return msgspec.json.encode(token).decode()


def read_token(text: str, of: Sequence[Part]) -> Token:
    """The token that `write_token` wrote.

    Raises:
        UsageError: it is none, or one of another order.
    """
    try:
        token = msgspec.json.decode(text, type=Token)
    except (msgspec.DecodeError, msgspec.ValidationError):
        token = Token(-1, ())
    if not 0 <= token.part < len(of) or len(token.values) != len(of[token.part].keys):
        raise UsageError("this is not the continuation of a page in this order", hint="read from the first page on")
    return token
