"""Free text in SQL: what a row must fulfil, and which rows may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column as SqlColumn
from sqlalchemy import ColumnElement, Select, and_, collate, false, func, literal_column, or_, select, union_all

from data.query.fields import ANY, is_any
from data.store.specification import Via
from data.store.sqlite.rows import ESCAPE, LAST, SEPARATOR, like_pattern
from data.store.sqlite.tables import HOMES, Home

FOLD: Final = "fold"
"""SQL function of ours: Python's `str.lower`, for text beyond ASCII, which SQLite's own functions leave alone."""
SEQUENCE: Final = 3
"""Characters of the sequences that the text index knows."""
STRIDE: Final = 2
"""Of the sequences of what is looked for, each so many-th is asked for: twice as fast, and nearly as sharp."""
_END: Final = "\0"
"""Ends what is asked of the text index."""

Clause = ColumnElement[bool]


def folded(text: ColumnElement[str]) -> ColumnElement[str]:
    """A text in lower case."""
    found: ColumnElement[str] = getattr(func, FOLD)(text)
    return found


def holds(home: Home, wanted: str) -> Clause:
    """Whether one of a row's texts, or of those of the records it belongs to, holds a text in lower case."""
    if SEPARATOR in wanted:
        return false()
    own = func.instr(home.head.c.search, wanted) > 0
    return or_(own, *(_belongs(home, via, wanted) for via in home.kind.text_via))


def holding(home: Home, wanted: str) -> Select[Any] | None:
    """`n` of the rows that hold a text and perhaps of some more; None where only looking at all rows would tell.

    The index knows which sequences of characters a row has, not where: what it finds has to be looked at.
    """
    if home.texts is None or len(wanted) < SEQUENCE or SEPARATOR in wanted or _END in wanted:
        return None
    last = len(wanted) - SEQUENCE
    sequences = dict.fromkeys(wanted[at : at + SEQUENCE] for at in (*range(0, last, STRIDE), last))
    asked = " AND ".join('"' + one.replace('"', '""') + '"' for one in sequences)
    index = home.texts
    own = select(index.c.rowid.label("n")).where(literal_column(index.name).op("MATCH")(asked))
    head = home.head
    others = [select(head.c.n).where(_belongs(home, via, wanted)) for via in home.kind.text_via]
    both = union_all(own, *others).subquery()
    return select(both.c.n)


def equals(field: ColumnElement[str], patterns: Sequence[str]) -> Clause:
    """Whether a text equals one of the patterns, which are lower-case and may hold `*`."""
    plain = [one for one in patterns if ANY not in one]
    ascii_only = [one for one in plain if one.isascii()]
    beyond = [one for one in plain if not one.isascii()]
    nocase = collate(field, "NOCASE") if not isinstance(field, SqlColumn) else field
    fits: list[Clause] = [nocase.in_(ascii_only)] if ascii_only else []
    if beyond:
        fits.append(folded(field).in_(beyond))
    fits += [_glob(field, nocase, one) for one in patterns if ANY in one]
    return or_(*fits) if len(fits) > 1 else fits[0] if fits else false()


def _glob(field: ColumnElement[str], nocase: ColumnElement[str], pattern: str) -> Clause:
    if is_any(pattern):
        return func.ifnull(field, "") != ""
    start = pattern.rstrip(ANY)
    if start and ANY not in start and start.isascii():
        return and_(nocase >= start, nocase < start + LAST)
    return (field if pattern.isascii() else folded(field)).like(like_pattern(pattern), escape=ESCAPE)


def _belongs(home: Home, via: Via, wanted: str) -> Clause:
    other = HOMES[via.record].head
    has = or_(*(func.instr(folded(other.c[name]), wanted) > 0 for name in via.fields))
    return home.head.c[via.column].in_(select(other.c.id).where(has))
