"""Finding lines in a log file, window by window, so that the interpreter's lock is given up between them."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from data.logtext.findmatch import matching
from data.logtext.findneedle import Needle, needle_of
from data.logtext.findtext import WindowText, shown
from data.logtext.findwindow import last_start, line_around, next_line, nth_line, windows

QUICK_WINDOW = 131_072
"""Bytes that `find_first` looks at in one go, some 0.1 ms."""

DECEIVED = 2000
"""Lines that hold what a match must hold, and do not match, after which `find_first` gives up."""

NEAR = 33_554_432
"""Bytes that `find_first` looks at for a pattern with no text in it that it could look for, some 0.3 s."""

MAX_LINES = 2**32
"""Lines that are searched: their numbers take 4 bytes."""


class Found(NamedTuple):
    """Matching lines of one window, and from where to go on.

    Attributes:
        lines: numbers (0-based) of the matching lines, ascending.
        offset: first byte that was not looked at; at the end of the file that of the last line, which may still grow.
        line: number of the line that begins at that byte.
        size: bytes of the file when the search began.
    """

    lines: array[int]
    offset: int
    line: int
    size: int


def find_lines(path: Path, pattern: re.Pattern[str], *, offset: int = 0, line: int = 0) -> Iterator[Found]:
    """Search `path` from `offset`, where line `line` begins, to its end; one result per window, empty ones too.

    A line matches when `pattern` is found in its clean text. The last line of one search is the first one of the next,
    so it can be found twice.

    Raises:
        FileNotFoundError: when there is no such file.
    """
    needle = needle_of(pattern)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        for window in windows(file.fileno(), offset, size):
            text = WindowText(window)
            numbers = matching(pattern, needle, text)
            if line + text.lines > MAX_LINES:
                return
            lines = array("I", [line + number for number in numbers])
            offset, line = window.end, line + text.lines
            if offset >= size:
                # The last line may grow, even past its newline, so the next search begins with it.
                last = 0 if window.giant else last_start(window.data, len(window.data) - 1)
                offset, line = window.start + last, line - 1
            yield Found(lines, offset, line, size)


def find_first(
    path: Path,
    pattern: re.Pattern[str],
    *,
    offset: int = 0,
    size: int | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int | None:
    """Where the first line begins that matches, among those that begin at byte `offset` or behind it, before `size`.

    Up to ten times as fast as `find_lines`, because it looks at the bytes of the file as they are: a match that escape
    sequences cut in two is not found, and for a pattern without any fixed text only `NEAR` bytes are searched. None as
    well when `stop`, asked now and then, says so.

    Raises:
        FileNotFoundError: when there is no such file.
    """
    needle = needle_of(pattern)
    with open(path, "rb") as file:
        whole = os.fstat(file.fileno()).st_size
        end = whole if size is None else min(size, whole)
        start = next_line(file.fileno(), offset, whole)
        if len(needle.options) == 1:
            return _first_hit(file.fileno(), pattern, needle, range(start, end), stop)
        for window in windows(file.fileno(), start, whole):
            if stop() or window.start >= min(end, start + NEAR):
                break
            numbers = matching(pattern, needle, WindowText(window))
            if numbers:
                found = window.start + nth_line(window.data, numbers[0])
                return found if found < end else None
    return None


def _first_hit(
    file: int, pattern: re.Pattern[str], needle: Needle, span: range, stop: Callable[[], bool]
) -> int | None:
    """Where the first line begins, of those in the bytes of `span`, that holds the needle and matches."""
    option = needle.options[0]
    size = os.fstat(file).st_size
    start = span.start
    deceived = 0
    while start < span.stop and not stop():
        data = os.pread(file, QUICK_WINDOW + len(option) - 1, start)
        if needle.fold:
            data = data.lower()
        position = 0
        while (at := data.find(option, position)) >= 0:
            line = line_around(file, start + at, size)
            if line is not None and pattern.search(shown(line.data)):
                return line.start if line.start < span.stop else None
            deceived += 1
            if deceived > DECEIVED:
                return None
            position = at + 1 if line is None else line.end - start
        start += max(QUICK_WINDOW, position)
    return None
