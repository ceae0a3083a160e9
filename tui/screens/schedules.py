"""The tab Schedules of Activity: the pipeline schedules of all projects; one can be run now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.base import Record
from data.model.ci import Schedule
from data.model.run import PipelineRun
from tui.present.schedules import COLUMNS, schedule_cells
from tui.present.submissions import SECRET
from tui.present.text import clock
from tui.screens.activity_lists import StorePane
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Changes

FIRST = 20
"""Projects whose schedules are asked for while none are known."""
MOST_PROJECTS = 200
"""Projects whose schedules are asked for at a time."""
PAGE = "/-/pipeline_schedules"
"""Where GitLab shows the schedules of a project, below its address."""


class SchedulesPane(StorePane[Schedule]):
    """Schedules, the next one first."""

    TITLE = "Schedules"
    KIND = Schedule
    COLUMNS = COLUMNS
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No schedules",
        "GitLab's pipeline schedules of these projects appear here; they are made in the browser",
    )

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, PipelineRun] = {}
        self._projects: list[str] = []

    def topics(self) -> Sequence[str]:
        """The projects whose schedules are listed; some of all while none are known."""
        return [f"schedules:{id_}" for id_ in self._projects or list(self.names)[:FIRST]]

    async def load(self) -> None:
        """List anew; note whose schedules these are."""
        if self.store is not None:
            listed = await self.store.tally(Schedule, "project_id", query=self.parsed())
            self._projects = sorted(listed)[:MOST_PROJECTS]
        await super().load()

    def cells(self, record: Schedule) -> tuple[Cell, ...]:
        """A row."""
        return schedule_cells(record, self.names, self._last.get(record.last_run_id), self.now())

    def detail(self) -> str:
        """When it runs, and with which variables."""
        schedule = self.current
        if schedule is None:
            return ""
        given = [f"{one.key}={SECRET if one.secret else one.value}" for one in schedule.variables]
        given += [f"{key}={value}" for key, value in schedule.inputs.items()]
        at = f"next at {clock(schedule.next_run)}" if schedule.active and schedule.next_run else ""
        return "  ".join(filter(None, [schedule.description, f"{schedule.cron} {schedule.timezone}", at, *given]))

    async def learn(self, records: Sequence[Schedule]) -> None:
        """Read their last runs."""
        ids = sorted({one.last_run_id for one in records if one.last_run_id})
        if self.store is not None and ids:
            self._last |= await self.store.get_many(PipelineRun, ids)

    async def data_changed(self, changes: Changes) -> None:
        """Read again when a schedule changed, or its last run."""
        touched: set[type[Record]] = {*changes.put, *changes.deleted}
        if Schedule in touched or changes.put.get(PipelineRun, frozenset()) & self._last.keys():
            await self.load()

    def on_grid_opened(self) -> None:
        """`enter`: its last run."""
        schedule = self.current
        if schedule is None:
            return
        if schedule.last_run_id:
            self.home.open_target(schedule.last_run_id)
        else:
            self.home.say("it has not started anything yet", "dim")

    def why_not(self, id: str) -> str:
        """Why a schedule cannot be run."""
        if id not in {"schedule.run", "browse"}:
            return ""
        schedule = self.current
        if schedule is None and not (id == "schedule.run" and self.grid.marks):
            return "there is no schedule under the cursor"
        if id == "browse" or self.grid.marks or schedule is None:
            return ""
        from tui.reasons_more import why_not_in, why_not_schedule

        home = self.home
        return why_not_in(home.project_record(schedule), home.connection_record(schedule)) or why_not_schedule(schedule)

    def address(self) -> str:
        """Where GitLab shows it."""
        schedule = self.current
        project = self.home.project_record(schedule) if schedule else None
        return f"{project.web_url}{PAGE}" if project and project.web_url else ""

    def copied(self) -> str:
        """Its cron line."""
        return self.current.cron if self.current else ""
