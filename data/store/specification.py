"""What a store must know of a record type, without a word of SQL or Mongo: columns, free text, terms, orders.

Every store builds its tables, indexes and queries from these values; `data.store.kinds` has one for each record type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from operator import attrgetter
from typing import Any, Final, Literal

import msgspec

from data.model import Record
from data.query.values import number
from data.store.port import Sort

ROWS: Final = 1_000_000
"""Records of a big store, to which `Kind.crowds` relates."""
ColumnType = Literal["id", "text", "int", "real", "flag", "time", "words"]
"""`id` compares exactly; `text` sorts and filters without regard to case; `words` is a set of texts (labels)."""
Entries = Callable[[Any], Mapping[str, float | str | None]]
"""Values of a record under names of its own: the metrics, params or tags of a run, as the record has them."""
MAX_ENTRIES: Final = 256
"""Metrics (params, tags) of a record that can be filtered and sorted by; the record itself keeps all."""
MAX_ENTRY_TEXT: Final = 200
"""Characters of a param or a tag that can be filtered and sorted by."""
SHOWN_TAGS: Final = ("mlflow.source.", "mlflow.user")
"""Beginnings of those of MLflow's own tags that people filter by."""
_OF_SYSTEM: Final = ("system/", "mlflow.")
"""Beginnings of names that MLflow gives: they yield to names of people's own where there are too many."""


class Column(msgspec.Struct, frozen=True):
    """A value of a record that can be filtered, counted and (but for `words`) sorted by."""

    type: ColumnType
    get: Callable[[Any], Any]
    nullable: bool = False
    """Whether it can be missing. What misses the value comes last, in both directions."""


class Via(msgspec.Struct, frozen=True):
    """Fields of another record: of the one whose id stands in `column`."""

    column: str
    record: type[Record]
    fields: tuple[str, ...]


class Term(msgspec.Struct, frozen=True):
    """What a field of the filter language means for a record type: any of these values may fit."""

    columns: tuple[str, ...] = ()
    via: tuple[Via, ...] = ()
    inside: bool = False
    """Whether a value may be a part of what is stored."""


class Outcomes(msgspec.Struct, frozen=True):
    """Values of a kind's field `status` that a group counts."""

    succeeded: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    active: frozenset[str] = frozenset()


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One record type, as stores see it."""

    record: type[Record]
    name: str
    """What people call many of them."""
    table: str
    fields: dict[str, Column]
    text: tuple[str, ...]
    """Attributes that free text looks into."""
    text_via: tuple[Via, ...] = ()
    text_index: bool = False
    """Whether there are so many that free text needs an index."""
    default_sort: Sort
    sorts: tuple[str, ...] = ()
    """Fields by which it is sorted often, so that stores index them. Every field but `words` can be sorted by."""
    indexes: tuple[tuple[str, str], ...] = ()
    """Pairs (filtered, sorted) that screens use together."""
    crowds: dict[str, int] = {}
    """Records that share one value of a field, typically, in a store of `ROWS`; of other fields a handful does.

    Stores that plan their queries by statistics are told these, so that plans do not change with the data.
    """
    common: dict[str, frozenset[str]] = {}
    """Values of a field that make up its crowds; every other value of it is rare."""
    terms: dict[str, Term] = {}
    entries: dict[str, Entries] = {}
    """Sorted by as `<name>.<key>`, for instance `metrics.val_auc`; see `entries_of`."""
    group_fields: tuple[str, ...] = ()
    """Fields by which its records are put in groups."""
    outcomes: Outcomes = Outcomes()

    def strings(self, record: Record) -> tuple[str, ...]:
        """The record's texts that free text looks into."""
        return tuple(text for name in self.text for text in texts(getattr(record, name)))


def entries_of(kind: Kind, name: str, record: Record) -> dict[str, float | str]:
    """A record's `metrics`, `params` or `tags` as they are filtered and sorted: finite numbers, and texts.

    A text that reads as a finite number is one (`data.query.values.number`). At most `MAX_ENTRIES`: names that MLflow
    gives are left out first, then those late in the alphabet.
    """
    given = kind.entries[name](record)
    found: dict[str, float | str] = {}
    for key in sorted(given, key=_entry_rank):
        value = _entry_value(given[key])
        if value is not None and not _is_hidden(name, key):
            found[key] = value
        if len(found) == MAX_ENTRIES:
            break
    return found


def _entry_rank(key: str) -> tuple[bool, str]:
    return key.startswith(_OF_SYSTEM), key


def _is_hidden(name: str, key: str) -> bool:
    return name == "tags" and key.startswith("mlflow.") and not key.startswith(SHOWN_TAGS)


def _entry_value(value: float | str | None) -> float | str | None:
    if isinstance(value, str):
        read = number(value)
        return value[:MAX_ENTRY_TEXT] if read is None else read
    return float(value) if value is not None and isfinite(value) else None


def columns(specification: str, **derived: Callable[[Any], Any]) -> dict[str, Column]:
    """Columns from `name:type` words; `?` behind the type marks one that can be missing.

    A column holds the attribute of its name, unless `derived` computes it. Every record type has `id`.
    """
    found = {"id": Column("id", attrgetter("id"))}
    for word in specification.split():
        name, kind = word.split(":")
        nullable = kind.endswith("?")
        found[name] = Column(
            msgspec.convert(kind.removesuffix("?"), ColumnType), derived.get(name, attrgetter(name)), nullable
        )
    return found


def texts(value: object) -> Iterable[str]:
    """The texts in an attribute's value: itself, its members, or the values of a mapping."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, Iterable):
        return [text for item in value for text in texts(item)]
    return () if value is None else (str(value),)
