"""Fields of a form: text, choice, switch. One line each, and a second one where something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.cells import fit_text, truncate
from widgets.editing import EditLine
from widgets.glyphs import glyphs
from widgets.paint import TONE_CLASSES, Painter, Run

LABEL_WIDTH = 22
"""Cells of the labels, so that the values of all fields of a form begin below each other."""

MARGIN = 2
"""Cells before a label, where a field that has the focus is marked."""

SECRET = "•"
"""Drawn for each character of a secret."""


def edit_runs(painter: Painter, edit: EditLine, width: int, *, active: bool, secret: bool = False) -> list[Run]:
    """The text that `edit` holds, in `width` cells, with a cursor when it is `active`."""
    shown, _ = edit.view(width)
    at = edit.cursor - (len(edit.text) - len(shown))
    if secret:
        shown = SECRET * len(shown)
    look = painter.look("form--value")
    if not active:
        return [(fit_text(shown, width), look)]
    under = shown[at : at + 1] or " "
    return [
        (shown[:at], look),
        (under, painter.look("form--value", "form--cursor")),
        (shown[at + 1 :], look),
    ]


class Field(Painter, can_focus=True):
    """A label and a value; base of the fields."""

    DEFAULT_CSS = "Field { height: 1; width: 1fr; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES, "form--label", "form--focus", "form--value", "form--cursor"}

    @dataclass(eq=False, repr=False)
    class Changed(Message):
        """The value of a field has changed."""

        field: Field

        @property
        def control(self) -> Field:
            """The field."""
            return self.field

    def __init__(
        self,
        label: str,
        *,
        required: bool = False,
        locked: bool = False,
        hint: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.label, self.required, self.locked, self.hint = label, required, locked, hint
        self.error = ""

    @property
    def rows(self) -> int:
        """Lines of the field without that of an error."""
        return 1

    def set_error(self, error: str) -> None:
        """Say under the field what is wrong; "" when nothing is."""
        if error != self.error:
            self.error = error
            self.resized()

    def resized(self) -> None:
        """Take as many lines as there is to show."""
        self.styles.height = self.rows + bool(self.error)
        self.refresh()

    def changed(self) -> None:
        """The value has changed: draw it, take back the complaint, and tell the form."""
        self.set_error("")
        self.refresh()
        self.post_message(self.Changed(self))

    def line(self, y: int) -> Strip:
        """Label and value, or what is wrong."""
        width = self.line_width
        if y >= self.rows:
            room = max(0, width - MARGIN - LABEL_WIDTH)
            runs = [(" " * (MARGIN + LABEL_WIDTH), self.look()), (truncate(self.error, room), self.tone("failed"))]
            return self.strip(runs if self.error else [], width)
        return self.strip([*self.label_runs(y), *self.value_runs(y, max(1, width - MARGIN - LABEL_WIDTH))], width)

    def label_runs(self, y: int) -> list[Run]:
        """The mark of the focus and, in the first line, the label."""
        mark = glyphs().closed if self.has_focus and y == 0 else " "
        label = f"{self.label}{' *' if self.required else ''}" if y == 0 else ""
        name = "form--focus" if self.has_focus else "form--label"
        return [(fit_text(mark, MARGIN), self.look("form--focus")), (fit_text(label, LABEL_WIDTH), self.look(name))]

    def value_runs(self, y: int, width: int) -> list[Run]:
        """Line `y` of the value in at most `width` cells."""
        raise NotImplementedError

    def press(self, event: events.Key) -> bool:
        """Do what a key does here; False when it does nothing."""
        raise NotImplementedError

    def on_key(self, event: events.Key) -> None:
        """Up and down go to the other fields, every other key belongs to the value."""
        if not self.locked and self.press(event):
            pass
        elif event.key == "up":
            self.screen.focus_previous()
        elif event.key == "down":
            self.screen.focus_next()
        elif not event.is_printable:
            return
        event.stop()
        event.prevent_default()

    def watch_has_focus(self, value: bool) -> None:
        """Mark the field that keys go to."""
        super().watch_has_focus(value)
        self.refresh()


class TextField(Field):
    """A line of text; a `secret` one is drawn as dots."""

    def __init__(
        self,
        label: str,
        value: str = "",
        *,
        secret: bool = False,
        required: bool = False,
        locked: bool = False,
        hint: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(label, required=required, locked=locked, hint=hint, id=id, classes=classes)
        self._edit = EditLine(value)
        self.secret = secret

    @property
    def value(self) -> str:
        """The text."""
        return self._edit.text

    def set_value(self, value: str) -> None:
        """Replace the text, without telling."""
        self._edit.set(value)
        self.refresh()

    def value_runs(self, y: int, width: int) -> list[Run]:  # noqa: ARG002 - one line
        """The text; the hint while there is none."""
        if self.locked:
            return [(f"{glyphs().locked} ", self.tone("dim")), (truncate(self.value, width - 2), self.tone("dim"))]
        if not self.value and not self.has_focus:
            return [(truncate(self.hint, width), self.tone("dim"))]
        return edit_runs(self, self._edit, width, active=self.has_focus, secret=self.secret)

    def press(self, event: events.Key) -> bool:
        """Edit."""
        before = self.value
        if not self._edit.press(event.key):
            if event.character is None or not event.is_printable:
                return False
            self._edit.insert(event.character)
        if self.value != before:
            self.changed()
        self.refresh()
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Insert what was pasted, as one clean line."""
        event.stop()
        if not self.locked:
            self._edit.insert(event.text.strip())
            self.changed()


