"""Submissions side by side: what was asked for, only where it differs or all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from data.model.pipeline import Submission
from styles import sheet
from tui.present.submissions import Difference, Known, compared
from tui.present.text import clock
from tui.screens.value import ValueScreen
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.rows import Row
from widgets.sidetable import Heading, SideTable


class DifferenceRows:
    """The lines as rows of a `SideTable`."""

    def __init__(self, lines: Sequence[Difference]) -> None:
        self.lines = tuple(lines)
        self._places = {one.key: at for at, one in enumerate(self.lines)}

    @property
    def size(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    @property
    def widest(self) -> int:
        """Cells of the longest name."""
        return max((Cell(_named(one)).width for one in self.lines), default=0)

    def row(self, index: int) -> Row | None:
        """Key and name of a line."""
        if not 0 <= index < len(self.lines):
            return None
        one = self.lines[index]
        return Row(one.key, (Cell(_named(one), "" if one.differs else "dim"),))

    def index_of(self, key: str) -> int | None:
        """Where a line stands."""
        return self._places.get(key)

    def cell(self, index: int, column: int) -> Cell:
        """A value; what a submission does not have is a dash."""
        one = self.lines[index]
        value = one.values[column]
        return Cell(value.partition("\n")[0] or "–", "" if one.differs and value else "dim")


class SubmissionCompareScreen(ModalScreen[None]):
    """A table in a box: a line per field, a column per submission."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close"),
        Binding("d", "turn", "Only what differs, or all"),
        Binding("left", "side(-1)", "Left", show=False),
        Binding("right", "side(1)", "Right", show=False),
    ]
    AUTO_FOCUS = "#value-lines"
    CSS_PATH: ClassVar = [sheet("value"), sheet("submission")]

    def __init__(self, submissions: Sequence[Submission], known: Known) -> None:
        super().__init__()
        self.submissions = tuple(submissions)
        self._lines = compared(submissions, known)
        self.differing = True

    def compose(self) -> ComposeResult:
        """The heading over the table."""
        with Vertical(id="value-box"):
            yield Facts(1, id="value-head")
            yield SideTable(empty_text=(Cell("They asked for the same", "bold"),), id="value-lines")

    def on_mount(self) -> None:
        """Draw it."""
        self._show()

    def _show(self) -> None:
        lines = [one for one in self._lines if one.differs or not self.differing]
        shown = "what differs; d shows all" if self.differing else "all; d shows what differs"
        count = Cell(f"{len(self.submissions)} submissions", "bold")
        self.query_one(Facts).update([[count, Cell(f"{shown}; enter shows a whole value, esc closes", "dim")]])
        headings = [Heading(name=f"{clock(one.timestamp)[5:16]} {one.requester}") for one in self.submissions]
        self.query_one(SideTable).show(DifferenceRows(lines), headings)

    def action_turn(self) -> None:
        """Only what differs, or all."""
        self.differing = not self.differing
        self._show()

    def action_side(self, by: int) -> None:
        """The next submission."""
        table = self.query_one(SideTable)
        table.move_column(table.column + by)

    def on_grid_opened(self) -> None:
        """`enter`: the value under the cursor, whole."""
        table = self.query_one(SideTable)
        rows = table.sides
        place = rows.index_of(table.cursor_key or "")
        if isinstance(rows, DifferenceRows) and place is not None:
            one = rows.lines[place]
            self.app.push_screen(ValueScreen(_named(one), one.values[table.column] or "–"))


def _named(one: Difference) -> str:
    return one.name if one.group == "request" else f"{one.group} {one.name}"
