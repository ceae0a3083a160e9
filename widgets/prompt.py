"""The line in which one types a filter, a command or what to search for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.cells import truncate
from widgets.editing import EditLine
from widgets.frame import EDGE, ITEM_GAP, OneLine
from widgets.paint import Run

COMMAND_KEYS = ("alt+", "ctrl+")
"""Keys with these modifiers type nothing, though terminals tell the letter too."""


def no_completion(_text: str) -> Sequence[str]:
    """Nothing is offered."""
    return ()


class Prompt(OneLine, can_focus=True):
    """Label and text, with completion (`tab`) and history (up and down). The cursor does not blink."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"prompt--label", "prompt--cursor", "prompt--error"}

    @dataclass(eq=False, repr=False)
    class Sent(Message):
        """A message of a prompt; `value` is its text."""

        prompt: Prompt
        value: str

        @property
        def control(self) -> Prompt:
            """The prompt that sent it."""
            return self.prompt

    class Changed(Sent):
        """The text has changed."""

    class Submitted(Sent):
        """`enter`."""

    class Cancelled(Sent):
        """`esc`."""

    def __init__(self, label: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.label = label
        self._edit = EditLine()
        self._complete: Callable[[str], Sequence[str]] = no_completion
        self._history: Sequence[str] = ()
        self._place = 0
        self._draft = ""
        self._error = ""
        self._error_at = 0

    @property
    def value(self) -> str:
        """The text."""
        return self._edit.text

    @property
    def error(self) -> str:
        """What is wrong with the text; "" when nothing is."""
        return self._error

    def open(
        self,
        label: str,
        value: str = "",
        *,
        complete: Callable[[str], Sequence[str]] = no_completion,
        history: Sequence[str] = (),
    ) -> None:
        """Begin anew with `value`.

        `complete` returns whole lines that the text could become, the best first. `history` has the oldest first.
        """
        self.label, self._complete, self._history = label, complete, tuple(history)
        self._edit.set(value)
        self._place, self._draft = len(self._history), ""
        self.show_error("")
        self.refresh()

    def show_error(self, message: str, position: int = 0) -> None:
        """Say at the right end what is wrong, and underline the character at `position`; "" takes it away."""
        if (message, position) != (self._error, self._error_at):
            self._error, self._error_at = message, position
            self.refresh()

    @property
    def ghost(self) -> str:
        """What `tab` would append."""
        text = self._edit.text
        if not text or self._edit.cursor < len(text):
            return ""
        for candidate in self._complete(text):
            if candidate.lower().startswith(text.lower()) and len(candidate) > len(text):
                return candidate[len(text) :]
        return ""

    def on_key(self, event: events.Key) -> None:
        """Edit; keys that mean nothing here go on to the screen, except those that could be typed."""
        before = self._edit.text
        if not self._command(event.key) and not self._edit.press(event.key):
            if event.character is None or not event.is_printable or event.key.startswith(COMMAND_KEYS):
                return
            self._edit.insert(event.character)
        event.stop()
        event.prevent_default()
        self.refresh()
        if self._edit.text != before:
            self.post_message(self.Changed(self, self._edit.text))

    def on_paste(self, event: events.Paste) -> None:
        """Insert what was pasted, as one clean line."""
        event.stop()
        self._edit.insert(event.text.strip())
        self.refresh()
        self.post_message(self.Changed(self, self._edit.text))

    def _command(self, key: str) -> bool:
        """Do what `key` does beside editing; False for other keys."""
        if key == "enter":
            self.post_message(self.Submitted(self, self.value))
        elif key == "escape":
            self.post_message(self.Cancelled(self, self.value))
        elif key == "tab":
            self._edit.insert(self.ghost)
        elif key in {"up", "ctrl+p"}:
            self._recall(self._place - 1)
        elif key in {"down", "ctrl+n"}:
            self._recall(self._place + 1)
        else:
            return False
        return True

    def _recall(self, place: int) -> None:
        """Show entry `place` of the history; behind the last one stands what was typed."""
        if not 0 <= place <= len(self._history):
            return
        if self._place == len(self._history):
            self._draft = self.value
        self._place = place
        self._edit.set(self._history[place] if place < len(self._history) else self._draft)

    def draw(self, width: int) -> Strip:
        """Label, text with cursor, what `tab` would append, and at the right end what is wrong."""
        label = " " * EDGE + self.label + (" " if self.label else "")
        error = truncate(self._error, max(0, width // 2))
        room = max(1, width - cell_len(label) - (cell_len(error) + ITEM_GAP if error else 0) - EDGE)
        shown, _ = self._edit.view(room)
        runs: list[Run] = [(label, self.look("prompt--label")), *self._text(shown, len(self.value) - len(shown))]
        text = self.strip(runs, None).crop(0, cell_len(label) + room)
        space = " " * max(0, width - text.cell_length - cell_len(error) - EDGE)
        wrong = self.strip([(space, self.look()), (error, self.tone("failed"))], width - text.cell_length)
        return Strip([*text, *wrong], width)

    def _text(self, shown: str, first: int) -> list[Run]:
        """The characters of the text from number `first` on, the cursor among them, and the ghost."""
        runs: list[Run] = []
        for number, character in enumerate(shown, first):
            look = [name for name, wanted in self._looks_at(number) if wanted]
            runs.append((character, self.look(*look)))
        ghost = self.ghost
        if self._edit.cursor == len(self.value):
            runs.append((ghost[:1] or " ", self.look(*(["prompt--cursor"] if self.has_focus else []))))
            ghost = ghost[1:]
        return [*runs, (ghost, self.tone("dim"))]

    def _looks_at(self, number: int) -> tuple[tuple[str, bool], ...]:
        return (
            ("prompt--error", bool(self._error) and number == self._error_at),
            ("prompt--cursor", self.has_focus and number == self._edit.cursor),
        )

    def watch_has_focus(self, value: bool) -> None:
        """Show the cursor only while keys come here."""
        super().watch_has_focus(value)
        self.refresh()
