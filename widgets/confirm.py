"""A question before something is done that cannot be undone. The answer is No unless one says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip

from widgets.cells import truncate
from widgets.paint import TONE_CLASSES, Painter, Run

MAX_DETAILS = 12
"""Lines of details that are shown; of more the last line says how many there are."""

WRAP = 62
"""Characters of a line; a box that fits 80 columns has room for them."""

BUTTON_GAP = 3


def _wrapped(text: str) -> list[str]:
    return wrap(text, WRAP) or [""]


class _Lines(Painter):
    """Question, details and the two answers."""

    DEFAULT_CSS = "_Lines { width: 1fr; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES, "confirm--chosen"}

    def __init__(self, question: str, details: Sequence[str], answers: tuple[str, str]) -> None:
        super().__init__()
        self.answers = answers
        self.yes = False
        shown = [part for line in details for part in _wrapped(line)]
        if len(shown) > MAX_DETAILS:
            shown[MAX_DETAILS - 1 :] = [f"and {len(shown) - MAX_DETAILS + 1} more"]
        asked = [(part, "bold") for part in _wrapped(question)]
        self._texts = [*asked, ("", ""), *((line, "") for line in shown), *[("", "")] * bool(shown)]
        self.styles.height = len(self._texts) + 1

    def line(self, y: int) -> Strip:
        width = self.line_width
        if y < len(self._texts):
            text, tone = self._texts[y]
            return self.strip([(truncate(text, width), self.tone(tone))], width)
        return self.strip(self._buttons() if y == len(self._texts) else [], width)

    def _buttons(self) -> list[Run]:
        runs: list[Run] = []
        for text, chosen in zip(self.answers, (not self.yes, self.yes), strict=True):
            runs += [
                (f" {text} ", self.look("confirm--chosen") if chosen else self.look()),
                (" " * BUTTON_GAP, self.look()),
            ]
        return runs


class Confirm(ModalScreen[bool]):
    """Asks `question`, says in `details` what will happen, one line each, and returns whether the answer was Yes."""

    CSS_PATH = "../styles/confirm.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False, id="confirm.yes"),
        Binding("n,escape,q", "answer(False)", "No", show=False, id="confirm.no"),
        Binding("enter", "chosen", "The marked answer", show=False, id="confirm.enter"),
        Binding("left,right,tab,shift+tab,h,l", "switch", "The other answer", show=False, id="confirm.switch"),
    ]

    def __init__(self, question: str, details: Sequence[str] = (), *, yes: str = "Yes", no: str = "No") -> None:
        super().__init__()
        self._lines = _Lines(question, details, (f"{no} (n)", f"{yes} (y)"))

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with Vertical(id="confirm"):
            yield self._lines

    def action_answer(self, yes: bool) -> None:
        """Answer, and close."""
        self.dismiss(yes)

    def action_chosen(self) -> None:
        """Answer with what is marked: No, unless another key came before."""
        self.dismiss(self._lines.yes)

    def action_switch(self) -> None:
        """Mark the other answer."""
        self._lines.yes = not self._lines.yes
        self._lines.refresh()
