"""What a terminal shows of one line: returns, erasing, cursor moves, tabs and colours obeyed, the rest dropped."""

from __future__ import annotations

from typing import Final, NamedTuple

from data.clean import clean
from data.logtext.raw import COLOUR_PARAMS, TOKENS
from data.logtext.sgr import PLAIN, Sgr, apply

MAX_CELLS: Final = 4096
"""Characters of a line that are shown; an ellipsis stands for the rest."""

ELLIPSIS: Final = "…"

TAB: Final = 8
"""Distance of tab stops."""


class TextSpan(NamedTuple):
    """Characters `start` to `end` (exclusive) of a text are drawn as `sgr` says."""

    start: int
    end: int
    sgr: Sgr


def draw(text: str, state: Sgr) -> tuple[str, tuple[TextSpan, ...], Sgr]:
    """What a terminal shows of `text`, one line that begins with the colours `state`; its spans; the colours behind it.

    The text is clean, and a character takes one column.
    """
    if text.isprintable() and len(text) <= MAX_CELLS:
        return text, ((TextSpan(0, len(text), state),) if text and state != PLAIN else ()), state
    pieces = COLOUR_PARAMS.split(text)
    shown = "".join(pieces[::2])
    if not shown.isprintable():
        return _obey(text, state)
    if len(shown) > MAX_CELLS:
        shown = shown[: MAX_CELLS - 1] + ELLIPSIS
    return shown, *_coloured(pieces, state)


def _coloured(pieces: list[str], state: Sgr) -> tuple[tuple[TextSpan, ...], Sgr]:
    """Spans of a text in which nothing but colours was asked for: pieces of text, between them parameters."""
    spans: list[TextSpan] = []
    position = start = 0
    sgr = state
    for at in range(1, len(pieces), 2):
        position += len(pieces[at - 1])
        after = apply(sgr, pieces[at])
        if after != sgr:
            _span(spans, start, position, sgr)
            start, sgr = position, after
    _span(spans, start, position + len(pieces[-1]), sgr)
    return tuple(spans), sgr


def _span(spans: list[TextSpan], start: int, end: int, sgr: Sgr) -> None:
    """Add a span to `spans`, or lengthen the last one; what is cut off has none."""
    end = min(end, MAX_CELLS)
    if start >= end or sgr == PLAIN:
        return
    if spans and spans[-1].end == start and spans[-1].sgr == sgr:
        start = spans.pop().start
    spans.append(TextSpan(start, end, sgr))


def _obey(text: str, sgr: Sgr) -> tuple[str, tuple[TextSpan, ...], Sgr]:
    row = _Row()
    position = 0
    for found in TOKENS.finditer(text):
        if found.start() > position:
            row.write(clean(text[position : found.start()]), sgr)
        position = found.end()
        colours, erase, column, control, move = found.groups()
        if colours is not None:
            sgr = apply(sgr, colours)
        elif erase is not None:
            row.erase(erase)
        elif column is not None:
            row.go(int(column or 1) - 1)
        elif control is not None:
            row.control(control)
        elif move is not None:
            steps = int(move[:-1] or 1) or 1
            row.go(row.column - steps if move.endswith("D") else row.column + steps)
    row.write(clean(text[position:]), sgr)
    return *row.result(), sgr


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
            self.characters += [" "] * gap
            self.looks += [PLAIN] * gap
        end = self.column + len(text)
        self.characters[self.column : end] = text
        self.looks[self.column : end] = [sgr] * len(text)
        self.column = end

    def go(self, column: int) -> None:
        """Move to `column` (0-based), or as far as there are any."""
        self.column = max(0, min(column, MAX_CELLS - 1))

    def erase(self, what: str) -> None:
        """Erase to the end of the row ("" or "0"), from its beginning to the column ("1"), or all ("2")."""
        kept = 0 if what == "2" else self.column
        if what == "1":
            blank = min(self.column + 1, len(self.characters))
            self.characters[:blank] = [" "] * blank
            self.looks[:blank] = [PLAIN] * blank
        else:
            del self.characters[kept:]
            del self.looks[kept:]
            self.cut = False

    def control(self, character: str) -> None:
        """Obey a carriage return, backspace or tab."""
        if character == "\r":
            self.column = 0
        elif character == "\b":
            self.go(self.column - 1)
        else:
            self.go(self.column - self.column % TAB + TAB)

    def result(self) -> tuple[str, tuple[TextSpan, ...]]:
        if self.cut and len(self.characters) == MAX_CELLS:
            self.characters[-1] = ELLIPSIS
        spans: list[TextSpan] = []
        start = 0
        looks = self.looks
        for index in range(1, len(looks) + 1):
            if index == len(looks) or (looks[index] is not looks[start] and looks[index] != looks[start]):
                _span(spans, start, index, looks[start])
                start = index
        return "".join(self.characters), tuple(spans)
