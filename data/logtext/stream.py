"""Reading a log that arrives in pieces."""

from __future__ import annotations

from collections.abc import Iterator

from data.logtext.line import LogLine, parse_line
from data.logtext.raw import CONTINUATION, HEADER, HEADER_BYTES


class LineAssembler:
    """Turns pieces of bytes, cut anywhere, into logical lines.

    With timestamps a line is known to be complete when the next one has begun, because that could be its continuation.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._number = 0

    def feed(self, data: bytes) -> list[LogLine]:
        """Take `data` and return the lines that are complete now."""
        self._rest += data
        return list(self._take(final=False))

    def flush(self) -> list[LogLine]:
        """Return what is left as lines; for the end of a log."""
        lines = list(self._take(final=True))
        if self._rest:
            lines.append(self._line(self._rest))
            self._rest = b""
        return lines

    def _take(self, *, final: bool) -> Iterator[LogLine]:
        start = search = 0
        while (end := self._rest.find(b"\n", search)) >= 0:
            search = end + 1
            stamped = HEADER.match(self._rest, start) is not None
            if stamped and not final and len(self._rest) - search < HEADER_BYTES:
                break
            if not (stamped and CONTINUATION.match(self._rest, end)):
                yield self._line(self._rest[start:end])
                start = search
        self._rest = self._rest[start:]

    def _line(self, raw: bytes) -> LogLine:
        line = parse_line(raw, self._number)
        self._number += 1
        return line
