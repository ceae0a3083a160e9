"""Reads the GraphQL that clients of CI send: one query with fields, arguments and variables. Nothing else is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r'(?P<skip>[\s,]+|#[^\n]*)|(?P<word>[_A-Za-z]\w*)|(?P<number>-?\d+)|(?P<text>"[^"\\\n]*")|(?P<mark>[{}()\[\]:!$=])'
)


class ParseError(Exception):
    """A text that is no such query; the message is for the client."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field with its arguments, whose variables are filled in, and the fields below it."""

    name: str
    arguments: Mapping[str, Any]
    fields: tuple[Field, ...] = ()


def parse(text: str, variables: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields at the top of a query.

    Raises:
        ParseError: it cannot be read.
    """
    return _Reader(list(_tokens(text)), variables).query()


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ParseError(f'Parse error on "{text[at]}" (error) at [{text.count(chr(10), 0, at) + 1}]')
        at = found.end()
        if found.lastgroup != "skip":
            yield found[0]


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[str], variables: Mapping[str, Any]) -> None:
        self._tokens, self._at, self._given = tokens, 0, variables
        self._declared: set[str] = set()

    def query(self) -> tuple[Field, ...]:
        if self._peek() == "query":
            self._next()
            if self._peek() not in ("(", "{"):
                self._word()
            if self._peek() == "(":
                self._declarations()
        fields = self._selection()
        if self._at < len(self._tokens):
            raise ParseError(f'Parse error on "{self._tokens[self._at]}"')
        return fields

    def _declarations(self) -> None:
        self._expect("(")
        while self._peek() != ")":
            self._expect("$")
            name = self._word()
            self._expect(":")
            self._word()
            if required := self._peek() == "!":
                self._next()
            if required and self._given.get(name) is None:
                raise ParseError(f"Variable ${name} of type ID! was provided invalid value")
            self._declared.add(name)
        self._expect(")")

    def _selection(self) -> tuple[Field, ...]:
        self._expect("{")
        fields: list[Field] = []
        while self._peek() != "}":
            name = self._word()
            arguments = self._arguments() if self._peek() == "(" else {}
            fields.append(Field(name, arguments, self._selection() if self._peek() == "{" else ()))
        self._expect("}")
        return tuple(fields)

    def _arguments(self) -> dict[str, Any]:
        self._expect("(")
        found: dict[str, Any] = {}
        while self._peek() != ")":
            name = self._word()
            self._expect(":")
            found[name] = self._value()
        self._expect(")")
        return found

    def _value(self) -> Any:
        token = self._next()
        if token == "$":
            name = self._word()
            if name not in self._declared:
                raise ParseError(f"Variable ${name} is used but not declared")
            return self._given.get(name)
        if token.startswith('"'):
            return token[1:-1]
        if token.lstrip("-").isdecimal():
            return int(token)
        raise ParseError(f'Parse error on "{token}"')

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            raise ParseError("Unexpected end of document")
        return self._tokens[self._at]

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _word(self) -> str:
        token = self._next()
        if not token.isidentifier():
            raise ParseError(f'Parse error on "{token}"')
        return token

    def _expect(self, mark: str) -> None:
        token = self._next()
        if token != mark:
            raise ParseError(f'Parse error on "{token}", expected "{mark}"')
