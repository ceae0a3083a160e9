"""Writes a log: raw bytes as they come, or lines as they become complete."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from data.logtext import LogLine, Sgr, TextSpan, parse_line
from data.logtext.ansi import highlighted, painted
from data.logtext.carry import CARRY_BYTES
from data.logtext.line import MAX_BYTES
from data.logtext.raw import CONTINUATION, HEADER, HEADER_BYTES, LINE_HEADERS, MARK_HINT
from data.logtext.stamps import STAMP_CELLS, Stamps, stamp_text
from data.logtext.stream import LONGEST, LineAssembler
from tui.cli.logplace import HEAD, is_shown
from tui.cli.logselect import Filter, Matching, Sections, Shown, block_text, selected, skips

DIM = Sgr(dim=True)
"""How timestamps are drawn."""
HEADERS = re.compile(rb"\n" + HEADER.pattern)
"""A header behind the first line."""
HEADED = b"2000-01-01T00:00:00.000000Z 00O \n"
"""A line with a header: only behind one of these are lines continued."""


class Form(StrEnum):
    """How a log is written."""

    PLAIN = "plain"
    COLOR = "color"
    RAW = "raw"


class Writer(Protocol):
    """Writes a log that comes in pieces."""

    def write(self, data: bytes) -> None:
        """Take bytes, cut anywhere."""

    def pause(self) -> None:
        """Nothing more comes for now: let readers see what there is."""

    def restart(self) -> None:
        """The log begins anew."""

    def idle(self) -> None:
        """Nothing has come for a while."""

    def end(self) -> None:
        """Write what is left."""


class RawWriter:
    """Writes every byte as it is."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, data: bytes) -> None:
        """Write them."""
        write_all(self._out, data)

    def pause(self) -> None:
        """Let readers see them."""
        self._out.flush()

    restart = idle = end = pause


class LineWriter:
    """Writes lines to `out`.

    Args:
        out: where to.
        form: plain or with colours.
        sections: which sections; None for the whole log.
        matching: which lines; None for all.
        tail: how many of the last lines of what there is at first; None for all.
        stamps: writes times before the lines; None for none.
    """

    def __init__(
        self,
        out: BinaryIO,
        form: Form,
        *,
        sections: Sections | None = None,
        matching: Matching | None = None,
        tail: int | None = None,
        stamps: Stamper | None = None,
    ) -> None:
        self._out, self._form = out, form
        self._sections, self._matching, self._stamps = sections, matching, stamps
        self._filters: list[Filter] = [one for one in (sections, Shown(), matching) if one is not None]
        self._tail: deque[str] | None = None if tail is None else deque(maxlen=tail)
        self._bare = form is Form.PLAIN and sections is None and stamps is None
        self._reach = 0 if matching is None else matching.context
        self._mute = self._position = 0
        self._lines: LineAssembler | None = None
        self._stamped = False
        self._rest = self._skipped = b""

    def begin(self, path: Path, start: int) -> int:
        """Print from byte `start` of the file on, where a line begins; returns the byte from which to `write`."""
        if self._stamps is not None:
            self._stamps.first = first_time(path)
        if self._sections is not None:
            self._mute = start
            return 0
        if start:
            first = max(0, start - CARRY_BYTES)
            with path.open("rb") as file:
                before = os.pread(file.fileno(), start - first, first)
            # What stands before says which colours are on, and whether lines are stamped.
            self._stamped = is_stamped(before)
            self._parsed(before)
        return start

    def write(self, data: bytes) -> None:
        """Take bytes, cut anywhere."""
        if self._position < self._mute:
            before = data[: self._mute - self._position]
            self._position += len(before)
            self._take(before)
            if self._position < self._mute:
                return
            self._finish()
            self._mute = 0
            data = data[len(before) :]
        self._position += len(data)
        self._take(data)

    def pause(self) -> None:
        """Nothing more comes for now: let readers see what there is."""
        if self._tail is not None and not self._mute:
            held, self._tail = self._tail, None
            self._print(held)
        self._out.flush()

    def idle(self) -> None:
        """Nothing has come for a while: a line that would be continued is so only where a program overwrites it."""
        if self._rest.endswith(b"\n") and not self._rest.endswith(b"\r\n"):
            self._finish()
        self.pause()

    def restart(self) -> None:
        """The log begins anew: what was not complete will never be."""
        self._finish()
        for one in (*self._filters, self._stamps):
            if one is not None:
                one.restart()
        self._mute = self._position = 0
        self._lines = None
        self._stamped = False
        self._skipped = b""

    def end(self) -> None:
        """Write what is left."""
        self._finish()
        self._mute = 0
        self.pause()

    def _take(self, data: bytes) -> None:
        self._rest += data
        self._stamped = self._stamped or is_stamped(self._rest)
        cut = whole_lines(self._rest, stamped=self._stamped)
        block, self._rest = self._rest[:cut], self._rest[cut:]
        if len(self._rest) > LONGEST:
            # Of one very long line, beginning and end are all that is looked at.
            self._rest = self._rest[:MAX_BYTES] + self._rest[-MAX_BYTES:]
        if block:
            self._pass(block)

    def _finish(self) -> None:
        rest, self._rest = self._rest, b""
        if rest:
            self._pass(rest)

    def _pass(self, block: bytes) -> None:
        """Print what is wanted of `block`, which holds whole lines."""
        if self._stamps is None and skips(self._filters, block, self._reach):
            self._skipped = block
            return
        if self._skipped:
            # The last lines of what was skipped stand around a match, and say which colours are on.
            self._lines = None
            block, self._skipped = self._skipped + block, b""
        if self._bare and (texts := _plain_texts(block)) is not None:
            self._lines = None
            self._print(texts if self._matching is None else self._matching.texts(texts))
            return
        lines = self._parsed(block)
        if self._mute:
            for line in lines:
                list(selected(self._filters[:1], line))
        else:
            self._print([text for line in lines for text in self._texts(line)])

    def _parsed(self, data: bytes) -> list[LogLine]:
        """The lines in `data`, which holds whole ones; colours go on from those before."""
        if self._lines is None:
            self._lines = LineAssembler()
            if self._stamped:
                self._lines.feed(HEADED)
                self._lines.flush()
        return [*self._lines.feed(data), *self._lines.flush()]

    def _texts(self, line: LogLine) -> Iterator[str]:
        """What is printed now that `line` has come."""
        for shown in selected(self._filters, line):
            if self._form is Form.COLOR:
                marked = shown if self._matching is None else highlighted(shown, self._matching.pattern)
                yield painted(marked if self._stamps is None else self._stamps.stamped(marked))
            else:
                yield shown.text if self._stamps is None else self._stamps.stamped(shown).text
        if self._stamps is not None and is_shown(line):
            self._stamps.see(line)

    def _print(self, texts: Iterable[str]) -> None:
        if self._tail is not None:
            self._tail.extend(texts)
            return
        text = "".join(f"{text}\n" for text in texts)
        write_all(self._out, text.encode("utf-8", "replace"))


