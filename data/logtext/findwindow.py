"""A log file in windows of whole logical lines, of any length."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from data.logtext.line import MAX_BYTES
from data.logtext.raw import CONTINUATION, LOOKAHEAD

WINDOW = 131_072
"""Bytes looked at in one go, some 0.5 to 1 ms."""

_LINE_END = re.compile(rb"\n(?!" + CONTINUATION.pattern.removeprefix(rb"\n") + rb")")
"""A newline that ends a logical line."""


class Window(NamedTuple):
    """Whole logical lines of a file.

    Attributes:
        data: their bytes; of a line that is longer than `WINDOW` only what `LogIndex.raw` reads of it.
        start: where they begin in the file.
        end: where they end in the file.
    """

    data: bytes
    start: int
    end: int

    @property
    def giant(self) -> bool:
        """Whether this is one line, and not all of it."""
        return len(self.data) < self.end - self.start


def windows(file: int, start: int, size: int) -> Iterator[Window]:
    """The lines of the open `file` from `start`, where one begins, to byte `size`."""
    while start < size:
        data = os.pread(file, min(WINDOW + LOOKAHEAD, size - start), start)
        if not data:
            return
        if start + len(data) < size:
            data = data[: last_start(data, min(WINDOW, len(data)))]
        window = Window(data, start, start + len(data)) if data else _giant(file, start, size)
        yield window
        start = window.end


def last_start(data: bytes, end: int) -> int:
    """Where the last logical line begins whose newline before it stands before `end`; 0 when only the first does."""
    while (newline := data.rfind(b"\n", 0, end)) >= 0:
        if CONTINUATION.match(data, newline) is None:
            return newline + 1
        end = newline
    return 0


def line_end(data: bytes, position: int) -> int:
    """Where the newline stands that ends the logical line of `position`; the end of `data` when there is none."""
    found = _LINE_END.search(data, position)
    return len(data) if found is None else found.start()


def nth_line(data: bytes, number: int) -> int:
    """Where logical line `number` of `data`, which must exist, begins."""
    start = 0
    for _ in range(number):
        start = line_end(data, start) + 1
    return start


def line_around(file: int, position: int, size: int) -> Window | None:
    """The logical line of the open `file` that holds byte `position`; None when it is a very long one."""
    begin = max(0, position - MAX_BYTES)
    data = os.pread(file, min(size, position + MAX_BYTES) - begin, begin)
    start = last_start(data, position - begin)
    end = line_end(data, position - begin) + 1
    if (begin and not start) or (end > len(data) and begin + len(data) < size):
        return None
    return Window(data[start:end], begin + start, begin + min(end, len(data)))


def next_line(file: int, offset: int, size: int) -> int:
    """Where the first line of the open `file` of `size` bytes begins at byte `offset` or behind it."""
    return _behind_line(file, offset - 1, size) if offset > 0 else 0


def _behind_line(file: int, start: int, size: int) -> int:
    """Where the line ends, with its newline, that holds byte `start`."""
    for position in range(start, size, WINDOW):
        data = os.pread(file, min(WINDOW + LOOKAHEAD, size - position), position)
        newline = line_end(data, 0)
        if newline < len(data) and (newline < WINDOW or position + len(data) >= size):
            return position + newline + 1
    return size


def _giant(file: int, start: int, size: int) -> Window:
    """The line at `start` that is longer than a window."""
    end = _behind_line(file, start, size)
    if end - start <= 2 * MAX_BYTES:
        return Window(os.pread(file, end - start, start), start, end)
    return Window(os.pread(file, MAX_BYTES, start) + os.pread(file, MAX_BYTES, end - MAX_BYTES), start, end)
