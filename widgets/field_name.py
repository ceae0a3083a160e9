"""A question that is answered by typing a name: for what cannot be taken back by one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen

from widgets.forms import TextField
from widgets.frame import EDGE
from widgets.wrapped import Wrapped

WRAP = 60
"""Characters of a line; a box that fits 80 columns has room for them and for the edges."""


class NameField(TextField):
    """A line of text that `enter` hands over."""

    class Entered(Message):
        """`enter` was pressed."""

    def press(self, event: events.Key) -> bool:
        """Hand over, or edit."""
        if event.key != "enter":
            return super().press(event)
        self.post_message(self.Entered())
        return True


class NameScreen(ModalScreen[bool]):
    """Asks `question`, says in `details` what will happen, and returns whether `name` was typed."""

    CSS_PATH = ["../styles/form.tcss", "../styles/field.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "answer(False)", "No", show=False, id="name.no")]
    AUTO_FOCUS = "#name-typed"

    def __init__(self, question: str, name: str, details: Sequence[str] = ()) -> None:
        super().__init__()
        self._name_wanted = name
        told = [(question, "bold"), *((line, "") for line in details)]
        self._told = [*told, ("", ""), ("Type its name and press enter; esc leaves it as it is.", "dim")]

    def compose(self) -> ComposeResult:
        """What is asked, and below it the field, which is always in sight."""
        with Vertical(id="name-box"):
            yield Wrapped(self._told, WRAP, indent=EDGE, id="name-told")
            yield NameField("name", id="name-typed", hint=self._name_wanted)

    def action_answer(self, yes: bool) -> None:
        """Answer, and close."""
        self.dismiss(yes)

    def on_name_field_entered(self) -> None:
        """`enter` answers, where the name is right."""
        field = self.query_one(NameField)
        if field.value.strip() == self._name_wanted.strip():
            self.dismiss(True)
        else:
            field.set_error("that is another name")
