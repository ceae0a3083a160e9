"""Two screens for when there is nothing to show: no configuration yet, and something that must be mended first."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from data.errors import LinesideError
from styles import sheet


class _Notice(ModalScreen[str]):
    """Some lines in a box, which scroll where there is little room, and keys."""

    CSS_PATH: ClassVar = [sheet("overlay")]
    AUTO_FOCUS = "#notice"

    def __init__(self, heading: str, lines: list[str]) -> None:
        super().__init__()
        self._heading = heading
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The box."""
        with VerticalScroll(id="notice"):
            yield Static(self._heading, id="notice-head", markup=False)
            for line in self._lines:
                yield Static(line, markup=False, classes="" if line else "-blank")


class WelcomeScreen(_Notice):
    """First start: nothing is configured."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "dismiss('demo')", "demo"),
        Binding("q,escape,ctrl+q,enter", "dismiss('')", "quit"),
    ]

    def __init__(self) -> None:
        super().__init__(
            "Welcome to Lineside",
            [
                "",
                "There is no configuration yet, and this folder is no checkout of a GitLab project.",
                "",
                "d   look around in the demo: a simulated GitLab, a local MLflow store, two weeks of history",
                "q   quit; then `lineside config init` writes a file to fill in, and `cd` into a checkout of",
                "    a GitLab project followed by `lineside` works without any file",
            ],
        )


class TroubleScreen(_Notice):
    """Something without which nothing works."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape,ctrl+q,enter", "dismiss('')", "quit")]

    def __init__(self, error: LinesideError) -> None:
        lines = ["", error.message, ""]
        if error.hint:
            lines += [error.hint, ""]
        super().__init__("Lineside cannot go on", [*lines, "q   quit"])
