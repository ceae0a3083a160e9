"""A terminal emulator that does what terminals do and pyte does not, to compare screens cell by cell."""

from __future__ import annotations

from typing import Any

import pyte
from pyte.screens import Margins
from rich.cells import get_character_cell_size

Look = tuple[str, str, str, tuple[bool, ...]]
"""Text, foreground, background and attributes of a cell."""


class Emulator(pyte.Screen):
    """Scrolls regions, repeats characters, clears the other half of a wide character that is written over.

    Characters are as wide as Rich says, each by itself, and those without width go to the cell before.
    """

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.last = ""
        self.stream = _Stream(self)

    def feed(self, text: str) -> None:
        """Take what a program writes."""
        self.stream.feed(text)

    def draw(self, data: str) -> None:
        """Write characters; there is no wrapping."""
        for char in data:
            width = get_character_cell_size(char)
            line = self.buffer[self.cursor.y]
            if not width:
                at = self.cursor.x - 1
                while at > 0 and line[at].data == "":
                    at -= 1
                if at >= 0:
                    line[at] = line[at]._replace(data=line[at].data + char)
                continue
            x = min(self.cursor.x, self.columns - width)
            self._clear_halves(x, x + width)
            line[x] = self.cursor.attrs._replace(data=char)
            if width > 1:
                line[x + 1] = self.cursor.attrs._replace(data="")
            self.cursor.x = x + width
            self.last = char

    def _clear_halves(self, start: int, end: int) -> None:
        line = self.buffer[self.cursor.y]
        if start and line[start].data == "":
            line[start - 1] = line[start - 1]._replace(data=" ")
        if end < self.columns and line[end].data == "":
            line[end] = line[end]._replace(data=" ")

    def erase_characters(self, count: int | None = None) -> None:
        """ECH."""
        self._clear_halves(self.cursor.x, min(self.columns, self.cursor.x + (count or 1)))
        super().erase_characters(count)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """EL."""
        self._clear_halves(self.cursor.x, self.columns)
        super().erase_in_line(how, private)

    def repeat(self, count: int = 1) -> None:
        """REP: the last character again."""
        self.draw(self.last * (count or 1))

    def scroll_up(self, count: int = 1) -> None:
        """SU: the lines of the region go up."""
        self._scroll(count or 1)

    def scroll_down(self, count: int = 1) -> None:
        """SD: the lines of the region go down."""
        self._scroll(-(count or 1))

    def _scroll(self, count: int) -> None:
        top, bottom = self.margins or Margins(0, self.lines - 1)
        old = {y: self.buffer[y] for y in range(top, bottom + 1)}
        for y in old:
            self.buffer.pop(y)
            if y + count in old:
                self.buffer[y] = old[y + count]
            else:
                for x in range(self.columns):
                    self.buffer[y][x] = self.cursor.attrs._replace(data=" ")

    def looks(self) -> list[list[Look]]:
        """All cells, without what cannot be seen: a blank has a background, and a foreground only if it is drawn."""
        return [[_look(self.buffer[y][x]) for x in range(self.columns)] for y in range(self.lines)]


class _Stream(pyte.Stream):
    """Knows the sequences that `Emulator` adds."""

    csi = {**pyte.Stream.csi, "S": "scroll_up", "T": "scroll_down", "b": "repeat"}
    events = frozenset([*pyte.Stream.events, "scroll_up", "scroll_down", "repeat"])


def _look(cell: Any) -> Look:
    data, fg, bg = cell.data, cell.fg, cell.bg
    drawn = (cell.underscore, cell.strikethrough, cell.reverse)
    if data != " ":
        return data, fg, bg, (*drawn, cell.bold, cell.italics, cell.blink)
    return data, fg if any(drawn) else "", bg, drawn
