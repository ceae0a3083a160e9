"""A scroll bar with marks: where matches, errors and marked lines lie, in halves of a cell."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment, Segments
from rich.style import Style
from textual.scrollbar import ScrollBar, ScrollBarRender

from widgets.glyphs import ASCII, glyphs

UPPER_HALF = "▀"

KINDS = ("match", "error", "mark")
"""What is marked."""

NOTHING = -1
"""In a half of a cell where nothing is marked."""


class Tick(NamedTuple):
    """How one of `KINDS` is drawn: its colour, and the sign for terminals without colours or half blocks."""

    colour: Color
    sign: str


def buckets(edges: Sequence[int], places: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """For each pair of neighbours in `edges` which of `places` (ascending lines) has a line from one to the other.

    `NOTHING` where none has; of several the one with the fewest lines. Takes O(edges * log lines).
    """
    found = [NOTHING] * max(0, len(edges) - 1)
    for kind in sorted(range(len(places)), key=lambda kind: -len(places[kind])):
        lines = places[kind]
        at = [bisect_left(lines, edge) for edge in edges]
        for number in range(len(found)):
            if at[number] < at[number + 1]:
                found[number] = kind
    return tuple(found)


class MarkedBarRender(ScrollBarRender):
    """Textual's vertical scroll bar with `halves` drawn over it: two numbers per cell, see `buckets`."""

    halves: tuple[int, ...] = ()
    ticks: tuple[Tick, ...] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The bar, cell by cell."""
        style = console.get_style(self.style)
        for part in super().__rich_console__(console, options):
            if not isinstance(part, Segments) or style.color is None or style.bgcolor is None:
                yield part
                continue
            cells = list(part.segments)
            if glyphs() is ASCII:
                cells = [cell if cell.text.isspace() else _whole(cell, style.color) for cell in cells]
            halves = self.halves[: 2 * len(cells)]
            for at in range(0, len(halves) - 1, 2):
                if halves[at] != NOTHING or halves[at + 1] != NOTHING:
                    cells[at // 2] = self._ticked(cells[at // 2], halves[at : at + 2], style.color, style.bgcolor)
            yield Segments(cells, new_lines=part.new_lines)

    def _ticked(self, cell: Segment, halves: Sequence[int], thumb: Color, track: Color) -> Segment:
        """`cell` of the bar with a tick in one half, or in both."""
        tick = self.ticks[max(halves)]
        style = cell.style or Style()
        if thumb == track or glyphs() is ASCII:
            return Segment(tick.sign, style)
        grounds = _grounds(cell, thumb, track)
        upper, lower = (
            grounds[side] if kind == NOTHING else self.ticks[kind].colour for side, kind in enumerate(halves)
        )
        if NOTHING not in halves and thumb in grounds:
            lower = thumb  # a thumb of one cell stays in sight
        return Segment(UPPER_HALF, Style(color=upper, bgcolor=lower, meta=style.meta))


def _whole(cell: Segment, thumb: Color) -> Segment:
    """The end of the thumb for terminals that cannot draw a part of a cell."""
    return Segment(" " * len(cell.text), Style(color=thumb, reverse=True, meta=cell.style.meta if cell.style else None))


def _grounds(cell: Segment, thumb: Color, track: Color) -> tuple[Color, Color]:
    """What the upper and the lower half of a cell of the bar are drawn in."""
    reverse = bool(cell.style and cell.style.reverse)
    if cell.text.isspace():
        return (thumb, thumb) if reverse else (track, track)
    return (thumb, track) if reverse else (track, thumb)


class MarkedBar(ScrollBar):
    """A vertical scroll bar with ticks. It asks `looks` for their colours whenever it is drawn."""

    renderer = MarkedBarRender

    def __init__(self, looks: Callable[[], tuple[Tick, ...]], *, thickness: int = 1) -> None:
        super().__init__(vertical=True, name="vertical", thickness=thickness)
        self._looks = looks
        self._halves: tuple[int, ...] = ()

    def show(self, halves: tuple[int, ...]) -> None:
        """Draw ticks at `halves`, two per cell from the top; see `buckets`."""
        if halves != self._halves:
            self._halves = halves
            self.refresh()

    def render(self) -> RenderableType:
        """The bar."""
        drawn = super().render()
        if isinstance(drawn, MarkedBarRender):
            drawn.halves, drawn.ticks = self._halves, self._looks()
        return drawn
