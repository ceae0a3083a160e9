"""`Where` and filters as SQL expressions with bound parameters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column as SqlColumn
from sqlalchemy import ColumnElement, and_, cast, collate, false, func, literal_column, not_, or_, select, true
from sqlalchemy import Text as SqlText
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from data.errors import UsageError
from data.query import And, Field, Measure, Not, Or, Query, Text
from data.query.fields import ANY, entry, is_any
from data.store.port import Between, Value
from data.store.specification import Via
from data.store.sqlite import entries, texts
from data.store.sqlite.rows import json_list, members, sql_value
from data.store.sqlite.tables import HOMES, Home

MAX_TERMS: Final = 200
"""Terms and patterns of one filter; SQLite limits the depth of an expression to 1000 (sqlite.org/limits.html)."""
MANY: Final = 100
"""From here on the members of a list go as one JSON parameter."""

RARE: Final = "0.0001"
"""Share of the records that the planner is told to expect of rare values."""
_INT_DIGITS: Final = 18
"""Decimal digits that always fit SQLite's 64-bit integers."""
_OPS: Final = {"=": "__eq__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}

Clause = ColumnElement[bool]


def column(home: Home, name: str) -> SqlColumn[Any]:
    """The column of a field.

    Raises:
        UsageError: the kind has no such field.
    """
    if name not in home.kind.fields:
        fields = ", ".join(sorted(home.kind.fields))
        raise UsageError(f"{home.kind.name} have no field `{name}`", hint=f"fields are {fields}")
    return home.head.c[name]


def equality(home: Home, name: str, value: Value | Sequence[Value] | Between) -> Clause:
    """What one member of `Where` asks of a row.

    Raises:
        UsageError: the kind has no such field.
    """
    field = column(home, name)
    exact = collate(field, "BINARY") if home.kind.fields[name].type == "text" else None
    if isinstance(value, Between):
        low = field >= sql_value(value.low) if value.low is not None else true()
        high = field < sql_value(value.high) if value.high is not None else true()
        return and_(field.is_not(None), low, high)
    if value is None:
        return field.is_(None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        values = [sql_value(member) for member in value if member is not None]
        fits = _estimated(home, name, values, _member(field, values))
        if exact is not None:
            fits = and_(fits, _member(exact, values))
        return or_(fits, field.is_(None)) if len(values) < len(value) else fits
    plain = sql_value(value)
    if plain == "":  # most records have nothing there: an index on it would be a detour
        return func.ifnull(field, "") == ""
    fits = _estimated(home, name, [plain], field == plain)
    return fits if exact is None else and_(fits, exact == plain)


def _member(field: ColumnElement[Any], values: Sequence[Value]) -> Clause:
    if len(values) <= MANY:
        return field.in_(values)
    return field.in_(members(json_list(values)))


def size(query: Query) -> int:
    """Terms and patterns of a filter."""
    if isinstance(query, And | Or):
        return sum(map(size, query.terms))
    if isinstance(query, Not):
        return size(query.term)
    return len(query.patterns) if isinstance(query, Field) else 1


def fulfils(home: Home, query: Query) -> Clause:
    """Whether a row of `home.head` fits a filter (after `meaning`)."""
    if isinstance(query, And):
        return and_(true(), *(fulfils(home, term) for term in query.terms))
    if isinstance(query, Or):
        return or_(false(), *(fulfils(home, term) for term in query.terms))
    if isinstance(query, Not):
        return not_(fulfils(home, query.term))
    if isinstance(query, Text):
        return texts.holds(home, query.value.lower())
    if isinstance(query, Field | Measure):
        if entry(query.name) is not None:
            return entries.fits(home, query)
        clauses = columns_fit(home, query) if isinstance(query, Field) else measured(home, query, plain=True)
        return _any([*clauses, *vias_fit(home, query)])
    raise UsageError(f"this store cannot answer `{query}`")


def columns_fit(home: Home, query: Field) -> list[Clause]:
    """For each column of a field whether it fits."""
    term = home.kind.terms.get(query.name)
    return [column_fits(home, name, query) for name in (term.columns if term is not None else ())]


def column_fits(home: Home, name: str, query: Field) -> Clause:
    """Whether the value of one column fits."""
    return _estimated(home, name, query.patterns, _fits(home, name, query.patterns))


def vias_fit(home: Home, query: Field | Measure) -> list[Clause]:
    """For each record that a row belongs to whether it fits."""
    term = home.kind.terms.get(query.name)
    if term is None or isinstance(query, Measure):
        return []
    found = []
    for via in term.via:
        fits = _any([_fits(HOMES[via.record], name, query.patterns) for name in via.fields])
        found.append(_via(home, via, fits))
    return found


def measured(home: Home, query: Measure, *, plain: bool) -> list[Clause]:
    """For each column of a field whether it compares so; `plain` keeps SQLite from using an index for it."""
    term = home.kind.terms.get(query.name)
    found: list[Clause] = []
    for name in term.columns if term is not None else ():
        of_time = home.kind.fields[name].type == "time"
        if not isinstance(query.operand, str) and of_time == isinstance(query.operand, datetime):
            field = home.head.c[name]
            found.append(and_(field.is_not(None), compared(unindexed(field) if plain else field, query)))
    return found


def compared(value: ColumnElement[Any], query: Measure) -> Clause:
    """Whether a number or time compares so."""
    clause: Clause = getattr(value, _OPS[query.op])(sql_value(query.operand))
    return clause


def unindexed(field: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same value, for which SQLite looks into no index (sqlite.org/optoverview.html, "unary + operator")."""
    return UnaryExpression(field, operator=custom_op("+"), type_=field.type)


def _any(clauses: Sequence[Clause]) -> Clause:
    """Whether one of them holds; without a needless `OR`, which would keep SQLite from using an index for each."""
    return or_(*clauses) if len(clauses) > 1 else clauses[0] if clauses else false()


def _estimated(home: Home, name: str, values: Sequence[object], clause: Clause) -> Clause:
    """The clause, with a word to the planner where all of the values are rare (sqlite.org/lang_corefunc.html)."""
    common = home.kind.common.get(name)
    if common is None or common.intersection(values):
        return clause
    rare: Clause = func.likelihood(clause, literal_column(RARE))
    return rare


def _via(home: Home, via: Via, condition: Clause) -> Clause:
    return home.head.c[via.column].in_(select(HOMES[via.record].head.c.id).where(condition))


def _fits(home: Home, name: str, patterns: Sequence[str]) -> Clause:
    """Whether a value equals one of the patterns, which are lower-case and may hold `*`."""
    field, kind = home.head.c[name], home.kind.fields[name].type
    if kind == "words" and home.entries is not None:
        return entries.has_word(home, name, patterns)
    if kind == "words":
        each = func.json_each(field).table_valued("value")
        return select(1).select_from(each).where(texts.equals(each.c.value, patterns)).exists()
    if kind in ("id", "text"):
        return texts.equals(collate(field, "NOCASE") if kind == "id" else field, patterns)
    if any(map(is_any, patterns)):
        return field.is_not(None)
    exact = [int(one) for one in patterns if _is_int(one)]
    globs = [one for one in patterns if ANY in one]
    digits = [texts.equals(cast(field, SqlText), globs)] if globs else []
    return _any([field.in_(exact), *digits] if exact else digits)


def _is_int(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _INT_DIGITS and str(int(text)) == text
