"""The tab Params: parameters, variables, tags and the used configuration; a long value whole under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from tui.lazyrows import LazyRows
from tui.present.params import COLUMNS, CONFIG, Value, filtered, value_row, values_of, wrapped
from tui.present.text import plural
from tui.screens.pane import Pane
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.frame import EDGE
from widgets.grid import Grid

if TYPE_CHECKING:
    from data.export import Table

SHARE = 3
"""The value under the cursor takes at most one of so many lines of the tab, its name included."""


class ParamsPane(Pane):
    """Names and values."""

    TITLE = "Params"

    def __init__(self) -> None:
        super().__init__()
        self.values: list[Value] = []
        self._placed = False

    def compose(self) -> ComposeResult:
        """The list, and the whole value of the line under the cursor."""
        yield Grid(COLUMNS, empty_text=(Cell("reading", "dim"),), id="params", classes="pane-list")
        yield Facts(1, id="value")

    async def load(self) -> None:
        """The screen has read them."""
        self.show()

    def count(self) -> int:
        """Params."""
        return sum(len(run.params) for run in self.subject.tracked)

    def show(self) -> None:
        """Draw the list."""
        self.values = values_of(self.subject.run, self.subject.tracked)
        self.nothing("No params, variables or tags", "MLflow has none for this, and GitLab told no variables")
        shown = filtered(self.values, self.filter) if self.filter else self.values
        rows = LazyRows(shown, _key, value_row)
        self.grid.set_source(rows)
        if not self._placed and (first := next((value for value in shown if value.kind), None)) is not None:
            self._placed = True
            self.grid.go_to(first.key)
        self._show_value()

    @property
    def value(self) -> Value | None:
        """The line under the cursor."""
        rows = self.grid.source
        return rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None

    def on_grid_moved(self) -> None:
        """Another value."""
        self._show_value()
        self.home.refresh_frame()

    def on_resize(self) -> None:
        """Break the value anew."""
        self._show_value()

    def _show_value(self) -> None:
        """The whole value, as far as there is room; `enter` shows all of a longer one."""
        facts, value = self.query_one("#value", Facts), self.value
        room = max(1, self.size.height // SHARE - 1)
        lines: list[list[Cell]] = []
        if value is not None and value.kind:
            told = wrapped(value.value, self.size.width - 2 * EDGE)
            lines = [[Cell(line)] for line in told]
            if len(told) > room:
                hidden = len(told) - room + 1
                lines = [*lines[: room - 1], [Cell(f"{hidden} more lines; enter shows the whole value", "dim")]]
            lines = [_heading(value), *lines]
        height = max(1, len(lines))
        if facts.styles.height is None or facts.styles.height.value != height:
            facts.styles.height = height
        facts.update(lines)

    def on_grid_opened(self) -> None:
        """`enter`: the whole value on a screen of its own."""
        value = self.value
        if value is not None and value.kind:
            from tui.screens.value import ValueScreen

            self.home.dashboard.push_screen(ValueScreen(value.name, value.value))

    def copied(self) -> str:
        """What `y` copies: the value under the cursor."""
        return self.value.value if self.value else ""

    def tables(self) -> Sequence[Table]:
        """All of them."""
        from data.export import Table

        rows = [(value.kind, value.name, value.value, value.owner) for value in self.values if value.kind]
        return [Table.of("params and variables", ("kind", "name", "value", "of"), rows)] if rows else []


def _heading(value: Value) -> list[Cell]:
    """What stands above a whole value."""
    if value.kind == CONFIG:
        return [Cell(f"line {value.name}", "dim")]
    owner = [Cell(value.owner, "dim")] if value.owner else []
    return [Cell(value.name, "bold"), *owner, Cell(plural(len(value.value), "character"), "dim")]


def _key(value: Value) -> str:
    return value.key
