"""Sorted reads: a `Sort` as parts in their order, each answered by one index; and the tokens of keyset paging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, not_, select, tuple_

from data.errors import UsageError
from data.store.port import Sort
from data.store.sqlite.predicate import Clause, column
from data.store.sqlite.tables import Home

Key = ColumnElement[Any]


class Part(NamedTuple):
    """Some rows of the order, behind all of the part before: those that have the value, then those that miss it."""

    keys: tuple[Key, ...]
    """What to sort by, all in one direction; the last one is the id."""
    descending: bool
    condition: Clause | None = None
    key_name: str = ""
    """Set where the keys come from the kind's numbers."""


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
    if key and home.numbers is not None and name in home.kind.numbers:
        numbers = home.numbers
        has = select(1).where(numbers.c.n == head.c.n, numbers.c.name == sort.field).correlate(head).exists()
        return [Part((numbers.c.value, numbers.c.id), down, key_name=sort.field), _rest(home, not_(has))]
    field = column(home, sort.field)
    if sort.field == "id":
        return [Part((head.c.id,), down)]
    definition = home.kind.fields[sort.field]
    if definition.type == "words":
        raise UsageError(f"{home.kind.name} cannot be sorted by `{sort.field}`: it holds several values")
    if not definition.nullable:
        return [Part((field, head.c.id), down)]
    return [Part((field, head.c.id), down, field.is_not(None)), _rest(home, field.is_(None))]


def _rest(home: Home, condition: Clause) -> Part:
    """Rows that miss the value, in the kind's default order as far as they have that."""
    default = home.kind.default_sort
    known = default.field != "id" and not home.kind.fields[default.field].nullable
    keys = (home.head.c[default.field], home.head.c.id) if known else (home.head.c.id,)
    return Part(keys, default.descending, condition)


def ordered(home: Home, part: Part, conditions: Sequence[Clause], *columns: Key) -> Select[Any]:
    """The statement that reads `columns` of a part's rows in order."""
    statement = select(*columns).where(*conditions)
    if part.condition is not None:
        statement = statement.where(part.condition)
    if part.key_name and home.numbers is not None:
        numbers = home.numbers
        joined = numbers.join(home.head, home.head.c.n == numbers.c.n) if conditions else numbers
        statement = statement.select_from(joined).where(numbers.c.name == part.key_name)
    return statement.order_by(*(key.desc() if part.descending else key.asc() for key in part.keys))


def row_key(home: Home, part: Part) -> Key:
    """The column of a part's rows that holds `n`."""
    return home.numbers.c.n if part.key_name and home.numbers is not None else home.head.c.n


def behind(part: Part, values: tuple[str | int | float, ...]) -> Clause:
    """The part's rows behind the one with these values of its keys."""
    mine, last = tuple_(*part.keys), tuple_(*values)
    return mine < last if part.descending else mine > last


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
