"""Shows on a terminal where a filter goes wrong."""

from __future__ import annotations

import unicodedata
from typing import Final

from data.clean import clean
from data.errors import QueryError

AROUND: Final = 40
"""Characters that are shown on each side of the wrong one."""
_WIDE: Final = frozenset({"W", "F"})
"""East Asian widths of characters that take two cells (Unicode, UAX #11)."""


def pointed(text: str, error: QueryError) -> str:
    """Two lines: the filter, or the part of it where it goes wrong, and `^` below the character."""
    at = min(error.position, len(text))
    start = max(0, at - AROUND)
    before, behind = clean(text[start:at]), clean(text[at : at + AROUND])
    before = ("…" if start else "") + before
    behind += "…" if at + AROUND < len(text) else ""
    return f"{before}{behind}\n{' ' * sum(map(_cells, before))}^"


def _cells(character: str) -> int:
    """Cells that a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
