"""One long text, whole: the value of a parameter, a variable or a tag."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from styles import sheet
from tui.lazyrows import LazyRows
from tui.present.params import wrapped
from widgets.cells import Cell, Column
from widgets.facts import Facts
from widgets.grid import GUTTER, Grid, Row

COLUMNS: tuple[Column, ...] = (Column(key="text", title="", width=40, min_width=10, flex=1),)
"""One column for the lines."""


class ValueScreen(ModalScreen[None]):
    """The lines of a text in a box, broken where they are longer than it is wide."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q", "dismiss", "Close")]
    AUTO_FOCUS = "#value-lines"
    CSS_PATH: ClassVar = [sheet("value")]

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self._what, self._whole = name, text

    def compose(self) -> ComposeResult:
        """The name over the lines."""
        with Vertical(id="value-box"):
            yield Facts(1, id="value-head")
            yield Grid(COLUMNS, id="value-lines")

    def on_mount(self) -> None:
        """The heading."""
        self.query_one(Facts).update([[Cell(self._what, "bold"), Cell("esc closes", "dim")]])

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        grid = self.query_one(Grid)
        lines = list(enumerate(wrapped(self._whole, grid.line_width - GUTTER)))
        grid.set_source(LazyRows(lines, lambda line: str(line[0]), lambda line: Row(str(line[0]), (Cell(line[1]),))))

    def on_grid_opened(self) -> None:
        """`enter` closes."""
        self.dismiss(None)
