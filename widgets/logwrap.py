"""Where long lines are cut: into rows that fit a width, or to what a panned view shows. Widths are in cells."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

SLACK = 64
"""Characters beyond those that are surely enough which are looked at first; more only where many have no width."""


class Window(NamedTuple):
    """The part of a text that a view shows.

    Attributes:
        start: first character.
        end: behind the last character.
        pad: cells before the first character: half a wide one that is cut.
        more: the text goes on to the right.
    """

    start: int
    end: int
    pad: int
    more: bool


def cuts(text: str, width: int) -> list[int]:
    """Characters at which the rows of `text`, each at most `width` cells wide, begin, and its length: 0, ..., length.

    A wide character is not cut; combining characters stay with theirs.
    """
    width = max(1, width)
    if text.isascii():
        return [*range(0, max(1, len(text)), width), len(text)]
    starts = [0]
    used = 0
    for start, _, cells in split_graphemes(text)[0]:
        if used and used + cells > width:
            starts.append(start)
            used = 0
        used += cells
    return [*starts, len(text)]


def window(text: str, first: int, width: int) -> Window:
    """What of `text` can be seen from cell `first` on, in `width` cells."""
    if text.isascii():
        start = min(first, len(text))
        return Window(start, min(first + width, len(text)), 0, len(text) > first + width)
    reach = first + width + SLACK
    while reach < len(text) and cell_len(text[:reach]) <= first + width:
        reach *= 2
    start = end = position = pad = 0
    for begin, stop, cells in split_graphemes(text[:reach])[0]:
        if position < first:
            position += cells
            start = end = stop
            pad = max(0, position - first)
            continue
        position += cells
        if position > first + width:
            return Window(start, begin, pad, True)
        end = stop
    return Window(start, end, pad, False)
