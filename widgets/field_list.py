"""A field of a form that lists things which are made and changed elsewhere: variables, one line for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from widgets.cells import Cell, truncate
from widgets.formfield import LinedField, fit_runs
from widgets.paint import Run

MOVES = {"ctrl+up": -1, "ctrl+down": 1}
"""Keys that move the row under the cursor."""


class ListField(LinedField):
    """Rows of cells: `enter` opens one, or a new one behind the last; `ctrl+x` drops one, `ctrl+up` moves it."""

    @dataclass(eq=False, repr=False)
    class Opened(Message):
        """Row `index` is to be changed; as many as there are rows for a new one."""

        field: ListField
        index: int

    @dataclass(eq=False, repr=False)
    class Dropped(Message):
        """Row `index` is not wanted any more."""

        field: ListField
        index: int

    @dataclass(eq=False, repr=False)
    class Shifted(Message):
        """Row `index` is to stand at another place."""

        field: ListField
        index: int
        place: int

    def __init__(self, label: str, *, hint: str = "", id: str | None = None) -> None:
        super().__init__(label, hint=hint, id=id)
        self._cells: tuple[Cell, ...] = ()

    @property
    def rows(self) -> int:
        """One line for each, and one that says how to add another."""
        return len(self._cells) + 1

    def set_rows(self, cells: Sequence[Cell]) -> None:
        """Show these, without telling."""
        if tuple(cells) != self._cells:
            self._cells = tuple(cells)
            self._at = min(self._at, len(self._cells))
            self.resized()

    def go_to(self, index: int) -> None:
        """Put the cursor on a row."""
        self._at = max(0, min(len(self._cells), index))
        self.refresh()
        self.keep_in_sight(self._at)

    def value_runs(self, y: int, width: int) -> list[Run]:
        """Row `y`, or how to add one."""
        active = self.has_focus and self._at == y
        if y >= len(self._cells):
            said = (
                "+ enter adds one, ctrl+x drops one, ctrl+up and ctrl+down move it"
                if self._cells
                else "+ enter adds one"
            )
            return [(truncate(said, width), self.look("form--focus") if active else self.tone("dim"))]
        cell = self._cells[y]
        spans = cell.spans or ((cell.text, cell.tone),)
        runs = self.toned(spans, "form--focus") if active else self.toned(spans, "form--value")
        return fit_runs(runs, width, ("", self.look()))

    def press(self, event: events.Key) -> bool:
        """Move, open, drop, shift."""
        last = len(self._cells)
        if event.key in {"up", "down"}:
            at = self._at + (1 if event.key == "down" else -1)
            if not 0 <= at <= last:
                return False
            self.go_to(at)
        elif event.key in {"enter", "space"}:
            self.post_message(self.Opened(self, self._at))
        elif event.key == "ctrl+x":
            if self._at < last:
                self.post_message(self.Dropped(self, self._at))
        elif event.key in MOVES:
            place = self._at + MOVES[event.key]
            if self._at < last and 0 <= place < last:
                self.post_message(self.Shifted(self, self._at, place))
        else:
            return False
        return True

    def on_click(self, event: events.Click) -> None:
        """A first click puts the cursor on a row, a second one opens it."""
        event.stop()
        if event.y == self._at:
            self.post_message(self.Opened(self, self._at))
        else:
            self.go_to(event.y)
