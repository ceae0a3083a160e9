"""Writes cells: the shortest moves of the cursor, erasing instead of blanks, repeating instead of the same again.

Sequences: ECMA-48 (CUP, CHA, CUF, CUB, CUU, CUD, EL, ECH, REP), which all terminals read alike; `REP` is sent where the
terminal is known to have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tui.output.pens import LINK_END, PLAIN, RESET, Pens
from tui.output.rows import BLANK, REST, Row, is_certain
from tui.output.terminal import Depth, Terminal

SHORT = 8
"""Characters of a text in which nothing is worth repeating or erasing."""
SAME_AGAIN = re.compile(rf"(.)\1{{{SHORT - 1},}}")
"""As many equal characters as are longer than the sequences that stand for them."""
WORTH_ERASING = 12
"""Blanks in the middle of a row that are longer than erasing them and moving on."""
WORTH_ERASING_LAST = 6
"""The same where nothing follows."""
MOST_BACKSPACES = 3
"""Backspaces that are not longer than another move to the left."""
MOVE = 8
"""Bytes of a move, about."""


class Piece(NamedTuple):
    """Cells of a row in one pen, from column `start` up to `stop`."""

    pen: int
    start: int
    stop: int
    y: int
    chars: list[str]
    """Those of the whole row."""


def move(old: tuple[int, int] | None, x: int, y: int) -> str:
    """The shortest way of the cursor from `old` (column, row; None: nobody knows) to column `x` of row `y`."""
    if old is not None:
        old_x, old_y = old
        if old_y == y:
            return _along(x - old_x, x)
        rows = y - old_y
        if old_x == x and abs(rows) <= y:  # no longer than the number of the row
            return f"\x1b[{abs(rows) if abs(rows) > 1 else ''}{'B' if rows > 0 else 'A'}"
        if rows == 1 and x == 0:
            return "\r\n"
    return f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"


def _along(columns: int, x: int) -> str:
    """The shortest move in a row, by `columns` to column `x`."""
    if columns > 0:  # never longer than the number of the column
        return f"\x1b[{columns}C" if columns > 1 else "\x1b[C"
    if x == 0:
        return "\r" if columns else ""
    if -columns <= MOST_BACKSPACES:
        return "\b" * -columns
    return f"\x1b[{-columns}D" if -columns <= x else f"\x1b[{x + 1}G"


class Writer:
    """Collects what makes a terminal show cells, and knows where its cursor is and which pen it has."""

    def __init__(self, pens: Pens, terminal: Terminal, width: int, pen: int | None) -> None:
        self.out: list[str] = []
        self.pen = pen
        """Number of the pen in use; None: nobody knows."""
        self.at: tuple[int, int] | None = None
        """Column and row of the cursor; None: nobody knows, as behind the last column and behind odd characters."""
        self.size = 0
        """About how many bytes all of it takes."""
        self._waiting: list[Piece] = []
        self._pens = pens
        self._terminal = terminal
        self._width = width

    def go(self, x: int, y: int) -> None:
        """Move the cursor."""
        if self.at != (x, y):
            self.out.append(move(self.at, x, y))
            self.at = (x, y)

    def take_pen(self, number: int) -> None:
        """Change the pen."""
        if number != self.pen:
            self.out.append(self._pens.change(self.pen, number))
            self.pen = number

    def cells(self, row: Row, y: int, spans: Sequence[tuple[int, int]]) -> None:
        """Write the cells of a row in `spans`: each from a column up to another. What is not odd waits for `flush`."""
        pieces = self._pieces(row, y, spans)
        self.size += sum([piece.stop - piece.start + MOVE for piece in pieces])
        if not row.odd:
            self._waiting += pieces
            return
        for piece in pieces:  # from left to right: what is wider than it should be is written over
            self.take_pen(piece.pen)
            self._odd(row.chars[piece.start : piece.stop], piece.start, y)

    def flush(self) -> None:
        """Write what waits."""
        out = self.out
        for pen, start, stop, y, chars in self._ordered(self._waiting):
            if pen != self.pen:
                self.take_pen(pen)
            text = "".join(chars[start:stop])
            if len(text) < stop - start or (len(text) >= SHORT and SAME_AGAIN.search(text)):
                self._text(chars[start:stop], start, y)
                continue
            out.append(text if self.at == (start, y) else move(self.at, start, y) + text)
            self.at = (stop, y) if stop < self._width else None
        self._waiting = []

    def _pieces(self, row: Row, y: int, spans: Sequence[tuple[int, int]]) -> list[Piece]:
        """The spans cut where the pen changes; a blank is written in the pen before it where it looks the same."""
        chars, pens = row.chars, row.pens
        blanks = self._pens.blanks
        pieces: list[Piece] = []
        current = self._waiting[-1].pen if self._waiting else self.pen
        for first, end in spans:
            start = first
            while start < end:
                pen = pens[start]
                look = blanks[pen]
                if chars[start] == BLANK and current is not None and look == blanks[current]:
                    pen = current
                stop = start + 1
                while stop < end and (pens[stop] == pen or (chars[stop] == BLANK and blanks[pens[stop]] == look)):
                    stop += 1
                pieces.append(Piece(pen, start, stop, y, chars))
                current = pen
                start = stop
        return pieces

    def _ordered(self, pieces: list[Piece]) -> list[Piece]:
        """The pieces, all of one pen together where moving the cursor costs less than changing pens."""
        if self._pens.depth < Depth.EIGHT_BIT:
            return pieces
        pens = tuple(sorted({piece.pen for piece in pieces}))
        if len(pens) <= 1:
            return pieces
        ranks = self._pens.order(self.pen, pens)
        return sorted(pieces, key=lambda piece: ranks[piece.pen])

    def _odd(self, chars: list[str], x: int, y: int) -> None:
        """Write cells that may hold wide or odd characters, in the pen in use."""
        start = 0
        for at, text in enumerate(chars):
            if text == REST or is_certain(text):
                continue
            self._text(chars[start:at], x + start, y)
            width = 1
            while at + width < len(chars) and chars[at + width] == REST:
                width += 1
            # A terminal to which it is narrower leaves the rest as it was: blank it first, and place what follows.
            self.go(x + at, y)
            self.out.append(BLANK * width)
            self.at = None
            self.go(x + at, y)
            self.out.append(text)
            self.at = None
            start = at + width
        self._text(chars[start:], x + start, y)

    def _text(self, chars: list[str], x: int, y: int) -> None:
        """Write characters of known width, in the pen in use."""
        text = "".join(chars)
        if not text:
            return
        if len(text) < len(chars):  # wide ones: columns and characters do not run alike
            self._put(text, x, y, len(chars))
            return
        if len(text) < SHORT:
            self._put(text, x, y, len(text))
            return
        done = 0
        for match in SAME_AGAIN.finditer(text):
            start, stop = match.span()
            shorter = self._shorter(match[1], stop - start, stop == len(text))
            if shorter is None:
                continue
            if start > done:
                self._put(text[done:start], x + done, y, start - done)
            self.go(x + start, y)
            self.out.append(shorter[0])
            if shorter[1]:
                self._advance(x + stop, y)
            done = stop
        if done < len(text):
            self._put(text[done:], x + done, y, len(text) - done)

    def _shorter(self, char: str, count: int, last: bool) -> tuple[str, bool] | None:
        """What to send instead of `count` equal characters, and whether the cursor is behind them then."""
        erases = char == BLANK and self.pen is not None and self.can_erase(self.pen)
        if erases and last and count > WORTH_ERASING_LAST:
            return f"\x1b[{count}X", False
        if self._terminal.repeats:
            return f"{char}\x1b[{count - 1}b", True
        if erases and count > WORTH_ERASING:
            return f"\x1b[{count}X", False
        return None

    def _put(self, text: str, x: int, y: int, width: int) -> None:
        self.go(x, y)
        self.out.append(text)
        self._advance(x + width, y)

    def _advance(self, x: int, y: int) -> None:
        self.at = (x, y) if x < self._width else None

    def can_erase(self, pen: int) -> bool:
        """Whether blanks in this pen may be erased instead of written."""
        return self._pens.erases(pen, self._terminal.erases_coloured)

    def erase(self, start: int, stop: int, y: int, pen: int, likely: Iterable[int]) -> None:
        """Erase a row from column `start` up to `stop`, which leaves blanks in `pen`.

        `likely`: pens that are used next; one of them is taken if blanks look the same in it.
        """
        self.go(start, y)
        looks = self._pens.blanks
        if self.pen is None or looks[self.pen] != looks[pen]:
            self.take_pen(
                self._pens.nearest(self.pen, {other for other in likely if looks[other] == looks[pen]} | {pen})
            )
        self.out.append("\x1b[K" if stop == self._width else f"\x1b[{stop - start}X")
        self.size += 2 * MOVE

    def scroll(self, top: int, bottom: int, rows: int) -> None:
        """Move the rows `top` to `bottom` (both included) up by `rows`, down if negative; plain blanks come in."""
        self.take_pen(PLAIN)
        steps = abs(rows)
        count = steps if steps > 1 else ""
        self.out.append(f"\x1b[{top + 1};{bottom + 1}r\x1b[{count}{'S' if rows > 0 else 'T'}\x1b[r")
        self.at = None  # setting the margins moves it

    def end(self) -> None:
        """Write what waits; leave a plain pen, so that what others write, or a resize fills, has no colour of ours."""
        self.flush()
        if self.out and self.pen != PLAIN:
            linked = self.pen is None or self._pens.pens[self.pen].link
            self.out.append(RESET + (LINK_END if linked else ""))
            self.pen = PLAIN
