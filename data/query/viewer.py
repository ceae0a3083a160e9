"""Puts the viewer's names where a filter says `me`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from data.query.fields import ME
from data.query.tree import And, Field, Not, Query

Q = TypeVar("Q", bound=Query)


def for_viewer(query: Q, names: Sequence[str]) -> Q:
    """The same predicate with `by:me` spelled out as the viewer's user names; without names it fits nobody."""
    if isinstance(query, And):
        return replace(query, terms=tuple(for_viewer(term, names) for term in query.terms))
    if isinstance(query, Not):
        return replace(query, term=for_viewer(query.term, names))
    if isinstance(query, Field) and query.name == "by" and ME in query.values:
        others = [value for value in query.values if value != ME]
        return replace(query, values=(*others, *names) or (ME,))
    return query
