"""A question before something is done that cannot be undone. The answer is No unless one says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.strip import Strip

from widgets.paint import Run
from widgets.wrapped import Told, Wrapped, folded

MAX_DETAILS = 12
"""Lines of details that are shown; of more the last line says how many there are."""

WRAP = 62
"""Characters of a line; a box that fits 80 columns has room for them."""

BUTTON_GAP = 3

BLANK: Told = ("", "")
"""An empty line."""


class _Lines(Wrapped):
    """Question, details and the two answers, which are always in sight."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"confirm--chosen"}

    def __init__(self, question: str, details: Sequence[str], answers: tuple[str, str]) -> None:
        super().__init__([(question, "bold")], WRAP)
        self.details, self.answers = tuple(details), answers
        self.yes = False

    def _details(self, width: int, most: int) -> list[Told]:
        """At most so many lines of the details; the last one says how many more there are."""
        shown = folded([(line, "") for line in self.details], min(WRAP, width))
        if len(shown) > most:
            shown[max(0, most - 1) :] = [(f"and {len(shown) - most + 1} more", "")]
        return shown

    def texts(self, width: int) -> list[Told]:
        """Question and details with a blank line behind each."""
        details = self._details(width, MAX_DETAILS)
        return [*super().texts(width), BLANK, *details, *[BLANK] * bool(details)]

    def fitted(self, width: int, height: int) -> list[Told]:
        """What there is room for above the answers: first the blank lines give way, then details."""
        lines, room = self.texts(width), max(0, height - 1)
        if len(lines) <= room:
            return lines
        asked = [line for line in super().texts(width) if line[0]][:room]
        left = min(MAX_DETAILS, room - len(asked))
        return [*asked, *(self._details(width, left) if left > 0 else [])]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line more, for the answers."""
        return super().get_content_height(container, viewport, width) + 1

    def line(self, y: int) -> Strip:
        """A line, or below the last one the answers."""
        if y == len(self.fitted(self.line_width, self.size.height)):
            return self.strip(self._buttons(), self.line_width)
        return super().line(y)

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
