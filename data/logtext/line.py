"""One logical line: bytes of a log -> clean text, colours, time, section markers, and what kind of line it is."""

from __future__ import annotations

import codecs
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from data.clean import clean
from data.logtext.kinds import is_error
from data.logtext.raw import CONTINUATION, HEADER, HEADER_BYTES, MARK, TIME_BYTES, TOKENS, has_continuations
from data.logtext.sgr import PLAIN, Sgr, apply

MAX_BYTES = 32_768
"""Bytes of one logical line that are looked at; a longer one is cut."""

MAX_CELLS = 4096
"""Characters of a line that are shown; an ellipsis stands for the rest."""

TAB = 8
"""Distance of tab stops."""

Kind: TypeAlias = Literal["", "command", "error", "section_start", "section_end"]


class TextSpan(NamedTuple):
    """Characters `start` to `end` (exclusive) of a text are drawn as `sgr` says."""

    start: int
    end: int
    sgr: Sgr


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
    """

    number: int
    text: str
    spans: tuple[TextSpan, ...] = ()
    timestamp: datetime | None = None
    section: str = ""
    kind: Kind = ""
    marks: tuple[Mark, ...] = ()


def parse_line(raw: bytes, number: int = 0) -> LogLine:
    """The logical line in `raw`, which may hold continuations and may be cut anywhere at its end."""
    timestamp, body = _strip_headers(raw.rstrip(b"\n"))
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(_condense(body))
    marks: list[Mark] = []
    if "section_" in text:
        marks = [_mark(*found) for found in MARK.findall(text)]
        text = MARK.sub("", text)
    text = text.rstrip("\r")
    simple = text.isprintable() and len(text) <= MAX_CELLS
    shown, spans = (text, ()) if simple else render(text)
    started = [mark.name for mark in marks if mark.what == "start"]
    section = started[-1] if started else marks[-1].name if marks else ""
    return LogLine(number, shown, spans, timestamp, section, _kind(shown, marks, bool(started)), tuple(marks))


def plain(raw: bytes) -> str:
    """The text of the logical line in `raw`, as `lineside logs --plain` prints it and searching sees it."""
    return parse_line(raw).text


def _kind(text: str, marks: list[Mark], started: bool) -> Kind:
    if marks:
        return "section_start" if started else "section_end"
    if text.startswith("$ "):
        return "command"
    return "error" if is_error(text) else ""


def _mark(what: str, time: str, name: str, options: str) -> Mark:
    pairs = [option.strip().partition("=") for option in options.strip("[]").split(",") if option]
    return Mark(what, name, int(time), tuple((key, value) for key, _, value in pairs))


def _strip_headers(raw: bytes) -> tuple[datetime | None, bytes]:
    """Time and text of `raw` without the runner's headers, continuations joined."""
    if HEADER.match(raw) is None:
        return None, raw
    try:
        timestamp = datetime.fromisoformat(raw[:TIME_BYTES].decode("ascii"))
    except ValueError:  # a header in form only, such as the 31st of February
        timestamp = None
    body = raw[HEADER_BYTES:]
    return timestamp, CONTINUATION.sub(b"", body) if has_continuations(body) else body


def _condense(body: bytes) -> bytes:
    """The part of a very long line that a terminal would still show: its beginning, or what overwrote it last."""
    if len(body) <= MAX_BYTES:
        return body
    tail = body[-MAX_BYTES:]
    _, returned, rest = tail.partition(b"\r")
    return rest if returned else body[:MAX_BYTES]


def render(text: str) -> tuple[str, tuple[TextSpan, ...]]:
    """What a terminal shows of `text` in one line: returns, erasing, tabs and colours applied, the rest dropped."""
    line = _Row()
    sgr = PLAIN
    position = 0
    for found in TOKENS.finditer(text):
        line.write(clean(text[position : found.start()]), sgr)
        position = found.end()
        colours, erase, column, control = found.groups()
        if colours is not None:
            sgr = apply(sgr, colours)
        elif erase is not None:
            line.erase(erase)
        elif column is not None:
            line.column = max(0, min(int(column or 1), MAX_CELLS) - 1)
        elif control is not None:
            line.control(control, sgr)
    line.write(clean(text[position:]), sgr)
    return line.result()


class _Row:
    """One row of a terminal, MAX_CELLS wide: characters and their looks, and where the next one goes."""

    def __init__(self) -> None:
        self.characters: list[str] = []
        self.looks: list[Sgr] = []
        self.column = 0
        self.cut = False

    def write(self, text: str, sgr: Sgr) -> None:
        room = MAX_CELLS - self.column
        if len(text) > room:
            text, self.cut = text[:room], True
        if not text:
            return
        gap = self.column - len(self.characters)
        if gap > 0:
            self.characters += " " * gap
            self.looks += [PLAIN] * gap
        end = self.column + len(text)
        self.characters[self.column : end] = text
        self.looks[self.column : end] = [sgr] * len(text)
        self.column = end

    def erase(self, what: str) -> None:
        """Erase to the end of the row ("" or "0"); the other two forms make it empty."""
        kept = self.column if what in {"", "0"} else 0
        if what in {"1", "2"}:
            self.column = 0
        del self.characters[kept:]
        del self.looks[kept:]

    def control(self, character: str, sgr: Sgr) -> None:
        """Obey a carriage return, backspace or tab."""
        if character == "\r":
            self.column = 0
        elif character == "\b":
            self.column = max(0, self.column - 1)
        else:
            self.write(" " * (TAB - self.column % TAB), sgr)

    def result(self) -> tuple[str, tuple[TextSpan, ...]]:
        if self.cut:
            self.characters[-1] = "…"
        spans: list[TextSpan] = []
        start = 0
        looks = self.looks
        for index in range(1, len(looks) + 1):
            if index == len(looks) or (looks[index] is not looks[start] and looks[index] != looks[start]):
                if looks[start] is not PLAIN and looks[start] != PLAIN:
                    spans.append(TextSpan(start, index, looks[start]))
                start = index
        return "".join(self.characters), tuple(spans)
