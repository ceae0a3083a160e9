"""Poisons records: every text that a server or a person may have written holds what a terminal would obey."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import msgspec
from msgspec.structs import replace

from data.model import Record
from tests.terminal import corpus

OURS = frozenset({
    "after", "after_status", "commit", "connection", "cron", "default_stage", "ended_as", "flow_rule",
    "git_commit_hash", "held", "key", "kind", "last_commit_hash", "last_status", "lifecycle_stage", "linked_by",
    "repo_hash", "role", "runs", "stage_type", "state", "status", "storage_type", "timezone", "trigger_type", "type",
})  # fmt: skip
"""Fields whose texts are chosen from a list of ours, or that other records refer to."""
CHOSEN = frozenset({("Connection", "name")})
"""Fields whose texts the person before the screen has chosen."""
REFERENCES = ("id", "ids", "_of")
"""Ends of the names of fields that refer to records."""
TOGETHER = 6
"""Hostile pieces in one text: each text begins with another one, so that each is seen at the beginning of some."""
LONGEST = 60
"""Characters of a piece: names have at most some hundred. Floods are left to the logs."""

PIECES = [
    entry.data.decode("utf-8", "replace").encode("utf-8", "replace").decode().replace("\x00", "")[:LONGEST]
    for entry in (*corpus.ORDERS, *corpus.TRICKS, *corpus.HALVES)
]
"""Everything of the corpus as text, but NUL, which the stores take in no name."""


def poisoned(records: Iterable[Record]) -> list[Record]:
    """`records` with other texts, which no source has cleaned."""
    numbers = count()
    return [_poison(record, numbers) for record in records]


def _poison(record: Any, numbers: Iterator[int]) -> Any:
    changes = {
        name: _changed(getattr(record, name), numbers)
        for name in record.__struct_fields__
        if name not in OURS and not name.endswith(REFERENCES) and (type(record).__name__, name) not in CHOSEN
    }
    return replace(record, **{name: value for name, value in changes.items() if value is not None})


def _changed(value: object, numbers: Iterator[int]) -> object:
    """A value with hostile texts; None where it holds no text."""
    match value:
        case str():
            return _soup(value, next(numbers))
        case msgspec.Struct():
            return _poison(value, numbers)
        case tuple() | list() if value and isinstance(value[0], str | msgspec.Struct):
            return type(value)(_changed(each, numbers) for each in value)
        case dict() if value:
            changed = {key: _changed(each, numbers) for key, each in value.items()}
            whole = {key: value[key] if each is None else each for key, each in changed.items()}
            return {**whole, _soup("", next(numbers)): next(iter(whole.values()))}
    return None


def _soup(text: str, number: int) -> str:
    """A text with hostile pieces before, in and behind it."""
    pieces = [PIECES[(number + place) % len(PIECES)] for place in range(TOGETHER)]
    return f"{pieces[0]}{text[:4]}{pieces[1]}{text[4:]}{''.join(pieces[2:])}"
