"""The clean text of a whole window of a log at once: for each line exactly what `plain` says, and much faster.

Most lines hold nothing but text and colours. The few others are found by the bytes that make them so, and looked at one
by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.clean import is_clean
from data.logtext.findwindow import Window, last_start, line_end
from data.logtext.line import MAX_BYTES, plain
from data.logtext.raw import COLOURS, CONTINUATION, HEADER, HEADER_BYTES, MARK_HINT, has_continuations
from data.logtext.row import MAX_CELLS, TAB

_CONTROLS = tuple(bytes((code,)) for code in (*range(0x20), 0x7F) if code not in b"\x07\t\n\r\x1b")
"""Looking for each of them is eight times faster than the expression."""

_CONTROL = re.compile(rb"[\x00-\x06\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")
_OVERWRITTEN = re.compile(rb"\r(?![\r\n])")
_MARK_BEGIN = re.compile(rb"section_(?:start|end):[0-9]")
_QUIET_TAIL = rb"\[(?:[0-9;:]*m|0?[JK])|\][ -~]*(?:\x07|\x1b\\)"
_QUIET = re.compile(rb"\x1b(?:" + _QUIET_TAIL + rb")")
"""Escape sequences that change no text: colours, links, and erasing behind the cursor where that is at the end."""

_LOUD = re.compile(rb"\x07|\x1b(?!" + _QUIET_TAIL + rb")")
_ERASE = re.compile(rb"\x1b\[0?[JK]")
_TEXT_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_TEXT_ERASE = re.compile(r"\x1b\[0?[JK]")
_TEXT_QUIET = re.compile(r"\x1b\[(?:[0-9;:]*m|[02]?[JK])")
_TEXT_AFRESH = re.compile(r"\r\x1b\[[02]?[JK]|\x1b\[2[JK]\r")
"""What makes a row empty, and returns to its beginning."""

_HEADERS = re.compile(rb"\n" + HEADER.pattern)
_LAST_TABS = re.compile(rb"(?<!\t)\t++(?![^\n])")
_ASCII = bytes(range(0x80))


class WindowText:
    """The text of the lines in `window`.

    Attributes:
        lines: how many there are.
        others: text of the lines that are not plain, by number in the window.
        bare: the plain lines without escape sequences, still with headers, tabs, returns at their ends, and in full
            length; the others are empty.
        foreign: the characters of the plain lines that are not ASCII.
    """

    def __init__(self, window: Window) -> None:
        data = window.data
        self.others: dict[int, str] = {}
        if window.giant:
            self.others[0] = plain(data)
            self._take(b"\n" if data.endswith(b"\n") else b"")
        else:
            self._take(self._set_apart(data, _odd(data)))
            if b"\x1b" in self.bare or b"\x07" in self.bare or not _is_shown(self.foreign):
                self._take(self._set_apart(data, sorted([*_odd(data), *_rarely_odd(data)])))
        self.lines = self._rest.count(b"\n") + (not data.endswith(b"\n"))

    def _take(self, rest: bytes) -> None:
        self._rest = rest
        self.bare = _quiet(rest)
        self.foreign = _foreign(rest)

    def text(self) -> bytes:
        """The plain lines as they are shown, UTF-8."""
        stripped = _HEADERS.sub(b"\n", b"\n" + self._rest)[1:]
        # What is a header only without escape sequences is none.
        text = self.bare if len(stripped) == len(self._rest) else _quiet(stripped)
        if b"\r" in text:
            text = text.replace(b"\r", b"")
        return self._fitted(text)

    def _fitted(self, text: bytes) -> bytes:
        """`text` with spaces for tabs, and with its long lines cut."""
        tabs = b"\t" in text
        if tabs:
            text = _LAST_TABS.sub(b"", text)
            text = text.expandtabs(TAB) if text.isascii() else text.decode().expandtabs(TAB).encode()
        if not _blocks_within_a_line(text, MAX_CELLS // 2):
            return text
        if not tabs and not _ERASE.search(self._rest):
            return _cut(text)
        lines = text.split(b"\n")
        for number, raw in enumerate(self._rest.split(b"\n")):
            if len(lines[number]) > MAX_CELLS:
                lines[number] = plain(raw).encode()
        return b"\n".join(lines)

    def _set_apart(self, data: bytes, positions: list[int]) -> bytes:
        """`data` without the text of the lines at `positions` (ascending), which becomes `others`."""
        self.others.clear()
        joined = has_continuations(data)
        parts = []
        number = end = 0
        for position in positions:
            if position < end:
                continue
            start = last_start(data, position) if joined else data.rfind(b"\n", 0, position) + 1
            parts.append(data[end:start])
            number += parts[-1].count(b"\n")
            end = line_end(data, position)
            self.others[number] = shown(data[start : end + 1])
        return b"".join([*parts, data[end:]])


def shown(raw: bytes) -> str:
    """`plain(raw)`; faster for a line that is only overwritten."""
    quick = _overlaid(raw) if len(raw) <= MAX_CELLS else None
    return plain(raw) if quick is None else quick


def _overlaid(raw: bytes) -> str | None:
    """What is left to see of a line that is overwritten with text and colours; None when there is more in it."""
    body = raw.rstrip(b"\n")[HEADER_BYTES if HEADER.match(raw) else 0 :]
    if b"\n" in body:
        body = CONTINUATION.sub(b"", body)
    if MARK_HINT in body:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    if "\x1b" in text:
        if "\x1b" in _TEXT_QUIET.sub("", text):
            return None
        text = _TEXT_AFRESH.split(_TEXT_COLOUR.sub("", text))[-1]
        if "\r" not in text:
            text = _TEXT_ERASE.sub("", text)
    first, *others = text.split("\r")
    for other in others:
        first = other + first[len(other) :]
    return first if _is_shown(text.replace("\r", "")) else None


def _odd(data: bytes) -> list[int]:
    """Where something stands that makes a line more than text, except for what `_rarely_odd` finds."""
    positions = [found.start() for found in CONTINUATION.finditer(data)] if has_continuations(data) else []
    if b"\r" in data:
        positions += [found.start() for found in _OVERWRITTEN.finditer(data)]
        if MARK_HINT in data:
            positions += [found.start() for found in _MARK_BEGIN.finditer(data)]
    if any(control in data for control in _CONTROLS):
        positions += [found.start() for found in _CONTROL.finditer(data)]
    return sorted(positions + _blocks_within_a_line(data, MAX_BYTES // 2))


def _rarely_odd(data: bytes) -> Iterator[int]:
    """Where escape sequences stand that change text, bytes that are no UTF-8, and characters that are not shown."""
    for found in _LOUD.finditer(data):
        yield found.start()
    position = 0
    for line in data.split(b"\n"):
        if not _is_shown(_foreign(line)):
            yield position
        position += len(line) + 1


def _foreign(data: bytes) -> str:
    """The characters of `data` beyond ASCII; one that is not shown when it is no UTF-8."""
    if data.isascii():
        return ""
    try:
        data.decode()
    except UnicodeDecodeError:
        return "\0"
    return data.translate(None, _ASCII).decode()


def _is_shown(text: str) -> bool:
    """Whether `text` is shown as it is."""
    return text.isprintable() or is_clean(text)


def _quiet(data: bytes) -> bytes:
    """`data` without the escape sequences that change no text."""
    if b"\x1b" not in data:
        return data
    # Joining what lies between is faster than replacing by nothing, and most logs hold nothing but colours.
    without = b"".join(COLOURS.split(data))
    return b"".join(_QUIET.split(data)) if b"\x1b" in without else without


def _blocks_within_a_line(data: bytes, block: int) -> list[int]:
    """Where the blocks of `data` begin that hold no newline: a line of twice that length has one in it."""
    return [start for start in range(0, len(data), block) if data.find(b"\n", start, start + block) < 0]


def _cut(text: bytes) -> bytes:
    """`text` with its long lines cut as `plain` cuts them."""
    parts = []
    end = 0
    for position in _blocks_within_a_line(text, MAX_CELLS // 2):
        if position < end:
            continue
        start = text.rfind(b"\n", 0, position) + 1
        parts.append(text[end:start])
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        if len(line) > MAX_CELLS and len(whole := line.decode()) > MAX_CELLS:
            line = f"{whole[: MAX_CELLS - 1]}…".encode()
        parts.append(line)
    return b"".join([*parts, text[end:]]) if parts else text
