"""Takes a filter's text apart into words, quoted texts and signs."""

from __future__ import annotations

import re
from typing import Final

from data.errors import QueryError

_SPACE: Final = re.compile(r"\s*")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(r'\\(["\\])')
_PLAIN: Final = re.compile(r"[^\s()]+")
_PLAIN_VALUE: Final = re.compile(r'[^\s(),"]+')


class Reader:
    """A place in a text. `take` and its kin move it behind what they find."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def at_end(self) -> bool:
        """Skip white space; whether nothing comes behind it."""
        self.take(_SPACE)
        return self.at >= len(self.text)

    def sees(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What begins here, without moving."""
        return pattern.match(self.text, self.at)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What begins here."""
        found = self.sees(pattern)
        if found is not None:
            self.at = found.end()
        return found

    def word(self) -> str:
        """Everything up to white space, or to a `)` that was not opened within the word; may be empty."""
        return self._run(_PLAIN)

    def value(self) -> str:
        """A word that ends at a comma or quote, too."""
        return self._run(_PLAIN_VALUE)

    def quoted_next(self) -> bool:
        """Whether a quoted text begins here."""
        return self.text.startswith('"', self.at)

    def quoted(self) -> str:
        """The text in the quotes that open here.

        Raises:
            QueryError: they do not close.
        """
        found = self.take(_QUOTED)
        if found is None:
            raise QueryError("the quote that opens here has no end", position=self.at, hint='close it with `"`')
        return _ESCAPED.sub(r"\1", found[1])

    def _run(self, plain: re.Pattern[str]) -> str:
        start, depth = self.at, 0
        while True:
            self.take(plain)
            if self.text.startswith("(", self.at):
                depth += 1
            elif depth and self.text.startswith(")", self.at):
                depth -= 1
            else:
                return self.text[start : self.at]
            self.at += 1
