"""Help: the keys that do something here, out of the registry, and the filter language; in full under the cursor."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from data.query.help import GRAMMAR
from styles import sheet
from tui.commands import FORMS, LISTED, commands_for, key_table, moves_for
from widgets.cells import Cell, Column
from widgets.facts import Facts
from widgets.frame import Rule
from widgets.grid import Grid, ListSource, Row

COLUMNS = (
    Column(key="keys", title="keys", width=19, min_width=11, priority=1),
    Column(key="title", title="", width=16, min_width=13, priority=0),
    Column(key="help", title="what it does", width=40, min_width=20, flex=1, priority=0),
)
"""Columns of the key table."""
NARROW = 60
"""A table of fewer cells leaves out what stands below it, too."""
FORM_KEYS = (
    ("tab down", "The next field; shift+tab and up go back."),
    ("enter", "Open or fold a section, list what can be chosen, add a row."),
    ("left right", "The option before or behind; space switches on and off."),
    ("ctrl+up ctrl+down", "Count a number up or down."),
    ("ctrl+x", "Delete the row or line under the cursor."),
    ("ctrl+u ctrl+k", "Delete to the beginning or the end of the field; ctrl+w deletes a word."),
)
"""Keys of the fields of a form, which carry them out themselves."""
DETAIL = 3
"""Lines for the sentence about the key under the cursor."""


class HelpScreen(ModalScreen[None]):
    """The key table of one screen."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,question_mark,f1,enter", "dismiss", "Close")]
    AUTO_FOCUS = "#help-keys"
    CSS_PATH: ClassVar = [sheet("overlay")]

    def __init__(self, screen: str, keymap: dict[str, str], unavailable: dict[str, str]) -> None:
        super().__init__()
        self._screen = screen
        self._unavailable = unavailable
        self._specs = [*commands_for(screen), *moves_for(screen)]
        self._table = key_table(self._specs, keymap)
        self._grammar = GRAMMAR if screen in LISTED.split() else FORM_KEYS if screen in FORMS else ()
        self._where = "in a field" if screen in FORMS else "in a filter"

    def compose(self) -> ComposeResult:
        """The table in a box."""
        with Vertical(id="help-box"):
            yield Facts(1, id="help-head")
            yield Grid(COLUMNS, ListSource(self._rows()), id="help-keys")
            yield Rule()
            yield Facts(DETAIL, id="help-detail")

    def on_mount(self) -> None:
        """The heading."""
        head = [Cell(f"Keys of {self._screen}", "bold"), Cell("esc closes", "dim")]
        self.query_one("#help-head", Facts).update([head])

    def _rows(self) -> list[Row]:
        rows = []
        for spec, (keys, title, sentence) in zip(self._specs, self._table, strict=True):
            why = self._unavailable.get(spec.id, "")
            text = f"not now: {why}" if why else sentence
            tone = "dim" if why else ""
            rows.append(Row(spec.id, (Cell(keys, "accent"), Cell(title, tone), Cell(text, tone))))
        rows += [
            Row(f"{self._where} {example}", (Cell(example, "accent"), Cell(self._where, "dim"), Cell(meaning)))
            for example, meaning in self._grammar
        ]
        return rows

    def on_grid_moved(self, message: Grid.Moved) -> None:
        """Say everything about the key under the cursor."""
        self._show(message.index)

    def on_resize(self) -> None:
        """Break the lines anew."""
        grid = self.query_one(Grid)
        grid.set_columns(COLUMNS if self.size.width >= NARROW else COLUMNS[:2])
        self._show(grid.cursor)

    def _show(self, index: int) -> None:
        detail = self.query_one("#help-detail", Facts)
        if not detail.size.width:
            return
        if index >= len(self._specs):
            example, meaning = self._grammar[index - len(self._specs)]
            detail.update([[Cell(example, "accent")], [Cell(meaning)]])
            return
        spec, (_, _, sentence) = self._specs[index], self._table[index]
        why = self._unavailable.get(spec.id, "")
        text = f"{sentence} Not now: {why}." if why else sentence
        lines = [[Cell(line)] for line in wrap(text, max(20, detail.size.width - 2))[: DETAIL - 1]]
        detail.update([*lines, [Cell(f"id for the keys section of the configuration: {spec.id}", "dim")]])
