"""The tab Children: the runs nested in an MLflow run, as many as there are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from data.model.tracking import TrackedRun
from tui.present.mlflow import CHILD_COLUMNS, child_cells
from tui.rows import StoreRows
from tui.screens.pane import Pane
from widgets.cells import Cell
from widgets.grid import Grid

if TYPE_CHECKING:
    from data.store.port import Changes


class ChildrenPane(Pane):
    """Nested runs, the newest first."""

    TITLE = "Children"

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def compose(self) -> ComposeResult:
        """The list."""
        yield Grid(CHILD_COLUMNS, empty_text=(Cell("reading", "dim"),), id="children", classes="pane-list")

    async def load(self) -> None:
        """List them anew."""
        tracked, store = self.subject.tracked, self.store
        if not tracked or store is None:
            return
        where = {"connection": tracked[0].connection, "parent_run_id": tracked[0].run_id}
        listing = await store.listing(TrackedRun, where=where, query=self.home.text_query(self.filter))
        rows = StoreRows(listing, lambda run: child_cells(run, self.now()))
        start, stop = self.grid.in_sight
        await rows.load(start, max(stop, start + self.grid.page) + 1)
        self._count = rows.size
        self.nothing("No nested runs", "Runs appear here whose parent this one is (tag mlflow.parentRunId)")
        self.grid.set_source(rows)

    def count(self) -> int:
        """Nested runs."""
        return self._count

    def show(self) -> None:
        """The filter changed: list them anew."""
        self.home.work(self.load, group="children")

    async def data_changed(self, changes: Changes) -> None:
        """Read again when an MLflow run changed."""
        if TrackedRun in changes.put or TrackedRun in changes.deleted:
            await self.load()

    def on_grid_wanted(self, message: Grid.Wanted) -> None:
        """Load what came into sight."""
        self.home.work(partial(self._want, message.start, message.end), group="want")

    async def _want(self, start: int, stop: int) -> None:
        rows = self.grid.source
        if isinstance(rows, StoreRows):
            await rows.load(start, stop)
            if rows is self.grid.source:
                self.grid.refresh_rows(start, stop)

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the nested run."""
        self.home.dashboard.open_tracked(message.key)
