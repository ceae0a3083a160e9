"""Sentences over as many lines as they take; where there is little room, the blank ones give way first."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TypeAlias

from textual.geometry import Size
from textual.strip import Strip

from widgets.cells import truncate
from widgets.glyphs import glyphs
from widgets.paint import Painter

Told: TypeAlias = tuple[str, str]
"""A sentence and its tone; an empty one is a blank line."""


def folded(told: Sequence[Told], width: int) -> list[Told]:
    """Sentences, broken into lines of at most `width` characters."""
    return [(part, tone) for text, tone in told for part in wrap(text, max(1, width)) or [""]]


class Wrapped(Painter):
    """Sentences, broken anew when the width is another.

    Args:
        told: the sentences.
        longest: characters of a line at most.
        indent: empty cells before each line.
    """

    DEFAULT_CSS = "Wrapped { width: 1fr; height: auto; max-height: 100%; }"

    def __init__(self, told: Sequence[Told], longest: int, *, indent: int = 0, id: str | None = None) -> None:
        super().__init__(id=id)
        self.told, self.longest, self.indent = tuple(told), longest, indent

    def texts(self, width: int) -> list[Told]:
        """All lines in `width` cells; on a low screen without blank ones."""
        lines = folded(self.told, min(self.longest, width - 2 * self.indent))
        return [line for line in lines if line[0]] if self.screen.has_class("-low") else lines

    def fitted(self, width: int, height: int) -> list[Told]:
        """The lines that are shown where there are `height`."""
        lines = self.texts(width)
        if len(lines) <= height:
            return lines
        lines = [line for line in lines if line[0]]
        if len(lines) > height > 0:
            lines[height - 1 :] = [(glyphs().ellipsis, "dim")]
        return lines[:height]

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - as Textual calls it
        """All that there is."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as Textual calls it
        """As many lines as it takes."""
        return len(self.texts(width))

    def line(self, y: int) -> Strip:
        """Line `y`."""
        width = self.line_width
        lines = self.fitted(width, self.size.height)
        text, tone = lines[y] if y < len(lines) else ("", "")
        room = max(0, width - self.indent)
        return self.strip([(" " * self.indent, self.look()), (truncate(text, room), self.tone(tone))], width)
