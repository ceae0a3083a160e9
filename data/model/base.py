"""What all records share: the base type, validated construction and the JSON form.

Records are frozen. They are checked where they enter: `make` cleans every text, converts and validates; `decode` checks
stored JSON. Both raise `RecordError`, which names record, field, value and rule. `msgspec.structs.replace` makes a
changed copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec

from data.clean import clean, clean_block
from data.errors import RecordError

R = TypeVar("R", bound="Record")

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
"""Identifier of a record, unique within its type. See `git_id` for how those of GitLab's things are built."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
"""A name as its server gives it."""
Count = Annotated[int, msgspec.Meta(ge=0)]
"""A number of things."""
Seconds = Annotated[float, msgspec.Meta(ge=0)]
"""A duration in seconds."""
Utc = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware point in time; records hold it in UTC."""
Params = dict[str, str]
"""Keys and values as their server gives them."""
Json = Any
"""Any JSON value: stored as it came, never interpreted."""

SHOWN_VALUE = 80
"""Characters of a refused value that an error repeats."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing that exists. Subclasses name their multi-line texts in `BLOCKS`; every other text is one line."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset()

    id: Id


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value inside a record, without an identity of its own."""


def git_id(connection: str, *parts: int | str) -> str:
    """Identifier of a thing on a GitLab server: connection, GitLab project id, and the id within it, joined by `:`."""
    return ":".join([connection, *map(str, parts)])


def make(kind: type[R], /, **values: object) -> R:
    """Build a record from outside values: texts are cleaned, numbers and times converted, every rule checked.

    Raises:
        RecordError: names record, field, value and rule.
    """
    safe = {key: _clean(value, key in kind.BLOCKS) for key, value in values.items()}
    try:
        return _utc(msgspec.convert(safe, kind, strict=False, from_attributes=True))
    except (msgspec.ValidationError, ValueError) as error:
        raise _record_error(kind, error, safe) from None


def encode(record: Record) -> bytes:
    """The record as JSON; fields at their default are left out."""
    return msgspec.json.encode(record)


def decode(kind: type[R], data: bytes | str) -> R:
    """The record that `encode` wrote. Fields that a newer version added are ignored.

    Raises:
        RecordError: names record, field and rule.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
        raise _record_error(kind, error, {}) from None


def builtins(record: Record | Part) -> dict[str, Any]:
    """The record as plain JSON types, with all fields (of its parts, too), for `--json` and documents."""
    return {name: _plain(getattr(record, name)) for name in record.__struct_fields__}


def parse_time(value: str | int | float | datetime | None) -> datetime | None:
    """A server's time as aware UTC, from ISO 8601 text or epoch milliseconds (MLflow); None for nothing or nonsense."""
    if value in (None, "", 0):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000, UTC)
        parsed = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _plain(value: object) -> Any:
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return msgspec.to_builtins(value)


def _clean(value: object, block: bool) -> object:
    if isinstance(value, str):
        return clean_block(value) if block else clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): _clean(item, block) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item, block) for item in value]
    return value


def _utc(record: R) -> R:
    moved = {
        name: value.astimezone(UTC)
        for name in record.__struct_fields__
        if isinstance(value := getattr(record, name), datetime) and value.tzinfo is not UTC
    }
    return msgspec.structs.replace(record, **moved) if moved else record


_AT = re.compile(r"^(?P<rule>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"missing required field `(?P<field>[^`]+)`")


def _record_error(kind: type[Record], error: Exception, values: Mapping[str, object]) -> RecordError:
    matched = _AT.match(str(error))
    assert matched is not None
    rule, path = matched["rule"], matched["path"] or ""
    if missing := _MISSING.search(rule):
        path = f"{path}.{missing['field']}".lstrip(".")
        return RecordError(kind.__name__, path, "nothing", "this field is required")
    given = values.get(re.split(r"[.\[]", path)[0], "")
    return RecordError(kind.__name__, path, repr(given)[:SHOWN_VALUE], rule[:1].lower() + rule[1:])
