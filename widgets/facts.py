"""A few lines of cells that stand still: the head of a run, the last lines of a log."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip

from widgets.cells import Cell, crop_spans
from widgets.frame import EDGE, ITEM_GAP, spans_of
from widgets.paint import Painter

STUMP = 4
"""Cells of an item, the ellipsis among them, that tell nothing any more."""


class Facts(Painter):
    """Lines of cells, one below the other; only lines that changed are drawn again."""

    DEFAULT_CSS = "Facts { height: auto; width: 1fr; }"

    def __init__(self, height: int, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.styles.height = height
        self.lines: tuple[tuple[Cell, ...], ...] = ()

    def update(self, lines: Sequence[Sequence[Cell]]) -> None:
        """Show `lines`, as many as there is room for."""
        new = tuple(tuple(line) for line in lines)
        old, self.lines = self.lines, new
        for y in range(max(len(old), len(new))):
            if old[y : y + 1] != new[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def line(self, y: int) -> Strip:
        """Line `y`."""
        width = self.size.width
        if y >= len(self.lines):
            return self.strip((), width)
        room = width - 2 * EDGE
        spans = crop_spans(spans_of(_legible(self.lines[y], room), ITEM_GAP), room)
        return self.strip(self.toned([(" " * EDGE, ""), *spans]), width)


def _legible(cells: Sequence[Cell], room: int) -> Sequence[Cell]:
    """The items without those of which nothing, or only a stump, would be seen."""
    start = 0
    for number, cell in enumerate(cells):
        if number and start + cell.width > room and room - start <= STUMP:
            return cells[:number]
        start += cell.width + ITEM_GAP
    return cells
