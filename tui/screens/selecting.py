"""Keys that use the runs of a list: the one under the cursor, or all that are marked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tui.present.text import plural
from tui.rows import RecordRows
from tui.screens.arranging import group_of
from tui.screens.listing import MOST_MARKED
from widgets.grid import Grid

if TYPE_CHECKING:
    from data.model.base import Record
    from tui.screens.arranging import Arranging as Part
else:
    Part = Generic  # Textual does much for each class of screens, and the first frame waits for it: this is part of one

R = TypeVar("R", bound="Record")

FEWEST_COMPARED = 2
"""Runs that a comparison needs."""


class Selecting(Part[R]):
    """The part of a `HistoryScreen` that has these keys."""

    def tracked_ids(self, run: R) -> Sequence[str]:
        """Ids of the MLflow runs behind a run."""
        raise NotImplementedError

    def title_of(self, run: R) -> str:
        """A run's short name."""
        raise NotImplementedError

    @property
    def current_record(self) -> R | None:
        """The run under the cursor."""
        rows = self.grid.source
        return rows.record(self.grid.cursor) if isinstance(rows, RecordRows) else None

    async def chosen(self) -> list[R]:
        """The marked runs in the order of the list, else the one under the cursor."""
        feed = self.feed
        if feed is not None and self.grid.marks:
            found = await feed.context.store.get_many(self.kind, sorted(self.grid.marks))
            return self._in_order(list(found.values()))
        return [self.current_record] if self.current_record is not None else []

    def _in_order(self, runs: list[R]) -> list[R]:
        """Runs in the order of the list; behind them those that are not in memory, whose place is dear to find."""
        rows = self.grid.source
        known = rows.known([run.id for run in runs]) if isinstance(rows, RecordRows) else []
        places = {id_: rows.index_of(id_) for id_ in known}
        return sorted(runs, key=lambda run: (run.id not in places, places.get(run.id) or 0))

    async def do_compare(self) -> None:
        """`c`: the marked runs side by side, or the marked one and that under the cursor."""
        runs = await self.chosen()
        current = self.current_record
        if current is not None and len(runs) < FEWEST_COMPARED and current.id not in {run.id for run in runs}:
            runs.append(current)
        if len(runs) < FEWEST_COMPARED:
            self.say("mark two or more runs with space, then compare them", "warning")
        else:
            self.dashboard.open_compare(self.kind, [run.id for run in runs])  # type: ignore[arg-type]

    async def do_run_metrics(self) -> None:
        """`m`: the charts of the run under the cursor, or of all marked ones."""
        runs = await self.chosen()
        ids = list(dict.fromkeys(id_ for run in runs for id_ in self.tracked_ids(run)))
        if ids:
            title = self.title_of(runs[0]) if len(runs) == 1 else plural(len(runs), "run")
            self.dashboard.open_metrics(ids, title)
        else:
            self.say("no MLflow run is linked with this, so there are no metrics", "warning")

    async def do_export(self) -> None:
        """`E`: what is listed, or the marked runs, as a file."""
        feed = self.feed
        if feed is None:
            return
        from data.export.tables import selection, tables
        from tui.exporting import export_prompt

        store = feed.context.store
        ids = [run.id for run in await self.chosen()] if self.grid.marks else None
        runs = selection(
            store,
            self.kind,  # type: ignore[arg-type]
            ids=ids,
            where=self.where(),
            query=self.parsed(),
            sort=self.order(),
        )
        columns = ("id", *dict.fromkeys(spec.exported for spec in self.specs if spec.exported))
        names = {**feed.overview.names, **self._experiments}
        await export_prompt(self, tables(store, self.kind, runs, columns, names))  # type: ignore[arg-type]

    def on_grid_marked(self, message: Grid.Marked) -> None:
        """A mark on the header of a group is one on all its runs."""
        headers = [value for key in message.keys if (value := group_of(key)) is not None]
        if headers and message.grid is self.grid:
            self.work(partial(self._mark_group, headers[0]), group="mark-rows")
        self.refresh_frame()

    async def _mark_group(self, value: str) -> None:
        """Mark all runs of a group, or take their marks away where all have one."""
        feed, by = self.feed, self.grouped_by
        marks = {key for key in self.grid.marks if group_of(key) is None}
        if feed is not None and by:
            where: dict[str, Any] = {**self.where(), by: value}
            found = await feed.context.store.page(
                self.kind, where=where, query=self.parsed(), sort=self.order(), limit=MOST_MARKED
            )
            ids = {run.id for run in found.records}
            marks = marks - ids if ids <= marks else marks | ids
            if found.after is not None:
                self.say(f"the first {MOST_MARKED:,} runs of the group are marked: no more at once", "warning")
        self.grid.set_marks(marks)

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        needs_run = {"run.metrics", "label", "note", "settle", "browse", "copy"}
        if id in needs_run and self.current_record is None and not (self.is_attached and self.grid.marks):
            return "there is no run under the cursor"
        if id == "compare" and self.is_attached and not self.grid.marks:
            return "mark two or more runs with space"
        return super().why_not(id)
