"""Finding lines in a log file, window by window, so that the interpreter's lock is given up between them."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from data.logtext.kinds import ERROR_HINTS, ERRORS, is_error
from data.logtext.line import render
from data.logtext.raw import (
    COLOURS,
    CONTINUATION,
    ESCAPES,
    HEADER,
    LINE_HEADERS,
    LOOKAHEAD,
    MARK_BYTES,
    MARK_HINT,
    has_continuations,
)

WINDOW = 262_144
"""Bytes looked at in one go, some 2 ms."""

OVERWRITTEN = re.compile(r"^[^\r\n]*\r[^\n]+", re.MULTILINE)
"""A line that a carriage return overwrites."""


class Found(NamedTuple):
    """Matching lines of one window, and from where to go on.

    Attributes:
        lines: numbers (0-based) of the matching lines, ascending.
        offset: first byte that was not looked at; at the end of the file that of the last line, which may still grow.
        line: number of the line that begins at, or holds, that byte.
        size: bytes of the file when the search began.
    """

    lines: array[int]
    offset: int
    line: int
    size: int


def compile_pattern(text: str, *, regex: bool = False, case: bool | None = None) -> re.Pattern[str]:
    """A pattern for `find_lines`; without `case` upper and lower case differ only if `text` has an upper case letter.

    Raises:
        re.error: when `regex` is set and `text` is not a regular expression.
    """
    exact = any(character.isupper() for character in text) if case is None else case
    return re.compile(text if regex else re.escape(text), re.MULTILINE | (0 if exact else re.IGNORECASE))


def find_lines(path: Path, pattern: re.Pattern[str], *, offset: int = 0, line: int = 0) -> Iterator[Found]:
    """Search `path` from `offset`, where line `line` begins, to its end; one result per window, empty ones too.

    The last line of one search is the first one of the next, so it can be found twice.

    Raises:
        FileNotFoundError: when there is no such file.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        while offset < size:
            data = os.pread(file.fileno(), WINDOW + LOOKAHEAD, offset)
            if not data:
                return
            last = offset + len(data) >= size
            cut = len(data) if last else _cut(data)
            window = data[:cut]
            text = window_text(window)
            lines = _hinted(text, line) if pattern is ERRORS else _matches(pattern, text, line)
            if last:
                # The last line may grow, even past its newline, so the next search begins with it.
                text = text.removesuffix("\n")
                cut = _last_start(window.removesuffix(b"\n"))
            offset, line = offset + cut, line + text.count("\n")
            yield Found(lines, offset, line, size)
            if last:
                return


def find_error_lines(path: Path) -> Iterator[int]:
    """Numbers (0-based) of the lines of `path` that tell of an error, ascending."""
    newest = -1
    for found in find_lines(path, ERRORS):
        for number in found.lines:
            if number > newest:
                newest = number
                yield number


def window_text(window: bytes) -> str:
    """The text of a piece of a log, one line per logical line: without headers, markers and escape sequences."""
    if has_continuations(window):
        window = CONTINUATION.sub(b"", window)
    if HEADER.search(window, 0, LOOKAHEAD):
        window = LINE_HEADERS.sub(b"", window)
    if MARK_HINT in window:
        window = MARK_BYTES.sub(b"", window)
    # Joining what lies between is faster than replacing by nothing.
    text = b"".join(COLOURS.split(window)).decode("utf-8", "replace")
    if "\r" in text:
        text = OVERWRITTEN.sub(_overwritten, text.replace("\r\n", "\n"))
    if "\x1b" in text or "\x9b" in text:
        text = ESCAPES.sub("", text)
    return text


def _overwritten(found: re.Match[str]) -> str:
    """What is left to see of a line with carriage returns."""
    line = found.group()
    if "\x1b" in line or "\b" in line or "\t" in line or "\x9b" in line:
        return render(line)[0]
    first, *others = line.split("\r")
    for other in others:
        first = other + first[len(other) :]
    return first


def _matches(pattern: re.Pattern[str], text: str, line: int) -> array[int]:
    lines = array("Q")
    position = 0
    newest = -1
    for found in pattern.finditer(text):
        start = found.start()
        if start == len(text) and text.endswith("\n"):
            break
        line += text.count("\n", position, start)
        position = start
        if line != newest:
            lines.append(line)
            newest = line
    return lines


def _hinted(text: str, line: int) -> array[int]:
    """Lines of `text` that tell of an error: only those are looked at that hold one of the hints."""
    starts: set[int] = set()
    for hint in ERROR_HINTS:
        position = text.find(hint)
        while position >= 0:
            starts.add(text.rfind("\n", 0, position) + 1)
            position = text.find(hint, _line_end(text, position))
    lines = array("Q")
    position = 0
    for start in sorted(starts):
        line += text.count("\n", position, start)
        position = start
        if is_error(text[start : _line_end(text, start)]):
            lines.append(line)
    return lines


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _cut(data: bytes) -> int:
    """Length of the window that `data` begins with: up to a line start if there is one, else WINDOW."""
    cut = _last_start(data[:WINDOW], data[WINDOW:])
    return cut or WINDOW


def _last_start(window: bytes, following: bytes = b"") -> int:
    """Where the last logical line of `window` begins; `following` are the bytes behind it."""
    data = window + following
    end = len(window)
    while (newline := data.rfind(b"\n", 0, end)) >= 0:
        if CONTINUATION.match(data, newline) is None:
            return newline + 1
        end = newline
    return 0
