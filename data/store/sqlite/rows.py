"""Values of records as SQLite holds them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Select, func, select

from data.errors import RecordError
from data.model import Record, decode, encode
from data.query.fields import ANY
from data.store.port import Value
from data.store.specification import Kind

SEPARATOR: Final = "\x1f"
"""Between the texts of the search column; `data.clean` lets it into no record."""

LAST: Final = "\U0010ffff"
"""Sorts behind every character: the end of a range of texts with one beginning."""
ESCAPE: Final = "\\"
"""Stands in patterns of LIKE before what is meant as it is."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Row = dict[str, Any]


def sql_value(value: Value) -> str | int | float | None:
    """A value of a field as its column holds it: times in microseconds since 1970."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    return int(value) if isinstance(value, bool) else value


def time_value(stored: int) -> datetime:
    """The time that a column holds."""
    return _EPOCH + stored * _MICROSECOND


def json_list(values: object) -> str:
    """A JSON list, to be read by SQLite's `json_each`: one parameter however many values."""
    return msgspec.json.encode(values).decode()


def members(parameter: object) -> Select[Any]:
    """The members of a JSON list, given as one parameter."""
    return select(func.json_each(parameter).table_valued("value").c.value)


def like_pattern(pattern: str) -> str:
    """The pattern of LIKE for one in which `*` stands for any characters."""
    parts = [part.replace(ESCAPE, ESCAPE * 2).replace("%", r"\%").replace("_", r"\_") for part in pattern.split(ANY)]
    return "%".join(parts)


def head_row(kind: Kind, record: Record, n: int, revision: int) -> Row:
    """The row of a record's columns."""
    row: Row = {"n": n, "revision": revision, "search": SEPARATOR.join(kind.strings(record)).lower()}
    for name, column in kind.fields.items():
        value = column.get(record)
        row[name] = (json_list(value) if value else None) if column.type == "words" else sql_value(value)
    return row


def document(record: Record) -> str:
    """The record as stored.

    Raises:
        RecordError: it could not be read again: JSON has no NaN and no infinity, UTF-8 no lone surrogates.
    """
    try:
        data = encode(record)
    except UnicodeEncodeError as error:
        raise RecordError(type(record).__name__, "", "", f"not valid Unicode: {error.reason}") from None
    if b"null" in data:
        decode(type(record), data)
    return data.decode()
