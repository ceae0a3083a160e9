"""Reads the text of a filter."""

from __future__ import annotations

import difflib
import re
from typing import Final

from data.errors import QueryError
from data.query.fields import ALIASES, FIELDS, ME, MINE
from data.query.tree import FIELD_NAME, RESERVED, And, Field, Not, Query, Text

MAX_QUERY: Final = 2000
"""Longest filter in characters."""

_SPACE: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"\S+")
_VALUE: Final = re.compile(r'[^\s,"]*')
_NEGATION: Final = re.compile(r"-(?=\S)|not(?=\s)", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(r'\\(["\\])')


def parse(text: str) -> Query:
    """The predicate that a filter's text means; empty text fits everything.

    Raises:
        QueryError: unknown field, missing value, open quote, or syntax kept for later; `position` says where.
    """
    if len(text) > MAX_QUERY:
        raise QueryError(f"the filter is longer than {MAX_QUERY} characters", position=MAX_QUERY)
    reader = _Reader(text)
    terms: list[And | Not | Text | Field] = []
    while not reader.at_end():
        terms.append(reader.term())
    return terms[0] if len(terms) == 1 else And(tuple(terms))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def at_end(self) -> bool:
        self.take(_SPACE)
        return self.at >= len(self.text)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def term(self) -> Not | Text | Field:
        """One term with what negates it; a second negation takes back the first."""
        negated = False
        while self.take(_NEGATION):
            negated = not negated
            if self.at_end():
                raise QueryError("say what must not match", position=self.at, hint="quote the word to look for it")
        plain = self.plain()
        return Not(plain) if negated else plain

    def plain(self) -> Text | Field:
        start = self.at
        if self.text[start] == '"':
            return Text(self.quoted())
        if name := self.take(FIELD_NAME):
            return self.field(name[1], name[2], start)
        found = self.take(_WORD)
        word = found[0] if found else ""
        if word.lower() == MINE:
            return Field("by", (ME,))
        if word.lower() in RESERVED or word.startswith("("):
            hint = f'every term must fit; alternatives are lists (ref:main,dev); write "{word}" to look for it'
            raise QueryError(f"`{word}` is not known here", position=start, hint=hint)
        return Text(word)

    def field(self, given: str, op: str, start: int) -> Text | Field:
        name = ALIASES.get(given.lower(), given.lower())
        if op != ":":
            if name in FIELDS:
                raise QueryError(f"`{op}` is not known here", position=self.at - len(op), hint=f"write {name}:value")
            rest = self.take(_WORD)
            return Text(self.text[start : self.at] if rest else f"{given}{op}")
        if name not in FIELDS:
            near = difflib.get_close_matches(name, [*FIELDS, *ALIASES], n=1)
            known = f"fields are {', '.join(FIELDS)}; quote text that holds a colon"
            hint = f"did you mean `{near[0]}:`?" if near else known
            raise QueryError(f"there is no field `{given}`", position=start, hint=hint)
        values = [self.value(name)]
        while self.text.startswith(",", self.at):
            self.at += 1
            values.append(self.value(name))
        return Field(name, tuple(dict.fromkeys(values)))

    def value(self, name: str) -> str:
        if self.text.startswith('"', self.at):
            return self.quoted()
        found = self.take(_VALUE)
        if not found or not found[0]:
            raise QueryError(f"`{name}:` needs a value here", position=self.at, hint=FIELDS[name].help)
        return found[0]

    def quoted(self) -> str:
        found = self.take(_QUOTED)
        if found is None:
            raise QueryError("the quote that opens here has no end", position=self.at)
        return _ESCAPED.sub(r"\1", found[1])
