"""Completion of a filter while it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from data.query.fields import ALIASES, FIELDS, MINE
from data.query.tree import quote_value

MAX_OFFERS: Final = 50
"""Completions that are offered at once."""

_PIECES: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)|\s+|[^\s"]+', re.DOTALL)
_FIELD: Final = re.compile(r"(-*)([A-Za-z_]\w*):(.*)", re.DOTALL)
_LIST: Final = re.compile(r'((?:(?:"(?:[^"\\]|\\.)*"|[^,"])*,)*)(.*)', re.DOTALL)


def word_start(text: str, cursor: int) -> int:
    """Where the term that the cursor is in (or behind) begins: `complete` replaces `text[word_start:cursor]`."""
    start = 0
    for piece in _PIECES.finditer(text[:cursor]):
        if piece[0].isspace():
            start = piece.end()
    return start


def complete(text: str, cursor: int, values: Callable[[str], Iterable[str]]) -> list[str]:
    """Terms that the one before the cursor can become, best first: those that begin with it, then those that hold it.

    `values` gives the values that the data holds for a field (a key of `FIELDS`).
    """
    word = text[word_start(text, cursor) : cursor]
    named = _FIELD.fullmatch(word)
    if named is None:
        bare = word.lstrip("-")
        signs = word[: len(word) - len(bare)]
        names = [*(f"{name}:" for name in (*FIELDS, *ALIASES)), MINE, "not"]
        return [signs + name for name in names if bare and name.startswith(bare.lower())]
    name = ALIASES.get(named[2].lower(), named[2].lower())
    listed = _LIST.fullmatch(named[3])
    if name not in FIELDS or listed is None:
        return []
    before, partial = listed[1], listed[2].lstrip('"')
    head = f"{named[1]}{named[2]}:{before}"
    taken = set(before.split(","))
    offers = dict.fromkeys([*FIELDS[name].values, *values(name)])
    fitting = _ranked([offer for offer in offers if offer and offer not in taken], partial)
    return [head + quote_value(offer) for offer in fitting[:MAX_OFFERS]]


def _ranked(offers: list[str], partial: str) -> list[str]:
    wanted = partial.lower()
    first = [offer for offer in offers if offer.lower().startswith(wanted)]
    return first + [offer for offer in offers if wanted in offer.lower() and offer not in first]
