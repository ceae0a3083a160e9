"""The predicate tree of a filter: `And`, `Not`, `Text` and `Field`, all frozen and hashable.

`str(query)` is text that `parse` reads as the same predicate. OR and comparisons can come as more node types
and more values of `Field.op`; translators match on the type and refuse what they do not know.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, Literal

import msgspec

from data.query.fields import ANY, MINE, patterns

TEXT: Final = "text"
"""The name under which a getter gives the strings that free text looks into."""
RESERVED: Final = frozenset({"and", "or", "not"})
"""Words with a meaning of their own; looked for as text they stand in quotes."""
FIELD_NAME: Final = re.compile(r"([A-Za-z_]\w*)(>=|<=|!=|[:<>=])")
"""The beginning of a term that names a field."""

Getter = Callable[[str], str | Iterable[str] | None]
"""Gives a record's value or values by field name (`by` includes `me` where it is the viewer), and those of `TEXT`."""

_BARE_VALUE: Final = re.compile(r'[^\s,"]+')
_BARE_TEXT: Final = re.compile(r'[^\s"\-(]\S*')


class Query(msgspec.Struct, frozen=True):
    """A predicate on records."""

    @abstractmethod
    def matches(self, get: Getter) -> bool:
        """Whether the record whose fields `get` returns fits."""


class And(Query, frozen=True, tag=True):
    """All of `terms`; without any it fits everything."""

    terms: tuple[And | Not | Text | Field, ...] = ()

    def matches(self, get: Getter) -> bool:
        """Whether every term fits."""
        return all(term.matches(get) for term in self.terms)

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))


class Not(Query, frozen=True, tag=True):
    """The opposite of `term`."""

    term: And | Not | Text | Field

    def matches(self, get: Getter) -> bool:
        """Whether the term does not fit."""
        return not self.term.matches(get)

    def __str__(self) -> str:
        return f"-({self.term})" if isinstance(self.term, And) else f"-{self.term}"


class Text(Query, frozen=True, tag=True):
    """Free text: a substring of what the getter gives for `TEXT`, whatever the case."""

    value: str

    def matches(self, get: Getter) -> bool:
        """Whether one of the searched strings holds the text."""
        wanted = self.value.lower()
        return any(wanted in text.lower() for text in _strings(get(TEXT)))

    def __str__(self) -> str:
        word = self.value.lower()
        plain = _BARE_TEXT.fullmatch(self.value) and not FIELD_NAME.match(self.value)
        return self.value if plain and word not in RESERVED and word != MINE else quote(self.value)


class Field(Query, frozen=True, tag=True):
    """A field compared with some values, one of which must fit."""

    name: str
    """A key of `FIELDS`."""
    values: tuple[str, ...]
    """As they were typed; `patterns` says what they mean."""
    op: Literal[":"] = ":"
    """`:` fits a value that equals one of `values`."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """Lower-case patterns with `*`, one of which must equal a value of the record: `data.query.fields.patterns`."""
        return patterns(self.name, self.values)

    def matches(self, get: Getter) -> bool:
        """Whether a value of the record's field fits one of the patterns."""
        fits = _expression(self.patterns).fullmatch
        return any(fits(value.lower()) is not None for value in _strings(get(self.name)))

    def __str__(self) -> str:
        return f"{self.name}{self.op}{','.join(map(quote_value, self.values))}"


def quote(text: str) -> str:
    """The text in double quotes, with `\\` before quotes and backslashes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quote_value(value: str) -> str:
    """A field's value as one writes it: in quotes only where it needs them."""
    return value if _BARE_VALUE.fullmatch(value) else quote(value)


@lru_cache(maxsize=64)
def _expression(wanted: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_glob, wanted)), re.DOTALL)


def _glob(pattern: str) -> str:
    """A regular expression for a pattern with `*`. Atomic groups keep it from trying every split of a long text."""
    first, *rest = map(re.escape, pattern.split(ANY))
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{part})" for part in middle if part) + ".*" + last


def _strings(value: str | Iterable[str] | None) -> Iterable[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
