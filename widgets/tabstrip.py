"""The tabs of a screen in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.frame import EDGE, OneLine
from widgets.paint import Run

APART = 2
"""Cells between two tabs; the brackets of the one that is shown stand there."""


class Tab(NamedTuple):
    """A tab: its name, its title, and a number behind that (0 for none)."""

    name: str
    title: str
    number: int = 0

    @property
    def text(self) -> str:
        """Title and number."""
        return f"{self.title} {self.number}" if self.number else self.title


class TabStrip(OneLine):
    """The titles of the tabs, the one that is shown in brackets, which are the keys that lead to its neighbours."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--active"}

    @dataclass(eq=False, repr=False)
    class Chosen(Message):
        """A tab was clicked."""

        name: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.tabs: tuple[Tab, ...] = ()
        self.active = ""
        self._ends: list[tuple[int, str]] = []

    def update(self, tabs: Sequence[Tab], active: str) -> None:
        """Show `tabs`, of which the one named `active` is shown."""
        if (tuple(tabs), active) != (self.tabs, self.active):
            self.tabs, self.active = tuple(tabs), active
            self.refresh()

    def draw(self, width: int) -> Strip:
        """The line in `width` cells; where it is narrow, the numbers are left out, then the ends of other titles."""
        texts = {tab.name: tab.text for tab in self.tabs}
        for shorter in (0, 6, 4, 3):
            if EDGE + sum(cell_len(text) + APART for text in texts.values()) <= width:
                break
            texts = {
                tab.name: tab.title if tab.name == self.active or not shorter else tab.title[:shorter]
                for tab in self.tabs
            }
        runs: list[Run] = [(" " * (EDGE - 1), self.look())]
        x = EDGE - 1
        self._ends = []
        for tab in self.tabs:
            active = tab.name == self.active
            runs += [
                ("[" if active else " ", self.tone("accent")),
                (texts[tab.name], self.look("tabs--active") if active else self.tone("dim")),
                ("]" if active else " ", self.tone("accent")),
            ]
            x += cell_len(texts[tab.name]) + APART
            self._ends.append((x, tab.name))
        return self.strip(runs, width)

    def on_click(self, event: events.Click) -> None:
        """Tell which tab was clicked."""
        for end, name in self._ends:
            if event.x < end:
                self.post_message(self.Chosen(name))
                return
