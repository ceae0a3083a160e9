"""Project: what it is and what it refers to: pipelines, repositories, people, experiments, environments, schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.ci import Schedule
from data.model.pipeline import Pipeline
from data.model.project import Project
from data.model.run import PipelineRun
from styles import sheet
from tui.context import collect
from tui.present.project import head_lines
from tui.present.projects import Glance
from tui.screens.base import bindings
from tui.screens.definition_acts import Defining
from tui.screens.overview import read_glance
from tui.screens.pane import TabPane
from tui.screens.pane_schedules import run_now, why_not_run
from tui.screens.project_parts import PipelinesPane, ProjectPane, RepositoriesPane, SchedulesPane
from tui.screens.project_people import ExperimentsPane, MembersPane, PlacesPane
from tui.screens.tabs import Tabbed
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.define.fields import Definition
    from data.store.port import Changes


class ProjectScreen(Tabbed, Defining):
    """One project."""

    NAME = "project"
    TAB = "projects"
    BINDINGS = bindings("project")
    CSS_PATH: ClassVar = [sheet("tabs"), sheet("records")]
    AUTO_FOCUS = ".pane-list"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (190, "-wide")]
    PANES: ClassVar[tuple[type[TabPane], ...]] = (
        ProjectPane, PipelinesPane, RepositoriesPane, MembersPane, ExperimentsPane, PlacesPane, SchedulesPane,
    )  # fmt: skip

    def __init__(self, project_id: str) -> None:
        super().__init__()
        self.project_id = project_id
        self.project: Project | None = None
        self.pipelines: list[Pipeline] = []
        self.schedules: list[Schedule] = []
        self.started: dict[str, PipelineRun] = {}
        """The newest runs of the schedules, by id."""
        self.glance: Glance | None = None

    def crumbs(self) -> tuple[str, ...]:
        """The project."""
        return ("lineside", "project", self.project.name) if self.project else ("lineside", "project")

    def topics(self) -> Sequence[str]:
        """The project and its schedules."""
        return [f"project:{self.project_id}", f"schedules:{self.project_id}", *super().topics()]

    def head_lines(self) -> Sequence[Sequence[Cell]]:
        """What it is, how it went, what one may do."""
        if self.project is None:
            return ()
        return head_lines(self.project, self.glance, len(self.pipelines), self.now())

    # Reading

    async def read(self) -> bool:
        """Read the project, its pipelines and its schedules."""
        assert self.feed is not None
        store = self.feed.context.store
        project = await store.get(Project, self.project_id)
        if project is None:
            self.pane.grid.set_empty((Cell("This project is not in the store any more", "bold"),))
            return False
        self.project = project
        mine = {"project_id": project.id}
        self.pipelines = await collect(store, Pipeline, where=mine)
        self.schedules = await collect(store, Schedule, where=mine)
        self.started = await store.get_many(PipelineRun, [one.last_run_id for one in self.schedules if one.last_run_id])
        self.show_head()
        self.work(self._sum_up, group="sum")
        return True

    async def _sum_up(self) -> None:
        if self.feed is not None:
            self.glance = await read_glance(self.feed.context.store, {"project_id": self.project_id}, self.now())
            self.show_head()

    async def renew(self, changes: Changes) -> bool:
        """Read it again when it, or what belongs to it, changed."""
        touched = {*changes.put, *changes.deleted}
        if touched & {Project, Pipeline, Schedule}:
            return await self.read()
        if PipelineRun in touched:
            self.work(self._sum_up, group="sum")
        return False

    # Commands

    @property
    def pipeline(self) -> Pipeline | None:
        """The pipeline under the cursor of the tab Pipelines."""
        pane = self.pane if self.query(self.active) else None
        return pane.current if isinstance(pane, PipelinesPane) else None

    def new_definition(self) -> Definition | None:
        """A pipeline of the project."""
        project = self.project
        if project is None:
            return None
        return Pipeline(
            id=f"{project.id}:",
            project_id=project.id,
            name="",
            repository_id=project.git_project_id,
            repository_url=project.web_url,
            default_ref=project.default_ref,
        )

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id == "schedule.run":
            return why_not_run(self, self.project)
        return super().why_not(id)

    def do_schedule_run(self) -> None:
        """`p`: start the pipeline of the schedule now."""
        run_now(self, self.project)

    def do_launch(self) -> None:
        """`t`: the launch form, of the pipeline under the cursor."""
        self.dashboard.open_launch(self.project_id, pipeline_id=self.pipeline.id if self.pipeline else "")

    def address(self) -> str:
        """Web address of the project."""
        return self.project.web_url if self.project else ""
