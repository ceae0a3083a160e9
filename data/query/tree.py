"""The predicate tree of a filter: frozen, hashable nodes.

`parse` makes trees of `And`, `Or`, `Not`, `Text`, `Field` and `Compare`; `str(tree)` is text that `parse` reads as the
same tree. `meant` turns what depends on a type or on the time of day into `Measure`, which is never in a parsed tree.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any, Final, Literal, TypeAlias

import msgspec

from data.errors import QueryError
from data.query.fields import ANY, MINE, FieldType, Op, info, is_any, patterns
from data.query.values import EXAMPLES, amount, number, span

TEXT: Final = "text"
"""The name under which a getter gives the strings that free text looks into."""
RESERVED: Final = frozenset({"and", "or", "not"})
"""Words with a meaning of their own; looked for as text they stand in quotes."""

Value = str | float | datetime
"""What a record can hold under a name."""
Getter = Callable[[str], Value | Iterable[Value] | None]
"""Gives a record's value or values by field name (`by` includes `me` where it is the viewer), and those of `TEXT`."""
Node: TypeAlias = "And | Or | Not | Text | Field | Compare | Measure"
"""Every kind of predicate."""

_COMPARED: Final[dict[Op, Callable[[Any, Any], bool]]] = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
_BARE_VALUE: Final = re.compile(r'[^\s,"()]+')
_BARE_OPERAND: Final = re.compile(r'[^\s"()=][^\s"()]*')
_BARE_TEXT: Final = re.compile(r'[^\s"():<>=!-][^\s"():<>=!]*')
_BARE_KEY: Final = re.compile(r'[^\s"():<>=!,]+')


class Query(msgspec.Struct, frozen=True):
    """A predicate on records."""

    @abstractmethod
    def matches(self, get: Getter) -> bool:
        """Whether the record whose fields `get` returns fits."""


class And(Query, frozen=True, tag=True):
    """All of `terms`, two or more. Without any it fits everything, which only a whole filter can say."""

    terms: tuple[Node, ...] = ()

    def matches(self, get: Getter) -> bool:
        """Whether every term fits."""
        return all(term.matches(get) for term in self.terms)

    def __str__(self) -> str:
        return " ".join(f"({term})" if isinstance(term, And | Or) else str(term) for term in self.terms)


class Or(Query, frozen=True, tag=True):
    """One of `terms`, two or more, at least. Without any it fits nothing."""

    terms: tuple[Node, ...] = ()

    def matches(self, get: Getter) -> bool:
        """Whether a term fits."""
        return any(term.matches(get) for term in self.terms)

    def __str__(self) -> str:
        return " or ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


class Not(Query, frozen=True, tag=True):
    """The opposite of `term`."""

    term: Node

    def matches(self, get: Getter) -> bool:
        """Whether the term does not fit."""
        return not self.term.matches(get)

    def __str__(self) -> str:
        return f"-({self.term})" if isinstance(self.term, And | Or | Not) else f"-{self.term}"


class Text(Query, frozen=True, tag=True):
    """Free text: a substring of what the getter gives for `TEXT`, whatever the case."""

    value: str

    def matches(self, get: Getter) -> bool:
        """Whether one of the searched strings holds the text."""
        wanted = self.value.lower()
        return any(isinstance(text, str) and wanted in text.lower() for text in _values(get(TEXT)))

    def __str__(self) -> str:
        plain = _BARE_TEXT.fullmatch(self.value) and self.value.lower() not in {*RESERVED, MINE}
        return self.value if plain else quote(self.value)


class Field(Query, frozen=True, tag=True):
    """A field compared with some values, one of which must fit."""

    name: str
    """A key of `FIELDS`, or `metric.<key>`, `param.<key>`, `tag.<key>`."""
    values: tuple[str, ...]
    """As they were typed; `patterns` says what they mean."""
    op: Literal[":"] = ":"
    """`:` fits a value that equals one of `values`."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """Lower-case patterns with `*`, one of which must equal a value of the record: `data.query.fields.patterns`."""
        return patterns(self.name, self.values)

    def meant(self, now: datetime | None = None) -> Field | Or | And | Measure:
        """Values of numbers and times as comparisons; `*` and texts stay as they are.

        Raises:
            QueryError: a value is none of the field's type.
        """
        if info(self.name).type in {"text", "mixed"} or all(map(is_any, self.values)):
            return self
        terms = [
            Field(self.name, (value,)) if is_any(value) else Compare(self.name, "=", value).meant(now)
            for value in self.values
        ]
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def matches(self, get: Getter) -> bool:
        """Whether a value of the record's field fits one of the patterns."""
        meant = self.meant()
        if meant is not self:
            return meant.matches(get)
        return any(_fits(value, self.patterns) for value in _values(get(self.name)))

    def __str__(self) -> str:
        return f"{quote_name(self.name)}{self.op}{','.join(map(quote_value, self.values))}"


