"""Takes the terminal's answers to our questions out of what comes from the keyboard.

The characters come one by one and may be cut anywhere between two reads. What may be the beginning of an answer is held
back until the next character, or the time that a lone Escape takes anyway, tells.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from textual import constants

ESCAPE = "\x1b"
REPORT = "\x1b[0n"
"""The answer to `CSI 5 n`: the terminal works (ECMA-48, DSR)."""
BACKGROUND = "\x1b]11;"
"""How the answer to OSC 11 begins."""
VERSION = "\x1bP>|"
"""How the answer to XTVERSION begins."""
PASTE, PASTED = "\x1b[200~", "\x1b[201~"
"""Around what is pasted (xterm, bracketed paste)."""
TEXTS = (BACKGROUND, VERSION)
"""Beginnings of answers that are a text."""
CERTAIN = (*TEXTS, "\x1b[0")
"""What no key that is typed begins with."""
CERTAIN_DELAY = 1.0
"""Seconds to wait for the rest of what is an answer for certain."""
ENDS = ("\x1b\\", "\x07")
"""What ends an answer that is a text."""
LONGEST = 500
"""Characters of the longest answer."""


class Kind(enum.Enum):
    """Which question an answer belongs to."""

    REPORT = "report"
    BACKGROUND = "background"
    VERSION = "version"


class Answer(NamedTuple):
    """What the terminal answered: for a report nothing, else the text between beginning and end."""

    kind: Kind
    text: str


class Answers:
    """Takes characters and gives back those that are no answers."""

    def __init__(self) -> None:
        self._held = ""
        self._pasting = False
        self._last = ""
        self.heard: list[Answer] = []
        """Answers that have come; whoever reads them clears the list."""

    @property
    def patience(self) -> float | None:
        """Seconds to wait for the next character before `let_go`; None: nothing is held back."""
        if not self._held:
            return None
        return CERTAIN_DELAY if self._held.startswith(CERTAIN) else constants.ESCAPE_DELAY

    def take(self, character: str) -> str:
        """The characters that go on to the parser of keys, now that this one is known: none, one or several."""
        if self._pasting:
            self._last = (self._last + character)[-len(PASTED) :]
            self._pasting = self._last != PASTED
            return character
        text = self._held + character
        self._held = ""
        if answer := _whole(text):
            self.heard.append(answer)
            return ""
        if _may_become(text):
            self._held = text
            return ""
        if text == PASTE:
            self._pasting, self._last = True, ""
            return text
        if text.startswith(TEXTS):
            return "".join(map(self.take, _after_broken(text)))
        if len(text) > 1 and character == ESCAPE:
            self._held = ESCAPE
            return text[:-1]
        return text

    def let_go(self) -> str:
        """What was held back and has waited long enough. The rest of an answer that never ended is no key: it goes."""
        held, self._held = self._held, ""
        return "" if held.startswith(TEXTS) else held


def _whole(text: str) -> Answer | None:
    if text == REPORT:
        return Answer(Kind.REPORT, "")
    for beginning, kind in ((BACKGROUND, Kind.BACKGROUND), (VERSION, Kind.VERSION)):
        if text.startswith(beginning):
            end = next((one for one in ENDS if text.endswith(one)), "")
            return Answer(kind, text[len(beginning) : -len(end)]) if end else None
    return None


def _may_become(text: str) -> bool:
    """Whether `text` is the beginning of an answer, or of a paste."""
    if any(whole.startswith(text) and whole != text for whole in (REPORT, BACKGROUND, VERSION, PASTE)):
        return True
    beginning = next((one for one in TEXTS if text.startswith(one)), None)
    return beginning is not None and len(text) <= LONGEST and _printable(text[len(beginning) :].removesuffix(ESCAPE))


def _printable(text: str) -> bool:
    return not text or text.isprintable()


def _after_broken(text: str) -> str:
    """What belongs to the next key at the end of an answer that was broken off."""
    if text[-2] == ESCAPE:
        return text[-2:]
    return "" if text[-1].isprintable() else text[-1]
