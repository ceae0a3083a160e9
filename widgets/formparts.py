"""More fields of a form: numbers, a list of things that are on or off, the heads of its sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.message import Message

from widgets.cells import Cell, fit_text, truncate
from widgets.formfield import CHANGED, FILLED, Field, LinedField
from widgets.forms import TextField
from widgets.frame import spans_of
from widgets.glyphs import glyphs
from widgets.paint import Run

STEPS = {"ctrl+up": 1, "ctrl+down": -1}
"""Keys that count a number up and down, in its last digit."""
NAME_WIDTH = 24
"""Cells of the name of something that is on or off, where there is room."""
REASON_SHARE = 2
"""Names take at most one of so many parts of the line."""


class NumberField(TextField):
    """A number; `ctrl+up` and `ctrl+down` count its last digit up and down."""

    def press(self, event: events.Key) -> bool:
        """Count, or edit."""
        if event.key not in STEPS:
            return super().press(event)
        counted = stepped(self.value, STEPS[event.key])
        if counted != self.value:
            self.set_value(counted)
            self.changed()
        return True


def stepped(text: str, step: int) -> str:
    """A number with `step` added to its last digit: 0.01 becomes 0.02, 64 becomes 65, 1e-3 becomes 2e-3.

    What is no number stays as it is; an empty text counts from 0.
    """
    mantissa, mark, exponent = text.strip().lower().partition("e")
    try:
        number = Decimal(mantissa or "0")
        if mark:
            int(exponent)
    except (InvalidOperation, ValueError):
        return text
    places = number.as_tuple().exponent
    if not isinstance(places, int):  # not finite
        return text
    return f"{number + step * Decimal(1).scaleb(min(places, 0)):f}{mark}{exponent}"


class Toggle(NamedTuple):
    """One thing that is on or off.

    Attributes:
        name: what it is.
        on: its state.
        group: what stands before it, such as its stage; not repeated.
        reason: why it is so, where something else decides.
        error: what is wrong with its state.
        mark: `CHANGED`, `FILLED` or nothing.
    """

    name: str
    on: bool
    group: str = ""
    reason: str = ""
    error: str = ""
    mark: str = ""


class TogglesField(LinedField):
    """Things that are on or off, one below the other: up and down move, space switches, `y` and `n` set."""

    @dataclass(eq=False, repr=False)
    class Switched(Message):
        """One of them is to be switched; the form decides what follows, and sets all of them anew."""

        field: TogglesField
        name: str
        on: bool

        @property
        def control(self) -> TogglesField:
            """The field."""
            return self.field

    def __init__(self, label: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(label, id=id, classes=classes)
        self.toggles: tuple[Toggle, ...] = ()
        self.styles.height = 0

    @property
    def rows(self) -> int:
        """One line for each."""
        return len(self.toggles)

    @property
    def narrow_label(self) -> int:
        """No more than the groups take, as names need the rest."""
        return max((cell_len(one.group) for one in self.toggles), default=0) + 2

    def set_toggles(self, toggles: Sequence[Toggle]) -> None:
        """Show these, without telling."""
        if tuple(toggles) != self.toggles:
            self.toggles = tuple(toggles)
            self._at = min(self._at, max(0, len(toggles) - 1))
            self.resized()

    def label_runs(self, y: int) -> list[Run]:
        """The mark of the cursor, that of a change, and the group where another one begins."""
        one = self.toggles[y]
        active = self.has_focus and y == self._at
        group = one.group if not y or self.toggles[y - 1].group != one.group else ""
        sign = {CHANGED: glyphs().mark, FILLED: glyphs().fresh}.get(one.mark, " ")
        return [
            (glyphs().closed if active else " ", self.look("form--focus")),
            (sign, self.tone("accent")),
            (fit_text(group, self.label_width - 1), self.look("form--label")),
            (" ", self.look()),
        ]

    def value_runs(self, y: int, width: int) -> list[Run]:
        """State in a sign and a word, name, and why."""
        one = self.toggles[y]
        active = self.has_focus and y == self._at
        state = f"[{glyphs().check_on if one.on else glyphs().check_off}] {'on ' if one.on else 'off'} "
        room = max(1, min(NAME_WIDTH, width // REASON_SHARE))
        name = fit_text(one.name, room)
        why, tone = (one.error, "failed") if one.error else (one.reason, "dim")
        look = self.look("form--focus") if active else self.look("form--value") if one.on else self.tone("dim")
        left = max(0, width - cell_len(state) - room - 1)
        return [(state, look), (name, look), (" ", self.look()), (truncate(why, left), self.tone(tone))]

    def press(self, event: events.Key) -> bool:
        """Move, switch."""
        if event.key in {"up", "down"}:
            at = self._at + (1 if event.key == "down" else -1)
            if not 0 <= at < len(self.toggles):
                return False
            self._at = at
            self.refresh()
            self.keep_in_sight(at)
        elif event.key in {"space", "left", "right"}:
            self._switch(self._at)
        elif event.key in {"y", "n"}:
            self._switch(self._at, event.key == "y")
        else:
            return False
        return True

    def on_click(self, event: events.Click) -> None:
        """Switch the one that was clicked."""
        event.stop()
        if event.y < len(self.toggles):
            self._at = event.y
            self.refresh()
            self._switch(event.y)

    def _switch(self, at: int, on: bool | None = None) -> None:
        if at < len(self.toggles) and not self.locked:
            one = self.toggles[at]
            wanted = not one.on if on is None else on
            if wanted != one.on:
                self.post_message(self.Switched(self, one.name, wanted))


class SectionHead(Field):
    """The title of a section, what there is to say of it, and whether it is folded: enter, space, left and right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"form--section"}

    @dataclass(eq=False, repr=False)
    class Folded(Message):
        """A section was folded or unfolded."""

        head: SectionHead

        @property
        def control(self) -> SectionHead:
            """The head."""
            return self.head

    def __init__(self, title: str, *, folded: bool = False, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(title, id=id, classes=classes)
        self.folded = folded
        self.cells: tuple[Cell, ...] = ()

    def set_cells(self, cells: Sequence[Cell]) -> None:
        """Say something about the section behind its title."""
        if tuple(cells) != self.cells:
            self.cells = tuple(cells)
            self.refresh()

    def label_runs(self, y: int) -> list[Run]:  # noqa: ARG002 - one line
        """The sign of the fold, and the title."""
        sign = glyphs().closed if self.folded else glyphs().open
        look = self.look("form--focus") if self.has_focus else self.look("form--section")
        return [(f"{sign} ", look), (fit_text(self.label, self.label_width), look)]

    def value_runs(self, y: int, width: int) -> list[Run]:  # noqa: ARG002 - one line
        """What there is to say."""
        return self.toned(spans_of(self.cells))

    def press(self, event: events.Key) -> bool:
        """Fold or unfold."""
        wanted = {"left": True, "right": False}.get(event.key, not self.folded)
        if event.key not in {"left", "right", "enter", "space"}:
            return False
        if wanted != self.folded:
            self.fold(wanted)
        return True

    def on_click(self, event: events.Click) -> None:
        """Fold or unfold."""
        event.stop()
        self.fold(not self.folded)

    def fold(self, folded: bool) -> None:
        """Fold or unfold, and tell the form."""
        self.folded = folded
        self.refresh()
        self.post_message(self.Folded(self))
