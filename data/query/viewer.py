"""Puts the viewer's names where a filter says `me`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from data.query.fields import ME
from data.query.tree import And, Compare, Field, Node, Not, Or


def for_viewer(query: Node, names: Sequence[str]) -> Node:
    """The same predicate with `by:me` spelled out as the viewer's user names; without names it fits nobody."""
    if isinstance(query, And | Or):
        return replace(query, terms=tuple(for_viewer(term, names) for term in query.terms))
    if isinstance(query, Not):
        return Not(for_viewer(query.term, names))
    if isinstance(query, Compare) and (query.name, query.value) == ("by", ME) and names:
        return Field("by", tuple(names))
    if isinstance(query, Field) and query.name == "by" and ME in query.values:
        others = [value for value in query.values if value != ME]
        return replace(query, values=(*others, *names) or (ME,))
    return query
