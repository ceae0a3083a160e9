"""Columns of a list: which are shown, in which order, and how wide they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tui.look import NARROWEST, WIDEST, Chosen
from tui.screens.choose import TypedList
from tui.table import Spec, Table
from widgets.cells import Cell, Column
from widgets.glyphs import glyphs
from widgets.grid import Grid, ListSource, Row

COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="column", width=30, min_width=16, flex=1, priority=0),
    Column(key="width", title="width", width=9, align="right", priority=1),
    Column(key="help", title="what it shows", width=36, min_width=16, flex=1, priority=2),
)
"""Columns of the list of columns."""
STEP = 2
"""Cells by which `+` and `-` change a width."""

Names = Callable[[str], Awaitable[Sequence[str]]]
"""Gives keys of columns of metrics, params and tags that hold a text."""


class ColumnsScreen(TypedList[tuple[Chosen, ...] | None]):
    """Returns the chosen columns, none of them for the list's own; None when one left without a choice.

    Args:
        table: the columns that there are.
        chosen: those that are shown, in order.
        names: finds those of metrics, params and tags.
        placed: keys of those that have room in the list.
    """

    HEADINGS = COLUMNS
    KEYS = (
        ("enter", "take"), ("space", "show or hide"), ("J K", "move"), ("+ -", "width"), ("=", "own width"),
        ("ctrl+r", "reset"),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "choose", "Show or hide", show=False, priority=True),
        Binding("J,shift+down", "shift(1)", "Further back", show=False, priority=True),
        Binding("K,shift+up", "shift(-1)", "Further to the front", show=False, priority=True),
        Binding("plus", "widen(1)", "Wider", show=False, priority=True),
        Binding("minus", "widen(-1)", "Narrower", show=False, priority=True),
        Binding("equals_sign", "widen(0)", "As wide as it wants", show=False, priority=True),
        Binding("ctrl+r", "reset", "The list's own", show=False, priority=True),
    ]

    def __init__(
        self, table: Table[Any], chosen: Sequence[Chosen], names: Names, placed: Collection[str] | None = None
    ) -> None:
        super().__init__("Columns", "type to find metrics, params and tags")
        self._table, self._names = table, names
        self._chosen = list(chosen) or [Chosen(spec.key) for spec in table.shown]
        self._placed = placed
        self._offered: Sequence[str] = ()

    async def show(self, text: str) -> None:
        """The chosen ones in their order, then the others, and with a text those of the store."""
        await self._list(text, self._own())
        await self._list(text, [*self._own(), *await self._names(text)])

    async def _list(self, text: str, others: Sequence[str]) -> None:
        keys = dict.fromkeys([*(one.key for one in self._chosen), *others])
        found = [(key, spec) for key in keys if (spec := self._table.spec(key)) is not None and _holds(spec, text)]
        if self.is_attached:
            self._offered = others
            self.grid.set_source(ListSource([Row(key, self._cells(spec)) for key, spec in found]))

    def _own(self) -> list[str]:
        return [spec.key for spec in self._table.specs]

    def _cells(self, spec: Spec[Any]) -> tuple[Cell, ...]:
        chosen = next((one for one in self._chosen if one.key == spec.key), None)
        box = glyphs().check_off if chosen is None else glyphs().check_on
        name = spec.column.title if spec.column.title == spec.key else f"{spec.column.title}  {spec.key}"
        hidden = chosen is not None and self._placed is not None and spec.key not in self._placed
        note = "no room at this width" if hidden else spec.help
        return (
            Cell.of((f"{box} ", "accent" if chosen else "dim"), (name, "" if chosen else "dim")),
            Cell(str(chosen.width) if chosen and chosen.width else "own" if chosen else "", "dim"),
            Cell(note, "warning" if hidden else "dim"),
        )

    def _redraw(self) -> None:
        """Draw the list anew; the cursor stays on its column."""
        self.work(partial(self._list, self.typed, self._offered))

    def _place(self) -> int | None:
        """Place of the column under the cursor among the chosen ones."""
        key = self.grid.cursor_key
        return next((place for place, one in enumerate(self._chosen) if one.key == key), None)

    def action_choose(self) -> None:
        """Show the column under the cursor as the last one, or hide it; one is always shown."""
        place, key = self._place(), self.grid.cursor_key
        if place is None and key is not None:
            self._chosen.append(Chosen(key))
        elif place is not None and len(self._chosen) > 1:
            self._chosen.pop(place)
        self._redraw()

    def action_shift(self, by: int) -> None:
        """Move the column under the cursor."""
        place = self._place()
        if place is not None and 0 <= place + by < len(self._chosen):
            self._chosen.insert(place + by, self._chosen.pop(place))
            self._redraw()

    def action_widen(self, by: int) -> None:
        """Make the column under the cursor wider or narrower; 0 makes it as wide as it wants."""
        place = self._place()
        if place is None:
            return
        key, width = self._chosen[place]
        spec = self._table.spec(key)
        if spec is not None:
            wanted = (width or spec.column.width) + by * STEP
            self._chosen[place] = Chosen(key, max(NARROWEST, min(WIDEST, wanted)) if by else 0)
            self._redraw()

    def action_reset(self) -> None:
        """The columns that the list has of its own."""
        self._chosen = [Chosen(spec.key) for spec in self._table.shown]
        self._redraw()

    def on_prompt_submitted(self) -> None:
        """`enter`: take them."""
        own = [Chosen(spec.key) for spec in self._table.shown]
        self.dismiss(() if self._chosen == own else tuple(self._chosen))

    def on_grid_opened(self, message: Grid.Opened) -> None:  # noqa: ARG002 - the cursor is there already
        """A second click shows or hides."""
        self.action_choose()


def _holds(spec: Spec[Any], text: str) -> bool:
    words = f"{spec.key} {spec.column.title} {spec.help}".lower()
    return all(word in words for word in text.lower().split())
