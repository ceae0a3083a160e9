"""The lines around every screen: where one is and how the connections are, the tabs, a rule, and the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Cell, Span, crop_spans, spans_width, truncate_left
from widgets.glyphs import glyphs
from widgets.paint import Painter

ITEM_GAP = 2
"""Empty cells between two items of a line."""

EDGE = 1
"""Empty cells at both ends of a line."""


class OneLine(Painter):
    """A line that is drawn again only when what it says has changed."""

    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; }"

    def line(self, y: int) -> Strip:  # noqa: ARG002 - there is only one
        """The line."""
        return self.draw(self.size.width)

    def draw(self, width: int) -> Strip:
        """The line in `width` cells."""
        raise NotImplementedError


def spans_of(items: Sequence[Cell], gap: int = ITEM_GAP) -> list[Span]:
    """The pieces of `items` with `gap` spaces between two."""
    spans: list[Span] = []
    for item in items:
        if spans:
            spans.append((" " * gap, ""))
        spans += item.spans or ((item.text, item.tone),)
    return spans


class Head(OneLine):
    """Where one is, on the left, and the health of the connections, on the right; the right part wins."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.crumbs: tuple[str, ...] = ()
        self.health: tuple[Cell, ...] = ()

    def update(self, crumbs: Sequence[str], health: Sequence[Cell]) -> None:
        """Show the way `crumbs`, from the program's name to the place, and the items `health`."""
        if (tuple(crumbs), tuple(health)) != (self.crumbs, self.health):
            self.crumbs, self.health = tuple(crumbs), tuple(health)
            self.refresh()

    def draw(self, width: int) -> Strip:
        """The line in `width` cells; the way is cut at its beginning."""
        right = crop_spans(spans_of(self.health), width - 2 * EDGE)
        room = max(0, width - 2 * EDGE - spans_width(right) - (ITEM_GAP if right else 0))
        left = self._crumbs(room)
        space = max(0, width - 2 * EDGE - spans_width(left) - spans_width(right))
        return self.strip(self.toned([(" " * EDGE, ""), *left, (" " * space, ""), *right]), width)

    def _crumbs(self, room: int) -> list[Span]:
        if not self.crumbs:
            return []
        between = f" {glyphs().crumb} "
        first, *rest = self.crumbs
        way = between.join(rest)
        if cell_len(first) + ITEM_GAP + cell_len(way) <= room:
            return [(first, "accent"), (" " * ITEM_GAP, ""), (way, "bold")]
        return [(truncate_left(way or first, room), "bold")]


class Rule(OneLine):
    """A horizontal line."""

    def draw(self, width: int) -> Strip:
        """The line in `width` cells."""
        return self.strip([(glyphs().rule * width, self.look())], width)


class TabsLine(OneLine):
    """The screens with their keys, the active one marked, and on the right what is filtered."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--active", "tabs--key"}

    @dataclass(eq=False, repr=False)
    class Clicked(Message):
        """The tab `index` (0-based) was clicked."""

        index: int

    def __init__(self, tabs: Sequence[str] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.tabs = tuple(tabs)
        self.active = 0
        self.right: tuple[Cell, ...] = ()
        self._ends: list[int] = []

    def update(self, tabs: Sequence[str], active: int, right: Sequence[Cell] = ()) -> None:
        """Show `tabs`, of which `active` (0-based, -1 for none) is where one is, and `right` at the right end."""
        new = tuple(tabs), active, tuple(right)
        if new != (self.tabs, self.active, self.right):
            self.tabs, self.active, self.right = new
            self.refresh()

    def draw(self, width: int) -> Strip:
        """The line in `width` cells; where it is narrow, the titles of the other tabs are left out."""
        titles = list(self.tabs)
        full = sum(cell_len(title) + 2 for title in titles) + ITEM_GAP * len(titles)
        right = spans_of(self.right)
        if full + spans_width(right) + 2 * EDGE > width:
            titles = [title if index == self.active else "" for index, title in enumerate(titles)]
        runs = [(" " * EDGE, self.look())]
        x = EDGE
        self._ends = []
        for index, title in enumerate(titles):
            text = f"{index + 1} {title}".rstrip()
            if index == self.active:
                runs.append((text, self.look("tabs--active")))
            else:
                runs += [(text[:1], self.look("tabs--key")), (text[1:], self.look())]
            runs.append((" " * ITEM_GAP, self.look()))
            x += cell_len(text) + ITEM_GAP
            self._ends.append(x)
        shown = crop_spans(right, width - x - EDGE)
        runs.append((" " * max(0, width - x - EDGE - spans_width(shown)), self.look()))
        return self.strip([*runs, *self.toned(shown)], width)

    def on_click(self, event: events.Click) -> None:
        """Tell which tab was clicked."""
        for index, end in enumerate(self._ends):
            if event.x < end:
                self.post_message(self.Clicked(index))
                return


class Hint(NamedTuple):
    """A key and what it does here: `key` as drawn, a word or two, and the command's id.

    One that is `kept` stays where others find no room, but for the first.
    """

    key: str
    label: str
    command: str
    kept: bool = False

    @property
    def width(self) -> int:
        """Cells that it takes, without a gap."""
        return cell_len(self.key) + 1 + cell_len(self.label)


class Foot(OneLine):
    """The keys that do something here and now, the most important first; those that do not fit are left out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"foot--key"}

    @dataclass(eq=False, repr=False)
    class Clicked(Message):
        """The hint for `command` was clicked."""

        command: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.hints: tuple[Hint, ...] = ()
        self.note: Cell = Cell()
        self._ends: list[tuple[int, str]] = []

    def update(self, hints: Sequence[Hint], note: Cell = Cell()) -> None:  # noqa: B008 - a cell cannot change
        """Show `hints`; a `note` (an answer to the last key, an error) is drawn before them."""
        if (tuple(hints), note) != (self.hints, self.note):
            self.hints, self.note = tuple(hints), note
            self.refresh()

    def draw(self, width: int) -> Strip:
        """The line in `width` cells."""
        note = crop_spans(spans_of([self.note] if self.note.text else []), width - 2 * EDGE)
        runs = self.toned([(" " * EDGE, ""), *note])
        x = EDGE + spans_width(note)
        self._ends = []
        for hint in self._fitting(width - EDGE - x, after=x > EDGE):
            gap = ITEM_GAP if x > EDGE else 0
            runs += [
                (" " * gap, self.look()),
                (hint.key, self.look("foot--key")),
                (f" {hint.label}", self.look()),
            ]
            x += gap + hint.width
            self._ends.append((x, hint.command))
        return self.strip(runs, width)

    def _fitting(self, room: int, *, after: bool) -> list[Hint]:
        """The hints that `room` cells hold behind a note (`after`) or at the edge; kept ones go before others."""
        room += 0 if after else ITEM_GAP
        fitting: list[Hint] = []
        for hint in [*self.hints[:1], *(one for one in self.hints[1:] if one.kept), *self.hints[1:]]:
            if hint in fitting:
                continue
            room -= ITEM_GAP + hint.width
            if room < 0:
                break
            fitting.append(hint)
        return [hint for hint in self.hints if hint in fitting]

    def on_click(self, event: events.Click) -> None:
        """Tell which command was clicked."""
        for end, command in self._ends:
            if event.x < end:
                self.post_message(self.Clicked(command))
                return
