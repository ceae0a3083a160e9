"""Fields of a form: text, choice, switch. One line each, and a second one where something is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events

from data.clean import clean, is_clean
from widgets.cells import truncate
from widgets.editing import MAX_LENGTH, EditLine
from widgets.formfield import MODIFIED, SECRET, Field, edit_runs
from widgets.glyphs import glyphs
from widgets.paint import Run

__all__ = ["NOT_SET", "ChoiceField", "Field", "TextField", "ToggleField"]

NOT_SET = "not set"
"""How the option of no value is called."""


def held_whole(value: str) -> bool:
    """Whether a text is kept as it is and not edited in a line: it has several, or is too long."""
    return not is_clean(value) or len(value) > MAX_LENGTH


def summary(value: str, *, secret: bool = False) -> str:
    """What a line shows of a text that is kept whole."""
    lines = f"{len(value.splitlines())} lines"
    if secret:
        return f"{SECRET * 3} {lines}; ctrl+u empties it"
    return f"{lines}: {clean(value.strip().partition(chr(10))[0])}{glyphs().ellipsis} ctrl+u empties it"


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
        self.secret = secret
        self._edit = EditLine()
        self._whole = ""
        self._take(value)

    @property
    def value(self) -> str:
        """The text."""
        return self._whole or self._edit.text

    def set_value(self, value: str) -> None:
        """Replace the text, without telling."""
        if value != self.value:
            self._take(value)
            self.refresh()

    def _take(self, value: str) -> None:
        """Begin with `value`; one that no line can hold is kept whole and not edited here."""
        self._whole = value if held_whole(value) else ""
        self._edit.set("" if self._whole else value)

    def value_runs(self, y: int, width: int) -> list[Run]:  # noqa: ARG002 - one line
        """The text; the hint while there is none."""
        if self._whole:
            return [(truncate(summary(self._whole, secret=self.secret), width), self.tone("dim"))]
        if self.locked:
            shown = SECRET * len(self.value) if self.secret else self.value
            return [(f"{glyphs().locked} ", self.tone("dim")), (truncate(shown, width - 2), self.tone("dim"))]
        if not self.value and not self.has_focus:
            return [(truncate(self.hint, width), self.tone("dim"))]
        return edit_runs(self, self._edit, width, active=self.has_focus, secret=self.secret)

    def press(self, event: events.Key) -> bool:
        """Edit."""
        before = self.value
        if self._whole:
            if event.key != "ctrl+u":
                return event.is_printable
            self._whole = ""
        elif not self._edit.press(event.key):
            if event.character is None or not event.is_printable or event.key.startswith(MODIFIED):
                return False
            self._edit.insert(event.character)
        if self.value != before:
            self.changed()
        self.refresh()
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Insert what was pasted, as one clean line."""
        event.stop()
        if not self.locked and not self._whole:
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
        hint: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(label, required=required, locked=locked, hint=hint, id=id, classes=classes)
        self.options = tuple(options)
        self.value = value if value in self.options else next(iter(self.options), "")

    def set_options(self, options: Sequence[str], value: str = "") -> None:
        """Offer other options, without telling."""
        self.options = tuple(options)
        wanted = value or self.value
        self.value = wanted if wanted in self.options else next(iter(self.options), "")
        self.refresh()

    def set_value(self, value: str) -> None:
        """Choose `value`, without telling; one that is not offered is shown all the same, and stays until changed."""
        if value != self.value:
            self.value = value
            self.refresh()

    @property
    def _known(self) -> bool:
        return self.value in self.options

    def value_runs(self, y: int, width: int) -> list[Run]:  # noqa: ARG002 - one line
        """The chosen option between arrows, and how many there are."""
        place = f" ({self.options.index(self.value) + 1}/{len(self.options)})" if self._known else ""
        named = self.value or (NOT_SET if self.options else "none to choose from")
        if cell_len(named) > width - len(place) - len("<  >"):
            place = ""
        value = truncate(named, max(1, width - len(place) - len("<  >")))
        if self.locked or (self._known and len(self.options) < 2):  # noqa: PLR2004 - one is no choice
            return [(f"{value}  {truncate(self.hint, max(0, width - cell_len(value) - 2))}", self.tone("dim"))]
        dim = self.tone("dim")
        return [("< ", dim), (value, self.look("form--value")), (" >", dim), (place, dim)]

    def press(self, event: events.Key) -> bool:
        """Choose."""
        if not self.options:
            return False
        at = self.options.index(self.value) if self._known else -1
        if event.key in {"right", "space", "left"}:
            back = event.key == "left"
            self._choose((max(at, 0) - 1 if back else at + 1) % len(self.options))
            return True
        if event.character is None or not event.is_printable or event.key.startswith(MODIFIED):
            return False
        order = [*range(at + 1, len(self.options)), *range(at + 1)]
        letter = event.character.lower()
        found = next((number for number in order if self.options[number].lower().startswith(letter)), None)
        if found is not None:
            self._choose(found)
        return True

    def on_click(self, event: events.Click) -> None:
        """The next option."""
        event.stop()
        if not self.locked and self.options:
            at = self.options.index(self.value) if self._known else -1
            self._choose((at + 1) % len(self.options))

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
        self._set(value)
        return True

    def on_click(self, event: events.Click) -> None:
        """Switch."""
        event.stop()
        if not self.locked:
            self._set(not self.value)

    def set_value(self, value: bool) -> None:
        """Switch on or off, without telling."""
        if value != self.value:
            self.value = value
            self.refresh()

    def _set(self, value: bool) -> None:
        if value != self.value:
            self.value = value
            self.changed()
