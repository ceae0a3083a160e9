"""A terminal emulator (pyte) with what our output uses and pyte lacks, and the answers that every terminal gives."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pyte

STATUS_QUESTION, STATUS_ANSWER = b"\x1b[5n", b"\x1b[0n"
"""DEVICE STATUS REPORT and its answer (ECMA-48, 8.3.35)."""
QUESTIONS = re.compile(rb"\x1b\[\?\d+\$p|\x1b\[>\d*[qu]|\x1b\[<u|\x1b\[\?u|\x1b\[2[23];?\d*;?\d*t")
"""Orders of which pyte would print the end, since it does not know their form."""
UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*)?\Z")
"""An order of these forms that was cut between two reads."""


class Screen(pyte.Screen):
    """A screen that also scrolls its region on demand and repeats characters (ECMA-48: SU, SD, REP)."""

    drawn = " "
    """The character that REP repeats."""

    def draw(self, data: str) -> None:
        """Show text."""
        super().draw(data)
        self.drawn = data[-1]

    def scroll_up(self, count: int | None = None) -> None:
        """SU: the region's rows move up, empty ones come in from below."""
        self._scroll(count or 1, self.margins.bottom if self.margins else self.lines - 1, self.index)

    def scroll_down(self, count: int | None = None) -> None:
        """SD: the region's rows move down, empty ones come in from above."""
        self._scroll(count or 1, self.margins.top if self.margins else 0, self.reverse_index)

    def _scroll(self, count: int, edge: int, move: Any) -> None:
        """Scroll at an edge of the region; what comes in has the current background, as xterm and VTE do it."""
        row, self.cursor.y = self.cursor.y, edge
        for _ in range(min(count, self.lines)):
            move()
            self.erase_in_line(2)
        self.cursor.y = row

    def repeat(self, count: int | None = None) -> None:
        """REP: the last character again."""
        self.draw(self.drawn * (count or 1))


class Stream(pyte.ByteStream):
    """Takes bytes for a `Screen`, cut anywhere."""

    csi: ClassVar[dict[str, str]] = {
        **pyte.ByteStream.csi,
        "S": "scroll_up",
        "T": "scroll_down",
        "b": "repeat",
    }
    events: ClassVar[frozenset[str]] = pyte.ByteStream.events | {"scroll_up", "scroll_down", "repeat"}

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen)
        self._kept = b""

    def feed(self, data: bytes) -> None:
        """Show what was written, without the questions that pyte would print in part."""
        data = self._kept + data
        cut = UNFINISHED.search(data)
        end = len(data) if cut is None else cut.start()
        self._kept = data[end:]
        super().feed(QUESTIONS.sub(b"", data[:end]))


class Responder:
    """Answers what our output asks each terminal.

    Attributes:
        silent: give no answer, like a terminal that does not know the question.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self._tail = b""

    def answer(self, data: bytes) -> bytes:
        """What a terminal says to this part of the output."""
        data = self._tail + data
        count = data.count(STATUS_QUESTION)
        end = data.rfind(STATUS_QUESTION) + len(STATUS_QUESTION) if count else 0
        self._tail = data[max(end, len(data) - len(STATUS_QUESTION) + 1) :]
        return b"" if self.silent else STATUS_ANSWER * count
