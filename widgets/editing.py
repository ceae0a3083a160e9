"""One line of text that is being edited: what keys do to it, without a screen."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.cells import cell_len

from data.clean import clean

MAX_LENGTH = 4096
"""Characters of a line; more than anybody types, less than hurts."""

_WORD_BEFORE = re.compile(r"\S+\s*$")
_WORD_AFTER = re.compile(r"^\s*\S+")


class EditLine:
    """Text and the place in it where one types."""

    def __init__(self, text: str = "") -> None:
        self.text = ""
        self.cursor = 0
        self.insert(text)

    def set(self, text: str) -> None:
        """Replace everything, and go to the end."""
        self.text, self.cursor = "", 0
        self.insert(text)

    def insert(self, text: str) -> None:
        """Put `text`, made clean and one line, where one types."""
        cleaned = clean(text)[: MAX_LENGTH - len(self.text)]
        self.text = self.text[: self.cursor] + cleaned + self.text[self.cursor :]
        self.cursor += len(cleaned)

    def press(self, key: str) -> bool:
        """Do what `key` (in Textual's names) does; False when it does nothing here."""
        action = _KEYS.get(key)
        if action is not None:
            action(self)
        return action is not None

    def view(self, width: int) -> tuple[str, int]:
        """What `width` cells show of the text, and the cell of the cursor in it."""
        start = 0
        while start < self.cursor and cell_len(self.text[start : self.cursor]) >= width:
            start += 1
        return self.text[start:], cell_len(self.text[start : self.cursor])

    def _left(self) -> None:
        self.cursor = max(0, self.cursor - 1)

    def _right(self) -> None:
        self.cursor = min(len(self.text), self.cursor + 1)

    def _home(self) -> None:
        self.cursor = 0

    def _end(self) -> None:
        self.cursor = len(self.text)

    def _word_left(self) -> None:
        self.cursor = self._word_start()

    def _word_right(self) -> None:
        found = _WORD_AFTER.search(self.text[self.cursor :])
        self.cursor = len(self.text) if found is None else self.cursor + found.end()

    def _word_start(self) -> int:
        found = _WORD_BEFORE.search(self.text[: self.cursor])
        return 0 if found is None else found.start()

    def _remove(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start

    def _backspace(self) -> None:
        self._remove(max(0, self.cursor - 1), self.cursor)

    def _delete(self) -> None:
        self._remove(self.cursor, self.cursor + 1)

    def _delete_word(self) -> None:
        self._remove(self._word_start(), self.cursor)

    def _delete_to_start(self) -> None:
        self._remove(0, self.cursor)

    def _delete_to_end(self) -> None:
        self._remove(self.cursor, len(self.text))


_KEYS: dict[str, Callable[[EditLine], None]] = {
    "left": EditLine._left,
    "ctrl+b": EditLine._left,
    "right": EditLine._right,
    "ctrl+f": EditLine._right,
    "home": EditLine._home,
    "ctrl+a": EditLine._home,
    "end": EditLine._end,
    "ctrl+e": EditLine._end,
    "ctrl+left": EditLine._word_left,
    "alt+b": EditLine._word_left,
    "ctrl+right": EditLine._word_right,
    "alt+f": EditLine._word_right,
    "backspace": EditLine._backspace,
    "ctrl+h": EditLine._backspace,
    "delete": EditLine._delete,
    "ctrl+d": EditLine._delete,
    "ctrl+w": EditLine._delete_word,
    "alt+backspace": EditLine._delete_word,
    "ctrl+u": EditLine._delete_to_start,
    "ctrl+k": EditLine._delete_to_end,
}
"""The keys of readline."""
