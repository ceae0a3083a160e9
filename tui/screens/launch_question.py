"""The question before a launch: the whole request, which scrolls where it is long. The answer is No by default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from styles import sheet
from tui.present.launch_request import Line, drawn
from widgets.confirm import BLANK, WRAP, Confirm
from widgets.facts import Facts
from widgets.frame import EDGE
from widgets.wrapped import Wrapped

CHROME = 8
"""Lines of the box beside question and request: frame, margins, blank lines below the request, answers."""
MOST_SHARE = 90
"""Per cent of the screen's height that the box takes at most."""
SCROLLBAR = 1
"""Cells beside the request that belong to its scroll bar."""
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
        self._question = question
        self._request = (lines, waits, said)

    def compose(self) -> ComposeResult:
        """Question, request, answers."""
        with Vertical(id="confirm"):
            yield Wrapped([(self._question, "bold"), BLANK], WRAP, indent=EDGE, id="launch-question")
            with VerticalScroll(id="launch-details", can_focus=False):
                yield Facts(0, id="launch-request")
            yield self._lines

    def on_resize(self) -> None:
        """Break the lines anew, once the box has its width."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Draw the request, with as many lines in sight as question and answers leave."""
        asked, details = self.query_one(Wrapped), self.query_one("#launch-request", Facts)
        lines = drawn(*self._request, min(WRAP, asked.size.width - 2 * EDGE - SCROLLBAR))
        details.styles.height = len(lines)
        details.update(lines)
        room = max(1, self.size.height * MOST_SHARE // 100 - asked.size.height - CHROME)
        self.query_one("#launch-details").styles.height = "1fr" if self.has_class("-low") else min(len(lines), room)

    def action_more(self, step: int) -> None:
        """Scroll by some lines."""
        details = self.query_one("#launch-details", VerticalScroll)
        details.scroll_relative(y=step * STEP, animate=False)