class Stamper:
    """Puts times before lines.

    Attributes:
        first: that of the log's first line; None while it is not known.
    """

    def __init__(self, way: Stamps, zone: tzinfo | None = None) -> None:
        self._way, self._zone = way, zone
        self.first: datetime | None = None
        self._previous: datetime | None = None

    def restart(self) -> None:
        """The log begins anew."""
        self.first = self._previous = None

    def see(self, line: LogLine) -> None:
        """Remember the line that others are timed against."""
        if line.timestamp is not None:
            self.first = self.first or line.timestamp
            self._previous = line.timestamp

    def stamped(self, line: LogLine) -> LogLine:
        """The line with its time before it."""
        stamp = stamp_text(self._way, line, self.first, self._previous, self._zone)
        stamp = f"{stamp:<{STAMP_CELLS}} "
        width = len(stamp)
        spans = (TextSpan(span.start + width, span.end + width, span.sgr) for span in line.spans)
        return line._replace(text=stamp + line.text, spans=(TextSpan(0, width, DIM), *spans))


def write_all(out: BinaryIO, data: bytes) -> None:
    """Write all of `data`; where PYTHONUNBUFFERED is set, one call may write only a part."""
    view = memoryview(data)
    while view:
        view = view[out.write(view) :]


def first_time(path: Path) -> datetime | None:
    """The time of the first line of a log; None where it has none, or there is no log yet."""
    try:
        with path.open("rb") as file:
            found = LINE_HEADERS.search(file.read(HEAD))
    except FileNotFoundError:
        return None
    return None if found is None else parse_line(found[0]).timestamp


def _plain_texts(block: bytes) -> list[str] | None:
    """What is printed of whole lines without colours; None when they must be looked at one by one."""
    window = block_text(block)
    texts = window.text().decode().split("\n")[: window.lines]
    for number, text in window.others.items():
        if not text.strip() and MARK_HINT in block:
            return None
        texts[number] = text
    return texts


def is_stamped(data: bytes) -> bool:
    """Whether lines have the runner's headers."""
    return HEADER.match(data) is not None or HEADERS.search(data) is not None


def whole_lines(data: bytes, *, stamped: bool) -> int:
    """Length of the logical lines that `data` begins with and that are complete, whatever comes behind it.

    Where lines are `stamped`, what follows a newline tells whether the line goes on behind it.
    """
    end = len(data)
    while (newline := data.rfind(b"\n", 0, end)) >= 0:
        following = newline + 1
        if not stamped:
            return following
        if len(data) - following >= HEADER_BYTES and CONTINUATION.match(data, newline) is None:
            return following
        end = newline
    return 0
