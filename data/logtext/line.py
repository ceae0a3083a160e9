"""One logical line: bytes of a log -> clean text, colours, time, section markers, and what kind of line it is."""

from __future__ import annotations

from codecs import utf_8_decode
from datetime import datetime
from typing import NamedTuple

from data.logtext.carry import carry
from data.logtext.kinds import Kind, kind_of
from data.logtext.raw import CONTINUATION, HEADER, HEADER_BYTES, MARK, TIME_BYTES
from data.logtext.row import MAX_CELLS, TextSpan, draw
from data.logtext.sgr import PLAIN, Sgr

__all__ = ["MAX_BYTES", "MAX_CELLS", "LogLine", "Mark", "TextSpan", "parse_line", "plain", "render"]

MAX_BYTES = 32_768
"""Bytes of one logical line that are looked at, at its beginning and at its end."""


class Mark(NamedTuple):
    """A section marker: "start" or "end", the section's name, seconds since 1970, and its options."""

    what: str
    name: str
    time: int
    options: tuple[tuple[str, str], ...] = ()


class LogLine(NamedTuple):
    """One logical line.

    Attributes:
        number: 0-based.
        text: clean; no control character, no escape sequence; at most `MAX_CELLS` characters.
        spans: where it is not drawn plain, ascending and without overlap.
        timestamp: when the runner read it; None when the log has no timestamps.
        section: name of the section that starts or, else, ends here.
        kind: what the line is, "" for output.
        marks: every section marker in it.
        end: the colours behind it, with which the next line begins.
    """

    number: int
    text: str
    spans: tuple[TextSpan, ...] = ()
    timestamp: datetime | None = None
    section: str = ""
    kind: Kind = ""
    marks: tuple[Mark, ...] = ()
    end: Sgr = PLAIN


def parse_line(raw: bytes, number: int = 0, state: Sgr = PLAIN) -> LogLine:
    """The logical line in `raw`, which may hold continuations and may be cut anywhere at its end.

    `state` are the colours with which it begins: what `carry` makes of the bytes before it.
    """
    if len(raw) > 2 * MAX_BYTES:
        raw = raw[:MAX_BYTES] + raw[-MAX_BYTES:]
    timestamp, body = _strip_headers(raw.rstrip(b"\n"))
    long = len(body) > MAX_BYTES
    shown, state = _condense(body, state) if long else (body, state)
    text = utf_8_decode(shown, "replace")[0]
    marks: tuple[Mark, ...] = ()
    section = ""
    if "section_" in text:
        marks = tuple(_mark(*found) for found in MARK.findall(text))
        section = next((mark.name for mark in reversed(marks) if mark.what == "start"), marks[-1].name if marks else "")
        text = MARK.sub("", text)
    text, spans, end = draw(text.rstrip("\r"), state)
    if long:
        end = carry(body)
    kind = kind_of(text) if not marks else "section_start" if _starts(marks) else "section_end"
    return LogLine(number, text, spans, timestamp, section, kind, marks, end)


def plain(raw: bytes) -> str:
    """The text of the logical line in `raw`, as `lineside logs --plain` prints it and searching sees it."""
    return parse_line(raw).text


def render(text: str) -> tuple[str, tuple[TextSpan, ...]]:
    """What a terminal shows of `text` in one line: returns, erasing, tabs and colours applied, the rest dropped."""
    shown, spans, _ = draw(text, PLAIN)
    return shown, spans


def _starts(marks: tuple[Mark, ...]) -> bool:
    return any(mark.what == "start" for mark in marks)


def _mark(what: str, time: str, name: str, options: str) -> Mark:
    pairs = [option.strip().partition("=") for option in options.strip("[]").split(",") if option]
    return Mark(what, name, int(time), tuple((key, value) for key, _, value in pairs))


def _strip_headers(raw: bytes) -> tuple[datetime | None, bytes]:
    """Time and text of `raw` without the runner's headers, continuations joined."""
    timestamp = None
    if HEADER.match(raw) is not None:
        try:
            timestamp = datetime.fromisoformat(raw[:TIME_BYTES].decode("ascii"))
        except ValueError:  # a header in form only, such as the 31st of February
            timestamp = None
        raw = raw[HEADER_BYTES:]
    return timestamp, CONTINUATION.sub(b"", raw) if b"\n" in raw else raw


def _condense(body: bytes, state: Sgr) -> tuple[bytes, Sgr]:
    """The part of a very long line that a terminal would still show, and the colours with which it begins.

    That is what overwrote the line last or, if nothing did, its beginning.
    """
    before, returned, rest = body[-MAX_BYTES:].partition(b"\r")
    return (rest, carry(before)) if returned else (body[:MAX_BYTES], state)
