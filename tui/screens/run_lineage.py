"""The tab Lineage: what a run came of and what came of it; `enter` opens what a line names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from data.model.pipeline import Submission
from data.model.run import PipelineRun
from data.model.tracking import Deployment, Experiment, ModelVersion, TrackedRun
from tui.lazyrows import LazyRows
from tui.lineage import Lineage, read_lineage
from tui.present.lineage import lineage_lines
from tui.present.lineage_parts import COLUMNS, Line, filtered, line_row
from tui.screens.pane import Pane
from widgets.cells import Cell
from widgets.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.export import Table
    from data.store.port import Changes

AROUND = frozenset({Submission, Deployment, Experiment, ModelVersion})
"""Records that stand around a run and of which there are few: any change is looked at."""


class LineagePane(Pane):
    """The records around a run."""

    TITLE = "Lineage"

    def __init__(self) -> None:
        super().__init__()
        self.around = Lineage()
        self.lines: list[Line] = []

    def compose(self) -> ComposeResult:
        """The lines."""
        yield Grid(COLUMNS, empty_text=(Cell("reading", "dim"),), id="lineage", classes="pane-list")

    async def load(self) -> None:
        """Read the records around the run."""
        if self.store is not None:
            self.around = await read_lineage(self.store, self.subject)
            self.show()

    async def data_changed(self, changes: Changes) -> None:
        """Read again when something around it changed."""
        around = self.around
        shown = {one.id for one in (*around.siblings, *around.parents, *around.above, *around.below)}
        touched = changes.put.get(PipelineRun, frozenset()) | changes.put.get(TrackedRun, frozenset())
        if AROUND & {*changes.put, *changes.deleted} or touched & shown:
            await self.load()

    def show(self) -> None:
        """Draw the lines."""
        names = self.home.feed.overview.names if self.home.feed else {}
        self.lines = lineage_lines(self.subject, self.around, names, self.now())
        self.nothing("Nothing is known around this run")
        shown = filtered(self.lines, self.filter) if self.filter else self.lines
        self.grid.set_source(LazyRows(shown, _key, line_row))

    @property
    def current(self) -> Line | None:
        """The line under the cursor."""
        rows = self.grid.source
        return rows.item(self.grid.cursor_key) if isinstance(rows, LazyRows) else None

    async def on_grid_opened(self) -> None:
        """`enter`: what the line names."""
        if self.current is not None:
            await self.home.open_line(self.current.opens)

    def copied(self) -> str:
        """What `y` copies: the value of the line."""
        return self.current.value.text.strip() if self.current else ""

    def tables(self) -> Sequence[Table]:
        """The lines."""
        from data.export import Table

        rows = [(one.name, one.value.text.strip(), one.more.text) for one in self.lines if not one.heads]
        return [Table.of("lineage", ("what", "value", "more"), rows)] if rows else []


def _key(one: Line) -> str:
    return one.key