class Compare(Query, frozen=True, tag=True):
    """A field compared with a number, a duration, a size, a time or a text. What misses the value does not fit."""

    name: str
    """As `Field.name`."""
    op: Op
    value: str
    """As it was typed."""

    def meant(self, now: datetime | None = None) -> Field | And | Measure:
        """The comparison with its operand as number, text or time; of texts without order a field's exact value.

        Durations come in seconds, sizes in megabytes, times in UTC; `now` (aware) is what ages count from.

        Raises:
            QueryError: the value is none of the field's type, or the field has no order.
        """
        sort = info(self.name).type
        if sort == "text":
            if self.op != "=":
                raise QueryError(f"`{self.op}` is for numbers and times", hint=f"write {self.name}:value")
            return Field(self.name, (self.value,))
        if sort == "time":
            return self._meant_time(now)
        operand = amount(sort, self.value)
        if operand is None and sort != "mixed":
            raise self._not_a(sort)
        return Measure(self.name, self.op, self.value.lower() if operand is None else operand)

    def _meant_time(self, now: datetime | None) -> And | Measure:
        """A day counts as a whole: after it, until its end, within it."""
        found = span(self.value, now)
        if found is None:
            raise self._not_a("time")
        start, end = found
        if self.op == "=":
            if start == end:
                hint = f"write {self.name}>={self.value} for since then, {self.name}<{self.value} for before"
                raise QueryError(f"`{self.value}` ago is a moment that nothing hits", hint=hint)
            return And((Measure(self.name, ">=", start), Measure(self.name, "<", end)))
        if start != end and self.op in {">", "<="}:
            return Measure(self.name, ">=" if self.op == ">" else "<", end)
        return Measure(self.name, self.op, start)

    def _not_a(self, sort: FieldType) -> QueryError:
        called, example = EXAMPLES[sort]
        return QueryError(f"`{self.value}` is not {called}", hint=f"such as {example}")

    def matches(self, get: Getter) -> bool:
        """Whether a value of the record's field compares so; ages count from this moment."""
        return self.meant().matches(get)

    def __str__(self) -> str:
        value = self.value if _BARE_OPERAND.fullmatch(self.value) else quote(self.value)
        return f"{quote_name(self.name)}{self.op}{value}"


class Measure(Query, frozen=True, tag=True):
    """What a `Compare` means: only values of the operand's type compare. Texts compare by code point, in lower case."""

    name: str
    op: Op
    operand: float | datetime | str
    """A finite number in the unit of the field's type, a time in UTC, or a lower-case text."""

    def matches(self, get: Getter) -> bool:
        """Whether a value of the record's field compares so."""
        return any(self._compares(value) for value in _values(get(self.name)))

    def _compares(self, value: Value) -> bool:
        compared = _COMPARED[self.op]
        if isinstance(self.operand, str):
            return isinstance(value, str) and compared(value.lower(), self.operand)
        if isinstance(self.operand, datetime):
            return isinstance(value, datetime) and compared(value, self.operand)
        return isinstance(value, int | float) and compared(value, self.operand)

    def __str__(self) -> str:
        return f"{quote_name(self.name)}{self.op}{quote(str(self.operand))}"


def quote(text: str) -> str:
    """The text in double quotes, with `\\` before quotes and backslashes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quote_value(value: str) -> str:
    """A field's value as one writes it: in quotes only where it needs them."""
    return value if _BARE_VALUE.fullmatch(value) else quote(value)


def quote_name(name: str) -> str:
    """A field's name as one writes it: `metric."val auc"`."""
    first, dot, key = name.partition(".")
    return name if not dot or _BARE_KEY.fullmatch(key) else f"{first}.{quote(key)}"


def _fits(value: Value, wanted: tuple[str, ...]) -> bool:
    if isinstance(value, str):
        return _expression(wanted).fullmatch(value.lower()) is not None
    return any(is_any(one) or (not isinstance(value, datetime) and number(one) == value) for one in wanted)


@lru_cache(maxsize=64)
def _expression(wanted: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_glob, wanted)), re.DOTALL)


def _glob(pattern: str) -> str:
    """A regular expression for a pattern with `*`. Atomic groups keep it from trying every split of a long text."""
    if is_any(pattern):
        return ".+"
    first, *rest = map(re.escape, pattern.split(ANY))
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{part})" for part in middle if part) + ".*" + last


def _values(value: Value | Iterable[Value] | None) -> Iterable[Value]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str | int | float | datetime) else value
