"""A question that is answered by typing a name: for what cannot be taken back by one key."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen

from widgets.cells import Cell
from widgets.facts import Facts
from widgets.forms import TextField

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
        told = [[Cell(part, "bold")] for part in wrap(question, WRAP)]
        told += [[Cell(part)] for line in details for part in wrap(line, WRAP)]
        self._told = [*told, [], [Cell("Type its name and press enter; esc leaves it as it is.", "dim")]]

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with Vertical(id="name-box"):
            yield Facts(len(self._told), id="name-told")
            yield NameField("name", id="name-typed", hint=self._name_wanted)

    def on_mount(self) -> None:
        """Say what is asked."""
        self.query_one(Facts).update(self._told)

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
