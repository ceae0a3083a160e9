"""A drawing of boxes and lines that somebody else has laid out; one picks a box with the mouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Span
from widgets.paint import Painter

SELECTED = "selected"
"""Tone of the box that is selected."""


class Place(NamedTuple):
    """Where a box stands in the drawing, in cells."""

    x: int
    y: int
    width: int


class Drawing(NamedTuple):
    """Rows of pieces, and where each box stands, by its key."""

    rows: tuple[tuple[Span, ...], ...] = ()
    places: Mapping[str, Place] = {}


class Graph(Painter):
    """Shows a drawing; only rows that changed are drawn again."""

    DEFAULT_CSS = "Graph { width: 1fr; height: auto; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{SELECTED}"}

    @dataclass(eq=False, repr=False)
    class Picked(Message):
        """A box was clicked."""

        key: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.drawing = Drawing()

    def show(self, drawing: Drawing) -> None:
        """Show `drawing`, made for the widget's size."""
        old, self.drawing = self.drawing, drawing
        for y in range(max(len(old.rows), len(drawing.rows))):
            if old.rows[y : y + 1] != drawing.rows[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def line(self, y: int) -> Strip:
        """Row `y`."""
        rows = self.drawing.rows
        return self.strip(self.toned(rows[y]) if y < len(rows) else (), self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Tell which box was clicked."""
        for key, place in self.drawing.places.items():
            if event.y == place.y and place.x <= event.x < place.x + place.width:
                self.post_message(self.Picked(key))
                return
