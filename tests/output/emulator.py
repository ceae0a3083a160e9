"""A terminal emulator that also keeps wide characters as terminals do, to compare screens cell by cell."""

from __future__ import annotations

from typing import Any

from rich.cells import get_character_cell_size

from tests.terminal.emulator import Screen, Stream

Look = tuple[str, str, str, tuple[bool, ...]]
"""Text, foreground, background and attributes of a cell."""


class Emulator(Screen):
    """Clears the other half of a wide character that is written over.

    Characters are as wide as Rich says, each by itself, and those without width go to the cell before.
    """

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.stream = Stream(self)

    def feed(self, text: str) -> None:
        """Take what a program writes."""
        self.stream.feed(text.encode())

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
            self.drawn = char

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

    def looks(self) -> list[list[Look]]:
        """All cells, without what cannot be seen: a blank has a background, and a foreground only if it is drawn."""
        return [[_look(self.buffer[y][x]) for x in range(self.columns)] for y in range(self.lines)]


def _look(cell: Any) -> Look:
    data, fg, bg = cell.data, cell.fg, cell.bg
    drawn = (cell.underscore, cell.strikethrough, cell.reverse)
    if data != " ":
        return data, fg, bg, (*drawn, cell.bold, cell.italics, cell.blink)
    return data, fg if any(drawn) else "", bg, drawn
