"""`Where` and filters as SQL expressions with bound parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column as SqlColumn
from sqlalchemy import ColumnElement, and_, cast, collate, false, func, literal_column, not_, or_, select, true
from sqlalchemy import Text as SqlText

from data.errors import UsageError
from data.query import And, Field, Not, Query, Text
from data.query.fields import ANY
from data.store.match import meaning
from data.store.port import Between, Value, Where
from data.store.specification import Via
from data.store.sqlite.rows import SEPARATOR, json_list, members, sql_value
from data.store.sqlite.tables import HOMES, Home

FOLD: Final = "fold"
"""SQL function of ours: Python's `str.lower`, for text beyond ASCII, which SQLite's own functions leave alone."""
MAX_TERMS: Final = 200
"""Terms and patterns of one filter; SQLite limits the depth of an expression to 1000 (sqlite.org/limits.html)."""
MANY: Final = 100
"""From here on the members of a list go as one JSON parameter."""

RARE: Final = "0.0001"
"""Share of the records that the planner is told to expect of rare values."""
_ESCAPE: Final = "\\"
_LAST: Final = "\U0010ffff"
"""Sorts behind every character: the end of a range of texts with one beginning."""
_INT_DIGITS: Final = 18
"""Decimal digits that always fit SQLite's 64-bit integers."""

Clause = ColumnElement[bool]


def conditions(home: Home, where: Where | None, query: Query | None) -> list[Clause]:
    """What a row of the kind's head table must fulfil.

    Raises:
        UsageError: an unknown field, or more terms than SQLite can take.
    """
    found = [_where(home, name, value) for name, value in (where or {}).items()]
    if query is not None:
        meant = meaning(query, home.kind)
        if _size(meant) > MAX_TERMS:
            raise UsageError(f"the filter has more than {MAX_TERMS} terms", hint="look for something longer")
        found.append(_query(home, meant))
    return found


def column(home: Home, name: str) -> SqlColumn[Any]:
    """The column of a field.

    Raises:
        UsageError: the kind has no such field.
    """
    if name not in home.kind.fields:
        fields = ", ".join(sorted(home.kind.fields))
        raise UsageError(f"{home.kind.name} have no field `{name}`", hint=f"fields are {fields}")
    return home.head.c[name]


def _where(home: Home, name: str, value: Value | Sequence[Value] | Between) -> Clause:
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


def _size(query: Query) -> int:
    if isinstance(query, And):
        return sum(map(_size, query.terms))
    if isinstance(query, Not):
        return _size(query.term)
    return len(query.patterns) if isinstance(query, Field) else 1


def _query(home: Home, query: Query) -> Clause:
    if isinstance(query, And):
        return and_(true(), *(_query(home, term) for term in query.terms))
    if isinstance(query, Not):
        return not_(_query(home, query.term))
    if isinstance(query, Text):
        return _text(home, query.value.lower())
    if isinstance(query, Field):
        return _field(home, query)
    raise UsageError(f"this store cannot answer `{query}`")


def _text(home: Home, wanted: str) -> Clause:
    if SEPARATOR in wanted:
        return false()
    own = func.instr(home.head.c.search, wanted) > 0

    def through(via: Via) -> Clause:
        other = HOMES[via.record].head
        return or_(*(func.instr(getattr(func, FOLD)(other.c[name]), wanted) > 0 for name in via.fields))

    return or_(own, *(_via(home, via, through(via)) for via in home.kind.text_via))


def _field(home: Home, query: Field) -> Clause:
    term = home.kind.terms.get(query.name)
    if term is None:
        return false()
    own = [_estimated(home, name, query.patterns, _fits(home, name, query.patterns)) for name in term.columns]
    through = [
        _via(home, via, _any([_fits(HOMES[via.record], name, query.patterns) for name in via.fields]))
        for via in term.via
    ]
    return _any([*own, *through])


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
    if kind == "words":
        each = func.json_each(field).table_valued("value")
        return select(1).select_from(each).where(_text_fits(each.c.value, patterns)).exists()
    if kind in ("id", "text"):
        return _text_fits(collate(field, "NOCASE") if kind == "id" else field, patterns)
    exact = [int(one) for one in patterns if _is_int(one)]
    globs = [one for one in patterns if ANY in one]
    digits = [_text_fits(cast(field, SqlText), globs)] if globs else []
    return _any([field.in_(exact), *digits] if exact else digits)


def _text_fits(field: ColumnElement[str], patterns: Sequence[str]) -> Clause:
    plain = [one for one in patterns if ANY not in one]
    ascii_only = [one for one in plain if one.isascii()]
    beyond = [one for one in plain if not one.isascii()]
    nocase = collate(field, "NOCASE") if not isinstance(field, SqlColumn) else field
    fits = [nocase.in_(ascii_only)] if ascii_only else []
    if beyond:
        fits.append(_folded(field).in_(beyond))
    return _any([*fits, *(_glob(field, nocase, one) for one in patterns if ANY in one)])


def _glob(field: ColumnElement[str], nocase: ColumnElement[str], pattern: str) -> Clause:
    start = pattern.rstrip(ANY)
    if start and ANY not in start and start.isascii():
        return and_(nocase >= start, nocase < start + _LAST)
    parts = [part.replace(_ESCAPE, _ESCAPE * 2).replace("%", r"\%").replace("_", r"\_") for part in pattern.split(ANY)]
    return (field if pattern.isascii() else _folded(field)).like("%".join(parts), escape=_ESCAPE)


def _folded(field: ColumnElement[str]) -> ColumnElement[str]:
    folded: ColumnElement[str] = getattr(func, FOLD)(field)
    return folded


def _is_int(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _INT_DIGITS and str(int(text)) == text
