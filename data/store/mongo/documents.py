"""Records as documents, and back."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeVar

from data.clean import clean
from data.errors import RecordError
from data.model import Record, decode, encode
from data.query.fields import info
from data.store.mongo.homes import OWN, Document, Home, escaped
from data.store.specification import Column, Kind, entries_of

R = TypeVar("R", bound=Record)

SEPARATOR: Final = "\x1f"
"""Between the texts that free text looks into; `data.clean` lets it into no record."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DIGEST: Final = 16
_SAID: Final = 1_000
"""Broken documents that are remembered."""

log = logging.getLogger(__name__)


class Written(NamedTuple):
    """A record as it is stored: as JSON, because that keeps microseconds, any key and any value."""

    record: Record
    text: str
    digest: str


def written(record: Record) -> Written:
    """The record as stored.

    Raises:
        RecordError: it could not be read again: it breaks a rule, JSON has no NaN and UTF-8 no lone surrogates.
    """
    try:
        data = encode(record)
    except UnicodeEncodeError as error:
        raise RecordError(type(record).__name__, "", "", f"not valid Unicode: {error.reason}") from None
    decode(type(record), data)
    return Written(record, data.decode(), blake2b(data, digest_size=_DIGEST).hexdigest())


def own(at: Home, one: Written, revision: int) -> Document:
    """The subdocument with all that Lineside knows of a record."""
    kind, record = at.kind, one.record
    fields, other = _fields(kind, record)
    found: Document = {"rev": revision, "hash": one.digest, "doc": one.text, "f": fields}
    if other:
        found["x"] = other
    if kind.text:
        found["s"] = SEPARATOR.join(kind.strings(record)).lower()
    if kind.entries:
        values = {
            (group, key): value for group in kind.entries for key, value in entries_of(kind, group, record).items()
        }
        found["e"] = {
            escaped(f"{group}:{key}"): value.lower() if isinstance(value, str) else value
            for (group, key), value in values.items()
        }
        found["n"] = [f"{group}:{key}" for group, key in values]
    return found


def read(kind: type[R], document: Document) -> R | None:
    """The record in a document; None for one that somebody has broken, which is said once."""
    own = document.get(OWN)
    text = own.get("doc") if isinstance(own, dict) else None
    try:
        return decode(kind, text if isinstance(text, str) else "")
    except RecordError as error:
        _say_once(kind.__name__, str(document.get("_id")), str(error))
        return None


@lru_cache(_SAID)
def _say_once(kind: str, key: str, why: str) -> None:
    log.warning("a document that holds no %s is passed over, %s: %s", kind, clean(key), why)


def plain_value(value: Any) -> Any:
    """A value of a field as documents hold it."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    return value


def time_value(stored: int) -> datetime:
    """The time that a field holds."""
    return _EPOCH + stored * _MICROSECOND


def digits(name: str) -> str:
    """Name under which a number is kept as text, for filters such as `id:43*`."""
    return f"{name}#"


def _fields(kind: Kind, record: Record) -> tuple[Document, Document]:
    fields: Document = {}
    other: Document = {}
    named = _compared_as_text(kind)
    for name, column in kind.fields.items():
        value = column.get(record)
        if value in ("", None, False, ()) and not (column.type in ("int", "real") and value is not None):
            continue
        _add(fields, other, name, column, value)
        if name in named:
            fields[digits(name)] = str(value)
    return fields, other


def _add(fields: Document, other: Document, name: str, column: Column, value: Any) -> None:
    if column.type == "text":
        fields[name] = value.lower()
        if fields[name] != value:
            other[name] = value
    elif column.type == "id":
        fields[name] = value
        if value.lower() != value:
            other[name] = value.lower()
    elif column.type == "words":
        if words := list(value):
            fields[name] = [word.lower() for word in words]
            if fields[name] != words:
                other[name] = words
    elif column.type in ("int", "real"):
        fields[name] = value or 0  # no negative zero, which not every server takes
    else:
        fields[name] = plain_value(value)


def _compared_as_text(kind: Kind) -> set[str]:
    """Whole numbers that a filter compares as texts."""
    return {
        column
        for name, term in kind.terms.items()
        if info(name).type == "text"
        for column in term.columns
        if kind.fields[column].type == "int"
    }
