"""The palette: every command of a screen, found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from styles import sheet
from tui.commands import CommandSpec, commands_for, key_table
from widgets.cells import Cell, Column
from widgets.frame import Rule
from widgets.grid import Grid, ListSource, Row
from widgets.prompt import Prompt

COLUMNS = (
    Column(key="title", title="command", width=18, min_width=12, priority=0),
    Column(key="keys", title="keys", width=12, min_width=6, priority=2),
    Column(key="help", title="what it does", width=40, min_width=16, flex=1, priority=1),
)
"""Columns of the palette."""

HIDDEN = frozenset({"palette", "open"})
"""Commands that make no sense here: the palette itself, and what enter does anyway."""


def found(specs: Sequence[CommandSpec], text: str) -> list[CommandSpec]:
    """The commands that hold every word of `text`: first by the beginning of the title, then title, id and help."""
    words = text.lower().split()
    ranked = []
    for place, spec in enumerate(specs):
        title, everything = spec.title.lower(), f"{spec.title} {spec.id} {spec.help}".lower()
        if all(word in everything for word in words):
            typed = text.lower().strip()
            rank = 0 if title.startswith(typed) else 1 if typed in title else 2 if typed in spec.id else 3
            ranked.append((rank, place, spec))
    return [spec for _, _, spec in sorted(ranked, key=lambda one: one[:2])]


class PaletteScreen(ModalScreen[str]):
    """A line to type in, and the commands that fit; returns the id of the chosen one, or "" for none."""

    CSS_PATH: ClassVar = [sheet("overlay")]
    AUTO_FOCUS = "#palette-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move('cursor_down')", "Down", show=False, priority=True),
        Binding("up,ctrl+p", "move('cursor_up')", "Up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
        Binding("ctrl+q", "dismiss('quit')", "Quit", show=False, priority=True),
    ]

    def __init__(self, screen: str, keymap: dict[str, str], unavailable: Mapping[str, str]) -> None:
        super().__init__()
        self._specs = [spec for spec in commands_for(screen) if spec.id not in HIDDEN]
        self._keymap, self._unavailable = keymap, unavailable

    def compose(self) -> ComposeResult:
        """The line above the list."""
        with Vertical(id="palette-box"):
            yield Prompt("command", id="palette-text")
            yield Rule()
            yield Grid(COLUMNS, empty_text=(Cell("no command is called that", "dim"),), id="palette-list")

    def on_mount(self) -> None:
        """All of them, to begin with."""
        self._show("")

    def _show(self, text: str) -> None:
        specs = found(self._specs, text)
        rows = []
        for spec, (keys, title, help_) in zip(specs, key_table(specs, self._keymap), strict=True):
            why = self._unavailable.get(spec.id, "")
            tone = "dim" if why else ""
            words = f"not now: {why}" if why else help_
            rows.append(Row(spec.id, (Cell(title, tone), Cell(keys, "accent"), Cell(words, "dim"))))
        grid = self.query_one(Grid)
        grid.set_source(ListSource(rows))
        grid.move_to(0)

    def action_move(self, how: str) -> None:
        """Move in the list while the line keeps the keys."""
        getattr(self.query_one(Grid), f"action_{how}")()

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Follow what is typed."""
        self._show(message.value)

    def on_prompt_submitted(self) -> None:
        """`enter`: the command under the cursor."""
        key = self.query_one(Grid).cursor_key
        if key is not None:
            self.dismiss(key)

    def on_prompt_cancelled(self) -> None:
        """`esc`: none."""
        self.dismiss("")

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """A click."""
        self.dismiss(message.key)
