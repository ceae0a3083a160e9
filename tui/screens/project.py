"""Project: what it is and what it refers to: pipelines, repositories, people, experiments, environments, schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.pipeline import Pipeline
from data.model.project import Project
from tui.context import collect
from tui.present.project import head_lines
from tui.screens.base import bindings
from tui.screens.pane import TabPane
from tui.screens.project_parts import PipelinesPane, ProjectPane, RepositoriesPane, SchedulesPane
from tui.screens.project_people import ExperimentsPane, MembersPane, PlacesPane
from tui.screens.scheduled import Scheduled
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.define.fields import Definition


class ProjectScreen(Scheduled):
    """One project."""

    NAME = "project"
    TAB = "projects"
    BINDINGS = bindings("project")
    PANES: ClassVar[tuple[type[TabPane], ...]] = (
        ProjectPane, PipelinesPane, RepositoriesPane, MembersPane, ExperimentsPane, PlacesPane, SchedulesPane,
    )  # fmt: skip

    def __init__(self, project_id: str) -> None:
        super().__init__(project_id)
        self.pipelines: list[Pipeline] = []

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

    async def read_record(self) -> str:
        """Read the project and its pipelines."""
        assert self.feed is not None
        store = self.feed.context.store
        project = await store.get(Project, self.project_id)
        if project is None:
            return "This project is not in the store any more"
        self.project = project
        self.pipelines = await collect(store, Pipeline, where={"project_id": project.id})
        return ""

    def own_runs(self) -> dict[str, str]:
        """Those of the project."""
        return {"project_id": self.project_id}

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

    def do_launch(self) -> None:
        """`t`: the launch form, of the pipeline under the cursor."""
        self.dashboard.open_launch(self.project_id, pipeline_id=self.pipeline.id if self.pipeline else "")

    def address(self) -> str:
        """Web address of the project."""
        return self.project.web_url if self.project else ""
