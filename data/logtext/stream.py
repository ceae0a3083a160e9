"""Reading a log that arrives in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.logtext.carry import CARRY_BYTES, carry
from data.logtext.line import MAX_BYTES, LogLine, parse_line
from data.logtext.raw import CONTINUATION, HEADER, HEADER_BYTES
from data.logtext.sgr import PLAIN, Sgr

LONGEST: Final = 4 * MAX_BYTES
"""Bytes of an unfinished line that are kept; of a longer one beginning and end are, which is all that is looked at."""

_LIKELY: Final = b"0000-00-00T00:00:00.000000Z 00O+"
"""Completes the beginning of a header to a whole one."""


class LineAssembler:
    """Turns pieces of bytes, cut anywhere, into logical lines.

    With timestamps a line is known to be complete when the next one has begun, because that could be its continuation.
    The first header of a log belongs to no line before it.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        """The unfinished line, and before it what may tell its colours."""
        self._start = 0
        """Where in `_data` the unfinished line begins."""
        self._searched = 0
        """Where in `_data` the next newline is looked for."""
        self._stamped = False
        """Whether a header was seen."""
        self._number = 0
        self._end = PLAIN

    def feed(self, data: bytes) -> list[LogLine]:
        """Take `data` and return the lines that are complete now."""
        self._data += data
        lines = list(self._take(final=False))
        self._forget()
        return lines

    def settle(self) -> list[LogLine]:
        """Return the lines that end in a newline; for when nothing comes for a while.

        Should the continuation of the last one come after all, it is a line of its own.
        """
        lines = list(self._take(final=True))
        self._forget()
        return lines

    def flush(self) -> list[LogLine]:
        """Return what is left as lines; for the end of a log. What comes after all begins a line of its own."""
        lines = list(self._take(final=True))
        if len(self._data) > self._start:
            lines.append(self._line(len(self._data)))
        self._forget()
        return lines

    def _take(self, *, final: bool) -> Iterator[LogLine]:
        data = self._data
        while (newline := data.find(b"\n", self._searched)) >= 0:
            following = newline + 1
            if not self._stamped:
                self._stamped = HEADER.match(data, self._start) is not None
            if self._stamped and not final and self._may_go_on(following):
                self._searched = newline
                return
            self._searched = following
            if not (self._stamped and CONTINUATION.match(data, newline)):
                yield self._line(following)
        self._searched = len(data)

    def _may_go_on(self, following: int) -> bool:
        """Whether what comes next may make the bytes from `following` on a continuation; they may be none yet."""
        there = self._data[following : following + HEADER_BYTES]
        return len(there) < HEADER_BYTES and CONTINUATION.match(b"\n" + there + _LIKELY[len(there) :]) is not None

    def _line(self, end: int) -> LogLine:
        line = parse_line(bytes(self._data[self._start : end]), self._number, self._state())
        self._number += 1
        self._start = end
        self._end = line.end
        return line

    def _state(self) -> Sgr:
        """The colours with which the line begins. Behind a line that ends plain there are none within `CARRY_BYTES`."""
        if self._end == PLAIN:
            return PLAIN
        return carry(bytes(self._data[max(0, self._start - CARRY_BYTES) : self._start]))

    def _forget(self) -> None:
        """Drop what is not needed any more."""
        if len(self._data) - self._start > LONGEST:
            self._drop(self._start + MAX_BYTES, self._searched - MAX_BYTES)
        if self._start > CARRY_BYTES:
            self._drop(0, self._start - CARRY_BYTES)

    def _drop(self, first: int, end: int) -> None:
        """Delete `_data[first:end]`, which lies before `_searched`."""
        del self._data[first:end]
        self._searched -= end - first
        if self._start >= end:
            self._start -= end - first
