"""What the screens of a project and of a pipeline share: tabs of what belongs to it, its schedules, how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from data.model import Record
from data.model.ci import Schedule
from data.model.pipeline import Pipeline
from data.model.project import Project
from data.model.run import PipelineRun
from styles import sheet
from tui.context import collect
from tui.present.projects import Glance
from tui.screens.definition_acts import Defining
from tui.screens.overview import read_glance
from tui.screens.pane_schedules import run_now, why_not_run
from tui.screens.tabs import Tabbed
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Changes


class Scheduled(Tabbed, Defining):
    """One project, or one pipeline of it."""

    CSS_PATH: ClassVar = [sheet("tabs"), sheet("records")]
    AUTO_FOCUS = ".pane-list"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (190, "-wide")]
    PARTS: ClassVar[frozenset[type[Record]]] = frozenset({Project, Pipeline, Schedule})
    """Records whose changes have it read again, beside its runs."""

    def __init__(self, project_id: str = "") -> None:
        super().__init__()
        self.project_id = project_id
        self.project: Project | None = None
        self.schedules: list[Schedule] = []
        self.started: dict[str, PipelineRun] = {}
        """The newest runs of the schedules, by id."""
        self.glance: Glance | None = None

    async def read_record(self) -> str:
        """Read what the screen is about, with the project; returns why it cannot be shown, "" when it can."""
        raise NotImplementedError

    def own_runs(self) -> dict[str, str]:
        """Its runs."""
        raise NotImplementedError

    async def read(self) -> bool:
        """Read it and all that belongs to it."""
        assert self.feed is not None
        if missing := await self.read_record():
            self.pane.grid.set_empty((Cell(missing, "bold"),))
            return False
        store = self.feed.context.store
        self.schedules = await collect(store, Schedule, where={"project_id": self.project_id})
        self.started = await store.get_many(PipelineRun, [one.last_run_id for one in self.schedules if one.last_run_id])
        self.show_head()
        self.work(self._sum_up, group="sum")
        return True

    async def _sum_up(self) -> None:
        if self.feed is not None:
            self.glance = await read_glance(self.feed.context.store, self.own_runs(), self.now())
            self.show_head()

    async def renew(self, changes: Changes) -> bool:
        """Read it again when it, or what belongs to it, changed."""
        touched = {*changes.put, *changes.deleted}
        if touched & self.PARTS:
            return await self.read()
        if PipelineRun in touched:
            self.work(self._sum_up, group="sum")
        return False

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id == "schedule.run":
            return why_not_run(self, self.project)
        return super().why_not(id)

    def do_schedule_run(self) -> None:
        """`p`: start the pipeline of the schedule now."""
        run_now(self, self.project)