class ChoiceField(Field):
    """One of several options: left, right and space go through them, a letter goes to the next that begins with it."""

    def __init__(
        self,
        label: str,
        options: Sequence[str],
        value: str = "",
        *,
        required: bool = False,
        locked: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(label, required=required, locked=locked, id=id, classes=classes)
        self.options = tuple(options)
        self.value = value if value in self.options else next(iter(self.options), "")

    def set_options(self, options: Sequence[str], value: str = "") -> None:
        """Offer other options, without telling."""
        self.options = tuple(options)
        wanted = value or self.value
        self.value = wanted if wanted in self.options else next(iter(self.options), "")
        self.refresh()

    def value_runs(self, y: int, width: int) -> list[Run]:  # noqa: ARG002 - one line
        """The chosen option between arrows, and how many there are."""
        place = f" ({self.options.index(self.value) + 1}/{len(self.options)})" if self.value in self.options else ""
        value = truncate(self.value or "none to choose from", max(1, width - len(place) - 4))
        if self.locked or len(self.options) < 2:  # noqa: PLR2004 - one is no choice
            return [(value, self.tone("dim"))]
        dim = self.tone("dim")
        return [("< ", dim), (value, self.look("form--value")), (" >", dim), (place, dim)]

    def press(self, event: events.Key) -> bool:
        """Choose."""
        if not self.options:
            return False
        at = self.options.index(self.value) if self.value in self.options else 0
        if event.key in {"right", "space", "left"}:
            self._choose((at + (-1 if event.key == "left" else 1)) % len(self.options))
            return True
        if event.character is None or not event.is_printable:
            return False
        order = [*range(at + 1, len(self.options)), *range(at + 1)]
        letter = event.character.lower()
        found = next((number for number in order if self.options[number].lower().startswith(letter)), None)
        if found is not None:
            self._choose(found)
        return True

    def _choose(self, number: int) -> None:
        if self.options[number] != self.value:
            self.value = self.options[number]
            self.changed()


class ToggleField(Field):
    """On or off: space, left or right turn it round, `y` and `n` set it."""

    def __init__(
        self,
        label: str,
        value: bool = False,
        *,
        locked: bool = False,
        hint: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(label, locked=locked, hint=hint, id=id, classes=classes)
        self.value = value

    def value_runs(self, y: int, width: int) -> list[Run]:  # noqa: ARG002 - one line
        """The state in a sign and a word, then the hint."""
        sign = f"[{glyphs().check_on if self.value else glyphs().check_off}] {'on ' if self.value else 'off'}"
        look = self.tone("dim") if self.locked else self.look("form--value")
        return [(sign, look), (f"  {truncate(self.hint, max(0, width - len(sign) - 2))}", self.tone("dim"))]

    def press(self, event: events.Key) -> bool:
        """Switch."""
        if event.key in {"space", "left", "right"}:
            value = not self.value
        elif event.key in {"y", "n"}:
            value = event.key == "y"
        else:
            return False
        if value != self.value:
            self.value = value
            self.changed()
        return True
