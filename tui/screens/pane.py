"""A tab: a part of a screen with a list, which reads what it shows when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Vertical
from textual.widget import Widget

from tui.commands import CHART
from widgets.cells import Cell
from widgets.grid import Grid

if TYPE_CHECKING:
    from datetime import datetime

    from data.export import Table
    from data.store.port import Changes, Store
    from tui.screens.tabbed import TabbedScreen
    from tui.screens.tabs import Tabbed
    from tui.subject import Subject

CHARTS = frozenset(spec.id for spec in CHART)
"""Commands that charts carry out."""


class TabPane(Vertical):
    """One tab. Subclasses compose a `Grid` of the class `pane-list`, which has the focus."""

    TITLE: ClassVar[str] = ""
    """How the line of tabs calls it."""

    def __init__(self) -> None:
        super().__init__(id="pane-" + self.TITLE.lower().replace(" ", "-"))
        self.filter = ""
        """What restricts it."""
        self.ready = False
        """Whether what it shows is up to date; else it is read when it is shown."""

    @property
    def home(self) -> Tabbed:
        """The screen."""
        return cast("Tabbed", self.screen)

    @property
    def store(self) -> Store | None:
        """The store; None until it is open."""
        return self.home.feed.context.store if self.home.feed else None

    def now(self) -> datetime:
        """The time that ages are counted from."""
        return self.home.now()

    @property
    def grid(self) -> Grid:
        """The list that has the focus."""
        return self.query_one(".pane-list", Grid)

    @property
    def main(self) -> Widget:
        """What has the focus while the tab is shown."""
        return self.grid

    def owner_of(self, id: str) -> Widget | None:  # noqa: ARG002 - tabs with several widgets ask
        """The widget that carries out a command of its own keys."""
        return self.grid

    def topics(self) -> Sequence[str]:
        """What it looks at, beside what its screen does (see `data.model.Interest`)."""
        return ()

    async def load(self) -> None:
        """Read what it shows and the screen does not have, and show it."""

    async def data_changed(self, changes: Changes) -> None:
        """Take over what changed, while it is shown; the subject is up to date."""

    def tick(self) -> None:
        """Once a second, while it is shown."""

    def count(self) -> int:
        """A number for the line of tabs; 0 for none."""
        return 0

    def set_filter(self, text: str) -> str:
        """Show only what matches; returns what is wrong with the text, or nothing."""
        self.filter = text
        self.show()
        return ""

    def show(self) -> None:
        """Draw what was read."""

    def why_not(self, id: str) -> str:  # noqa: ARG002 - tabs with commands of their own ask
        """Why a command cannot be used in this tab now; empty when it can."""
        return ""

    def do_open(self) -> None:
        """`enter` from the palette."""
        self.grid.action_open()

    def copied(self) -> str:
        """What `y` copies; empty for the address of the run."""
        return ""

    def tables(self) -> Sequence[Table]:
        """What `E` can write to a file from here."""
        return ()

    def nothing(self, *lines: str) -> None:
        """Say why the list is empty."""
        told = (f"Nothing matches {self.filter}", "esc shows everything again") if self.filter else lines
        self.grid.set_empty([Cell(line, "dim" if number else "bold") for number, line in enumerate(told)])


class Pane(TabPane):
    """A tab of the screen of a run, or of an MLflow run."""

    @property
    def home(self) -> TabbedScreen:
        """The screen."""
        return cast("TabbedScreen", self.screen)

    @property
    def subject(self) -> Subject:
        """What the screen is about."""
        return self.home.subject

    def why_not(self, id: str) -> str:
        """Why a command cannot be used in this tab now; empty when it can."""
        return "the charts are in the tab Metrics" if id in CHARTS else ""
