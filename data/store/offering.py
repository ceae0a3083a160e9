"""Values of params and tags that are offered while a filter is typed: one order and one spelling for every store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

EXACT: Final = 2**53
"""Below this a whole number is written without a point."""

Stored = int | float | str
"""A number, or a text in lower case."""


def spelled(value: Stored) -> str:
    """A value as one types it in a filter."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < EXACT
    return str(int(value)) if whole else str(value)


def offered(values: Iterable[Stored], contains: str, limit: int) -> list[str]:
    """Those of `values` that hold a text, each once: first those that begin with it; numbers before texts, in order."""
    wanted = contains.lower()
    found = {text: value for value in values if (text := spelled(value)) and wanted in text}

    def rank(text: str) -> tuple[bool, bool, float, str]:
        value = found[text]
        return not text.startswith(wanted), isinstance(value, str), 0 if isinstance(value, str) else value, text

    return sorted(found, key=rank)[:limit]
