"""The question before a launch: the whole request, which scrolls where it is long. The answer is No by default."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from styles import sheet
from tui.present.launch_request import Line, drawn
from widgets.cells import Cell
from widgets.confirm import WRAP, Confirm
from widgets.facts import Facts

CHROME = 9
"""Lines of the box beside question and request: frame, margins, blank lines, answers."""
MOST_SHARE = 90
"""Per cent of the screen's height that the box takes at most."""
STEP = 4
"""Lines by which a key scrolls."""


class LaunchQuestion(Confirm):
    """Asks `question` above the lines of a request, what it waits for first; up and down scroll.

    Args:
        question: what is asked.
        lines: the request.
        waits: what it will wait for.
        said: what else is to be known.
    """

    CSS_PATH = [sheet("confirm"), sheet("launch")]  # type: ignore[assignment]  # Textual takes a list as well
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j,pagedown", "more(1)", "Down", show=False, id="confirm.down"),
        Binding("up,k,pageup", "more(-1)", "Up", show=False, id="confirm.up"),
    ]

    def __init__(self, question: str, lines: Sequence[Line], waits: Sequence[str], said: Sequence[str]) -> None:
        super().__init__("")
        self._question = wrap(question, WRAP)
        self._details = drawn(lines, waits, said, WRAP)

    def compose(self) -> ComposeResult:
        """Question, request, answers."""
        asked = Facts(len(self._question) + 1, id="launch-question")
        asked.update([*([Cell(part, "bold")] for part in self._question), []])
        details = Facts(len(self._details))
        details.update(self._details)
        with Vertical(id="confirm"):
            yield asked
            with VerticalScroll(id="launch-details", can_focus=False):
                yield details
            yield self._lines

    def on_mount(self) -> None:
        """Leave room for question and answers."""
        others = len(self._question) + CHROME
        room = max(1, self.size.height * MOST_SHARE // 100 - others)
        self.query_one("#launch-details").styles.height = min(len(self._details), room)

    def action_more(self, step: int) -> None:
        """Scroll by some lines."""
        details = self.query_one("#launch-details", VerticalScroll)
        details.scroll_relative(y=step * STEP, animate=False)
