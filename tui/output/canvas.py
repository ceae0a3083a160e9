"""What the terminal shows, what it should show, and what to send to make it so."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import compress
from operator import ne, or_

from tui.output import scrolling
from tui.output.pens import PLAIN, Pens
from tui.output.rows import BLANK, Row, blank, fitted, is_certain, laid_over
from tui.output.terminal import Terminal
from tui.output.writing import Writer

ABILITIES = ("erases_coloured", "repeats", "scrolls")
"""What sequences rely on."""
WORTH_ERASING = 6
"""Cells that erasing a part of a row must save."""
LONG_RUN = 9
"""Bytes that blanks cost at most, however many."""
WORDS = re.compile("[^ ]+(?: [^ ]+)*")
"""Words next to each other."""
FILLER = "\0"
"""Stands for the second cell of a wide character where words are looked for."""
GAP = 5
"""Equal cells between two changes that are not longer than a move of the cursor over them."""


class Canvas:
    """The cells of one terminal. What is `put` is wanted; `draw` says what to send until it is shown."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.pens = Pens(terminal.depth)
        self.width = self.height = 0
        self.cursor: tuple[int, int] | None = None
        """Column and row where the cursor belongs when all is drawn; None: anywhere."""
        self._wanted: list[Row] = []
        self._shown: list[Row | None] = []
        self._changed: set[int] = set()
        self._taken = False
        self._next = 0
        self._cursor_at: tuple[int, int] | None = None
        self._pen: int | None = None

    @property
    def terminal(self) -> Terminal:
        """What the terminal can do. With another depth of colours all rows have to be taken again."""
        return self._terminal

    @terminal.setter
    def terminal(self, terminal: Terminal) -> None:
        before, self._terminal = self._terminal, terminal
        if terminal.depth is not before.depth:
            self.pens = Pens(terminal.depth)
            self.resize(self.width, self.height)
        elif any(getattr(before, ability) and not getattr(terminal, ability) for ability in ABILITIES):
            self.forget()  # what was sent may have been misunderstood

    def resize(self, width: int, height: int) -> None:
        """Begin anew with another size; every row is drawn once it has been taken."""
        self.width, self.height = width, height
        self._wanted = [blank(width)] * height
        self._changed.clear()
        self._forget_shown()

    def forget(self) -> None:
        """Nobody knows what the terminal shows: draw everything again."""
        self._forget_shown()
        self._changed.update(range(self.height))

    def _forget_shown(self) -> None:
        self._shown = [None] * self.height
        self._next = 0
        self._cursor_at = self._pen = None

    def put(self, y: int, x: int, piece: Row) -> None:
        """Row `y` shall show `piece` from column `x` on; its cells were made with the pens of this canvas."""
        if not (0 <= y < self.height and 0 <= x < self.width):
            return
        piece = fitted(piece, min(len(piece.chars), self.width - x))
        before = self._wanted[y]
        if len(piece.chars) < self.width:
            end = x + len(piece.chars)
            if before.chars[x:end] == piece.chars and before.pens[x:end] == piece.pens and self._shown[y] is not None:
                return
            piece = laid_over(before, x, piece)
        if piece.chars == before.chars and piece.pens == before.pens and self._shown[y] is not None:
            return
        self._wanted[y] = piece
        self._changed.add(y)
        self._taken = True

    @property
    def dirty(self) -> bool:
        """Whether something is left to send."""
        return bool(self._changed) or (self.cursor is not None and self.cursor != self._cursor_at)

    def draw(self, room: int | None = None) -> str:
        """What to send now: whole rows, at least one, until about `room` bytes are full; the rest stays wanted.

        It leaves a plain pen, and the cursor where it belongs if nothing is left.
        """
        if not self.width:
            return ""
        writer = Writer(self.pens, self._terminal, self.width, self._pen)
        changed = self._differing()
        if self._taken and self._terminal.scrolls:
            changed = self._scroll(changed, writer)
        self._taken = False
        for done, y in enumerate(changed):
            if done and room is not None and writer.size >= room:
                self._next = y
                break
            self._draw_row(y, writer)
            self._changed.discard(y)
        else:
            self._next = 0
        writer.end()
        if writer.out:
            self._pen = PLAIN
            self._cursor_at = writer.at
        self._place_cursor(writer)
        return "".join(writer.out)

    def _place_cursor(self, writer: Writer) -> None:
        if self.cursor is None or self._changed or self.cursor == self._cursor_at:
            return
        writer.go(*self.cursor)
        self._cursor_at = self.cursor

    def _differing(self) -> list[int]:
        """The rows that differ, from where the last piece ended on."""
        shown, wanted = self._shown, self._wanted
        for y in [y for y in self._changed if _alike(shown[y], wanted[y])]:
            shown[y] = wanted[y]
            self._changed.discard(y)
        ahead = sorted(self._changed)
        return [y for y in ahead if y >= self._next] + [y for y in ahead if y < self._next]

    def _scroll(self, changed: list[int], writer: Writer) -> list[int]:
        """Move a region if that saves something; returns what differs then."""
        found = scrolling.find(self._shown, self._wanted, sorted(changed))
        if found is None:
            return changed
        top, bottom, rows = found
        writer.scroll(top, bottom, rows)
        region = self._shown[top : bottom + 1]
        coming: list[Row | None] = [blank(self.width)] * abs(rows)
        self._shown[top : bottom + 1] = region[rows:] + coming if rows > 0 else coming + region[:rows]
        self._changed.update(range(top, bottom + 1))
        return self._differing()

    def _draw_row(self, y: int, writer: Writer) -> None:
        """Write the cells of a row that differ."""
        old, new = self._shown[y], self._wanted[y]
        self._shown[y] = new
        differ = self._columns(old, new)
        found = self._to_erase(new, differ, writer)
        if found is not None:
            start, stop, pen = found
            old = laid_over(new if old is None else old, start, blank(stop - start, pen))
            differ = _around(differ, start, stop, self._not_blank(new, start, stop, pen))
            writer.erase(start, stop, y, pen, (new.pens[x] for x in differ))
        if not differ:
            return
        if new.wide or (old is not None and old.wide):
            differ = _whole_characters(differ, old or new, new)
        writer.cells(new, y, self._joined(differ, new))

    def _joined(self, differ: Sequence[int], row: Row) -> list[tuple[int, int]]:
        """Columns as spans; equal cells between two are written along where moving over them is longer."""
        chars, pens, looks = row.chars, row.pens, self.pens.blanks
        spans: list[tuple[int, int]] = []
        start = before = differ[0]
        for x in differ[1:]:
            if x - before > 1:
                pen = pens[before]
                same = (
                    not row.wide
                    and x - before <= GAP
                    and all(
                        pens[at] == pen or (chars[at] == BLANK and looks[pens[at]] == looks[pen])
                        for at in range(before + 1, x + 1)
                    )
                )
                if not same:
                    spans.append((start, before + 1))
                    start = x
            before = x
        spans.append((start, before + 1))
        return spans

    def _columns(self, old: Row | None, new: Row) -> list[int]:
        """The columns in which two rows look different."""
        columns = range(self.width)
        if old is None:
            return list(columns)
        before, after = old.chars, new.chars
        if old.pens == new.pens:
            return list(compress(columns, map(ne, before, after)))
        looks = self.pens.blanks
        either = map(or_, map(ne, before, after), map(ne, old.pens, new.pens))
        return [
            x
            for x in compress(columns, either)
            if after[x] != BLANK or before[x] != BLANK or looks[old.pens[x]] != looks[new.pens[x]]
        ]

    def _not_blank(self, row: Row, start: int, stop: int, pen: int) -> list[int]:
        """The columns from `start` up to `stop` that do not look like a blank in `pen`."""
        look, looks = self.pens.blanks[pen], self.pens.blanks
        pairs = zip(range(start, stop), row.chars[start:stop], row.pens[start:stop], strict=True)
        return [x for x, char, own in pairs if char != BLANK or looks[own] != look]

    def _to_erase(self, row: Row, differ: list[int], writer: Writer) -> tuple[int, int, int] | None:
        """The columns to erase first, from one up to another, and the pen, if less is left to write then.

        Blanks to write that need not be then count for it, cells to write that need not be else against it. Blanks
        that look otherwise are not told apart: what is erased is compared again.
        """
        if len(differ) < WORTH_ERASING:
            return None
        text = "".join(row.chars if not row.wide else [char[:1] or FILLER for char in row.chars])
        saved, begin, at, past = 0, differ[0], differ[0], 0
        best, most, pen = (WORTH_ERASING, 0, 0), 0, PLAIN
        end = differ[-1] + 1
        for start, stop in [*(word.span() for word in WORDS.finditer(text, at, end)), (end, end)]:
            before, past = past, bisect_left(differ, start)
            if past - before > most:
                most, pen = past - before, row.pens[at]
            saved += min(past - before, LONG_RUN)
            if saved > best[0]:
                best = (saved, begin, start)
            before, past = past, bisect_left(differ, stop)
            saved -= stop - start - (past - before)
            if saved <= 0:
                saved, begin = 0, stop
            at = stop
        if not best[2] or not writer.can_erase(pen):
            return None
        to_end = best[2] == end and not self._not_blank(row, end, self.width, pen)
        return best[1], self.width if to_end else best[2], pen


def _alike(shown: Row | None, wanted: Row) -> bool:
    return shown is wanted or (shown is not None and shown.chars == wanted.chars and shown.pens == wanted.pens)


def _around(columns: list[int], start: int, stop: int, between: list[int]) -> list[int]:
    """Ascending columns, those from `start` up to `stop` replaced."""
    return columns[: bisect_left(columns, start)] + between + columns[bisect_left(columns, stop) :]


def _whole_characters(differ: list[int], old: Row, new: Row) -> list[int]:
    """No half characters; and from one whose width is uncertain on, if it changes, everything to the end of the row."""
    found = set(differ)
    columns = range(len(new.chars))
    rests = [x for x, a, b in zip(columns, old.chars, new.chars, strict=True) if not (a and b)]
    for x in rests:
        if x in found or x - 1 in found:
            found |= {x - 1, x}
    for x in reversed(rests):
        if x in found:
            found.add(x - 1)
    if old.odd or new.odd:
        odd = [x for x in found if not (is_certain(old.chars[x]) and is_certain(new.chars[x]))]
        found.update(range(min(odd, default=len(columns)), len(columns)))
    return sorted(found)
