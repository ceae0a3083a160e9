"""One submission: every field of it, and the run that came of it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from data.model.pipeline import Submission
from styles import sheet
from tui.lazyrows import LazyRows
from tui.present.params import COLUMNS, Value, value_row
from tui.present.submissions import RUN, Known, all_values
from tui.screens.value import ValueScreen
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.grid import Grid


class SubmissionScreen(ModalScreen[str]):
    """All fields in a box; gives the id of the run that is to be opened, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "dismiss", "Close"),
        ("y", "copy_value", "Copy the value"),
    ]
    AUTO_FOCUS = "#value-lines"
    CSS_PATH: ClassVar = [sheet("value"), sheet("submission")]

    def __init__(self, submission: Submission, known: Known) -> None:
        super().__init__()
        self.submission = submission
        self._values = all_values(submission, known)
        self._found = submission.pipeline_run_id if submission.pipeline_run_id in known.runs else ""

    def compose(self) -> ComposeResult:
        """The name over the lines."""
        with Vertical(id="value-box"):
            yield Facts(1, id="value-head")
            yield Grid(COLUMNS[:2], id="value-lines")

    def on_mount(self) -> None:
        """The heading and the lines; the cursor stands on the run."""
        what = "enter opens the run, or a whole value" if self._found else "enter shows a whole value"
        head = [Cell(f"submission {self.submission.id}", "bold"), Cell(f"{what}, y copies, esc closes", "dim")]
        self.query_one(Facts).update([head])
        grid = self.query_one(Grid)
        grid.set_source(LazyRows(self._values, lambda value: value.key, value_row))
        self.call_after_refresh(grid.go_to, next(value.key for value in self._values if value.kind == RUN))

    @property
    def current(self) -> Value | None:
        """The line under the cursor."""
        grid = self.query_one(Grid)
        rows = grid.source
        return rows.item(grid.cursor_key) if isinstance(rows, LazyRows) else None

    def on_grid_opened(self) -> None:
        """`enter`: the run, else the whole value."""
        value = self.current
        if value is None or not value.kind:
            return
        if value.kind == RUN and self._found:
            self.dismiss(self._found)
        elif value.value:
            self.app.push_screen(ValueScreen(value.name, value.value))

    def action_copy_value(self) -> None:
        """Copy the value under the cursor."""
        if self.current is not None and self.current.value:
            self.app.copy_to_clipboard(self.current.value)
