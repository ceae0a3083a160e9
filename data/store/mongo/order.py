"""Sorted reads: a `Sort` as parts in their order, each answered by one index; and the tokens of keyset paging."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from bson.int64 import Int64

from data.errors import UsageError
from data.store.mongo.homes import ID, Document, Home, entry_path
from data.store.mongo.predicate import all_of, any_of
from data.store.port import Sort

NUMBERS: Final[Document] = {"$gte": -sys.float_info.max}
"""Fits every number, and nothing else: comparisons never leave the type (MongoDB manual, "Comparison/Sort Order")."""
TEXTS: Final[Document] = {"$gte": ""}
PRESENT: Final[Document] = {"$exists": True}
MISSING: Final[Document] = {"$exists": False}


class Part(NamedTuple):
    """Some records of the order, behind all of the part before."""

    keys: tuple[str, ...]
    """Paths to sort by, all in one direction; no two records have the same."""
    descending: bool
    condition: Document = {}

    @property
    def sort(self) -> list[tuple[str, int]]:
        """As MongoDB has it."""
        return [(key, -1 if self.descending else 1) for key in self.keys]


class Token(NamedTuple):
    """Where a page ended: the part, and the values of its keys, None for one that is empty."""

    part: int
    values: tuple[str | int | float | bool | None, ...]


def parts(at: Home, sort: Sort) -> list[Part]:
    """The parts of an order.

    Raises:
        UsageError: the kind cannot be sorted by that.
    """
    down = sort.descending
    group, _, key = sort.field.partition(".")
    if key and group in at.kind.entries:
        path = entry_path(group, key)
        return [Part((path, ID), down, {path: NUMBERS}), Part((path, ID), down, {path: TEXTS}), _rest(at, path)]
    path = at.field(sort.field)
    if sort.field == "id":
        return [Part((ID,), down)]
    column = at.kind.fields[sort.field]
    if column.type == "words":
        raise UsageError(f"{at.kind.name} cannot be sorted by `{sort.field}`: it holds several values")
    if not column.nullable:
        return [Part((path, ID), down)]
    return [Part((path, ID), down, {path: PRESENT}), _rest(at, path)]


def _rest(at: Home, path: str) -> Part:
    """Records that miss the value, in the kind's default order as far as they have that."""
    default = at.kind.default_sort
    known = default.field != "id" and not at.kind.fields[default.field].nullable
    keys = (at.field(default.field), ID) if known else (ID,)
    return Part(keys, default.descending, {path: MISSING})


def behind(part: Part, values: Sequence[Any]) -> Document:
    """The part's records behind the one with these values of its keys."""
    *first, last = values
    op = "$lt" if part.descending else "$gt"
    by_id: Document = {part.keys[-1]: {op: last}}
    if not first:
        return by_id
    path, value = part.keys[0], first[0]
    same = all_of([{path: MISSING if value is None else value}, by_id])
    if value is None:
        return same if part.descending else any_of([{path: PRESENT}, same])
    further: list[Document] = [{path: {op: value}}]
    if part.descending:
        further.append({path: MISSING})
    return any_of([*further, same])


def values_of(part: Part, document: Document) -> tuple[Any, ...]:
    """The values of a document's keys."""
    return tuple(_value(document, key.split(".")) for key in part.keys)


def _value(document: Any, path: Sequence[str]) -> Any:
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return int(document) if isinstance(document, Int64) else document


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
