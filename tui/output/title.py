"""The title of the terminal's window: what is under way, and what was there before once we are gone."""

from __future__ import annotations

from typing import Final

from data.clean import clean
from tui.output.passing import SCREEN

LONGEST: Final = 80
"""Characters of a title; tabs and window lists show far less."""
SAVE, RESTORE = "\x1b[22;2t", "\x1b[23;2t"
"""Put the window's title onto the terminal's stack, and take it back (xterm's control sequences, XTWINOPS)."""
UNTITLED: Final = ("linux", "dumb")
"""Beginnings of the names of terminals without a title, of which some would print the text."""


def has_title(name: str, multiplexer: str = "") -> bool:
    """Whether the terminal of this name, or with this `TERM`, has a title that can be set and given back.

    GNU screen keeps one for each window and does not give it back.
    """
    return multiplexer != SCREEN and not name.startswith(UNTITLED)


class Title:
    """Keeps what the terminal was told. Each method returns what is to be sent, which is often nothing."""

    def __init__(self) -> None:
        self.text = ""
        """What the title is to be; empty for the one that the terminal had."""
        self._told = ""
        self._saved = False

    def set(self, text: str) -> str:
        """The title is `text` from now on."""
        self.text = clean(text)[:LONGEST]
        return self.tell()

    def tell(self) -> str:
        """Tell the terminal, if it was told another one, or none since `give_back`."""
        if self.text == self._told or not self.text:
            return ""
        before = "" if self._saved else SAVE
        self._told, self._saved = self.text, True
        return f"{before}\x1b]2;{self._told}\x07"

    def give_back(self) -> str:
        """The terminal gets the title that it had: another program has it, or we end."""
        if not self._saved:
            return ""
        self._told, self._saved = "", False
        return RESTORE


def counted(name: str, running: int, failed: int, sign: str = " ·") -> str:
    """`lineside · 3 running, 1 failed`: what a title says; `sign` stands behind the name."""
    counts = [f"{count:,} {what}" for count, what in ((running, "running"), (failed, "failed")) if count]
    return f"{name}{sign} {', '.join(counts)}" if counts else name
