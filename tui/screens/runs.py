"""Runs: the history over all projects, newest first, live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from tui.present.runs import COLUMNS, run_cells
from tui.rows import StoreRows
from tui.screens.acting import Acting
from tui.screens.base import LinesideScreen, bindings
from tui.screens.listing import ListScreen
from widgets.cells import Cell
from widgets.glyphs import status_glyph
from widgets.grid import Grid, Row

if TYPE_CHECKING:
    from data.model.run import PipelineRun
    from data.model.work import Command
    from data.store.port import Changes
    from tui.screens.acting import Target
    from tui.snapshot import Snapshot

LIKE = 20
"""Newest successful runs of a project whose durations give the estimate."""

SORTS: tuple[tuple[str, str], ...] = (
    ("created", "age"),
    ("status", "status"),
    ("ref", "ref"),
    ("execution_time", "took"),
    ("triggered_by", "by"),
)
"""Orders of the history: field of the store and column that it marks."""

FEW_CHANGES = 8
"""Changed runs that are looked up one by one; with more, listing anew is the cheaper answer."""

COMMAND_PREFIX = "command:"
"""Keys of rows that stand for launches under way."""


class RunsScreen(Acting, ListScreen):
    """The history."""

    NAME = "runs"
    TAB = "runs"
    BINDINGS = bindings("runs")
    COLUMNS = COLUMNS
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No runs yet",
        "They appear when the engine has read them; t starts one, 6 has the connections",
    )

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self._like: dict[str, Sequence[float]] = {}
        self._sort = 0
        self._descending = True

    # Rows

    def body(self) -> Iterable[Widget]:
        """The grid, newest first."""
        grid = self.list_grid()
        grid.set_sort("age", descending=True)
        yield grid

    def topics(self) -> Sequence[str]:
        """All projects."""
        return ("projects",)

    async def reload(self) -> None:
        """List the runs anew; cursor and view stay on their rows."""
        feed = self.feed
        if feed is None:
            return
        from data.model.run import PipelineRun
        from data.store.port import Sort

        field, column = SORTS[self._sort]
        listing = await feed.context.store.listing(PipelineRun, query=self.parsed(), sort=Sort(field, self._descending))
        rows = StoreRows(listing, self._cells, self._launches())
        start, stop = self.grid.in_sight
        await rows.load(0, max(stop - start, self.grid.page) + 1)
        await rows.load(start, stop + 1)
        await self._learn_durations(rows, range(start, max(stop, start + self.grid.page)))
        self.grid.set_sort(column, descending=self._descending)
        self.grid.set_source(rows)
        self.refresh_frame()
        if not rows.size:
            self.nothing()
        if not listing.complete:
            await listing.finish()
            self.grid.size_changed()

    def _cells(self, run: PipelineRun) -> tuple[Cell, ...]:
        feed = self.feed
        names = feed.overview.names if feed else {}
        cells = run_cells(run, names, self._like.get(run.project_id, ()), self.now())
        pending = feed.overview.pending_for(run.id) if feed else None
        if pending is None:
            return cells
        return (cells[0], Cell(f"{status_glyph('pending')} {pending.kind}", "pending"), *cells[2:])

    def _launches(self) -> list[Row]:
        """Rows for launches that have no run yet."""
        feed = self.feed
        if feed is None or self.filter:
            return []
        return [self._launch_row(command) for command in feed.overview.pending if command.kind == "launch"]

    def _launch_row(self, command: Command) -> Row:
        names = self.feed.overview.names if self.feed else {}
        cells = {
            "id": Cell.of((f"{status_glyph('pending')} ", "pending"), ("new", "dim")),
            "status": Cell(command.state, "pending"),
            "pipeline": Cell(names.get(command.project_id, command.title)),
            "ref": Cell(str(command.payload.get("ref", ""))),
            "metric": Cell(command.answer, "dim"),
            "by": Cell(command.by, "dim"),
        }
        return Row(COMMAND_PREFIX + command.id, tuple(cells.get(column.key, Cell()) for column in COLUMNS))

    async def _learn_durations(self, rows: StoreRows[PipelineRun], places: range) -> None:
        """Durations of like runs, for the estimates of the active ones at `places`."""
        from data.model.run import PipelineRun
        from data.model.vocabulary import ACTIVE

        feed = self.feed
        shown = (rows.record(index) for index in places)
        for project_id in {run.project_id for run in shown if run is not None and run.status in ACTIVE}:
            if feed is None or project_id in self._like:
                continue
            page = await feed.context.store.page(
                PipelineRun, where={"project_id": project_id, "status": "success"}, limit=LIKE
            )
            self._like[project_id] = [float(run.execution_time) for run in page.records if run.execution_time]

    def on_grid_moved(self) -> None:
        """Other keys may do something on another run."""
        self.refresh_frame()

    async def data_changed(self, changes: Changes) -> None:
        """Newer versions of the rows in memory are put in place; new rows, another order or launches list anew."""
        from data.model.run import PipelineRun
        from data.model.work import Command

        put = changes.put.get(PipelineRun, frozenset())
        rows = self.grid.source
        if Command in changes.put and isinstance(rows, StoreRows):
            self.grid.refresh_rows(*self.grid.in_sight)
        feed = self.feed
        if feed is None or not isinstance(rows, StoreRows):
            self.load()
            return
        steady = SORTS[self._sort][0] == "created" and not self.filter
        unknown = put.difference(rows.known(put))
        fresh = len(unknown) > FEW_CHANGES or any(rows.index_of(id_) is None for id_ in unknown)
        if changes.deleted.get(PipelineRun) or (put and (fresh or not steady)) or self._launches_changed(rows):
            self.load()
            return
        records = await feed.context.store.get_many(PipelineRun, rows.known(put))
        for index in rows.replace(records):
            self.grid.refresh_rows(index, index + 1)

    def _launches_changed(self, rows: StoreRows[PipelineRun]) -> bool:
        return list(rows.above) != self._launches()

    def tick(self) -> None:
        """Ages and durations of the rows in sight."""
        self.grid.refresh_rows(*self.grid.in_sight)

    def snapshot_rows(self, count: int) -> list[Row]:
        """The first rows, for the next start; without launches under way, whose rows are no runs."""
        return [row for row in super().snapshot_rows(count) if not row.key.startswith(COMMAND_PREFIX)]

    # What is under the cursor

    @property
    def current_run(self) -> PipelineRun | None:
        """The run under the cursor."""
        rows = self.grid.source
        return rows.record(self.grid.cursor) if isinstance(rows, StoreRows) else None

    async def targets(self) -> Sequence[Target]:
        """The marked runs, else the one under the cursor."""
        from data.model.run import PipelineRun

        feed = self.feed
        if feed is not None and self.grid.marks:
            return list((await feed.context.store.get_many(PipelineRun, sorted(self.grid.marks))).values())
        return [self.current_run] if self.current_run else []

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the run, or the Activity for a launch under way."""
        if message.key.startswith(COMMAND_PREFIX):
            self.dashboard.show("activity")
        else:
            self.dashboard.open_run(message.key)

    def on_grid_header_clicked(self, message: Grid.HeaderClicked) -> None:
        """Sort by the column that was clicked."""
        for index, (_, column) in enumerate(SORTS):
            if column == message.column:
                self._descending = not self._descending if index == self._sort else True
                self._sort = index
                self.load()

    def do_sort(self) -> None:
        """`s`: the other direction, then the next column."""
        if self._descending:
            self._descending = False
        else:
            self._sort = (self._sort + 1) % len(SORTS)
            self._descending = True
        self.load()

    def do_run_log(self) -> None:
        """`l`: the log of the run's failed, running or last job."""
        if self.current_run is not None:
            self.dashboard.open_log_of(self.current_run)

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now; with marks, each marked run is looked at when it is used."""
        needs_run = {"run.log", "run.cancel", "run.retry", "launch.like", "browse", "copy"}
        if id in needs_run and self.current_run is None and not (self.is_attached and self.grid.marks):
            return "there is no run under the cursor"
        if id in {"run.cancel", "run.retry"} and self.grid.marks:
            return LinesideScreen.why_not(self, id)
        return super().why_not(id)
