"""Metrics, params and tags in SQL, and words such as labels: what a row must fulfil, and which rows do.

A word is a name without a value, `labels.gpu`: so labels and marks are found as quickly as metrics are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.sql.selectable import FromClause

from data.query import Field, Measure
from data.query.fields import ANY, entry, is_any
from data.query.values import number
from data.store.sqlite.rows import ESCAPE, LAST, like_pattern
from data.store.sqlite.tables import Entries, Home
from data.store.sqlite.texts import equals

TEXTS: Final = ""
"""The least text. Every number sorts before it (sqlite.org/datatype3.html, "Sort order")."""
WORD: Final = 1
"""The value of a word: SQLite needs no room for it."""
_EXACT: Final = 2**53
"""Whole numbers below this are the same as integers, which take less room."""

Clause = ColumnElement[bool]


def stored(value: float | str) -> int | float | str:
    """A value as the table holds it: texts folded, whole numbers as integers."""
    if isinstance(value, str):
        return value.lower()
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def numbered(entries: Entries, name: str) -> ColumnElement[int]:
    """`k` of a name such as `metrics.val_auc`; SQLite looks it up once for a statement."""
    return select(entries.names.c.k).where(entries.names.c.name == name).scalar_subquery()


def fits(home: Home, node: Field | Measure) -> Clause:
    """Whether a row of `home.head` has a value that fits."""
    rows = _rows(home, node)
    if rows is None:
        return false()
    values, condition = rows
    return select(1).where(values.c.n == home.head.c.n, condition).correlate(home.head).exists()


def fitting(home: Home, node: Field | Measure) -> Select[Any]:
    """`n` of all rows that have a value that fits."""
    rows = _rows(home, node)
    if rows is None:
        return select(home.head.c.n).where(false())
    values, condition = rows
    return select(values.c.n).where(condition)


def _rows(home: Home, node: Field | Measure) -> tuple[FromClause, Clause] | None:
    named = entry(node.name)
    if home.entries is None or named is None or named[0] not in home.kind.entries:
        return None
    values = home.entries.values.alias()
    mine = values.c.k == numbered(home.entries, ".".join(named))
    return values, and_(mine, compared(values.c.value, node))


def has_word(home: Home, column: str, patterns: Sequence[str]) -> Clause:
    """Whether one of the words in a column fits."""
    assert home.entries is not None
    values = home.entries.values.alias()
    mine = values.c.k.in_(_words(home.entries, column, patterns))
    return select(1).where(values.c.n == home.head.c.n, mine).correlate(home.head).exists()


def with_word(home: Home, column: str, patterns: Sequence[str]) -> Select[Any]:
    """`n` of all rows of which a word fits; of some more than once."""
    assert home.entries is not None
    values = home.entries.values.alias()
    return select(values.c.n).where(values.c.k.in_(_words(home.entries, column, patterns)))


def _words(entries: Entries, column: str, patterns: Sequence[str]) -> Select[Any]:
    """`k` of the words of a column that fit."""
    name, start = entries.names.c.name, f"{column}."
    word: ColumnElement[str] = func.substr(name, len(start) + 1)
    return select(entries.names.c.k).where(name >= start, name < start + LAST, equals(word, patterns))


def compared(value: ColumnElement[Any], node: Field | Measure) -> Clause:
    """What a stored value must fulfil."""
    return _compared(value, node) if isinstance(node, Measure) else _equals(value, node.patterns)


def _compared(value: ColumnElement[Any], node: Measure) -> Clause:
    """Numbers compare with numbers only, texts with texts."""
    operand: Any = stored(node.operand) if isinstance(node.operand, str | float) else node.operand
    if not isinstance(operand, str | int | float):
        return false()
    if node.op == "=":
        return value == operand
    numeric = not isinstance(operand, str)
    if node.op in {"<", "<="}:
        below = value < operand if node.op == "<" else value <= operand
        return below if numeric else and_(value >= TEXTS, below)
    above = value > operand if node.op == ">" else value >= operand
    return and_(above, value < TEXTS) if numeric else above


def _equals(value: ColumnElement[Any], patterns: Sequence[str]) -> Clause:
    """Whether a value equals one of the patterns: a number the same number, a text one in which `*` is anything."""
    exact = [one for one in patterns if ANY not in one]
    numbers = [stored(found) for one in exact if (found := number(one)) is not None]
    texts = [one for one in exact if number(one) is None]
    clauses = [value.in_([*numbers, *texts])] if exact else []
    return or_(false(), *clauses, *(_matches(value, one) for one in patterns if ANY in one))


def _matches(value: ColumnElement[Any], pattern: str) -> Clause:
    if is_any(pattern):
        return value != TEXTS
    start = pattern.rstrip(ANY)
    if ANY not in start:
        return and_(value >= start, value < start + LAST)
    return and_(value >= TEXTS, value.like(like_pattern(pattern), escape=ESCAPE))
