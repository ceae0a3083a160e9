"""Projects: what there is, and how it went lately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.project import Project
from data.model.tracking import Experiment
from tui.context import collect
from tui.present.projects import PROJECT_COLUMNS, Glance, project_cells
from tui.screens.base import bindings
from tui.screens.overview import AT_ONCE, OverviewScreen
from tui.screens.pipelines import PipelinesScreen
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Store
    from tui.snapshot import Snapshot

__all__ = ["PipelinesScreen", "ProjectsScreen"]


class ProjectsScreen(OverviewScreen[Project]):
    """All projects at a glance."""

    NAME = "projects"
    TAB = "projects"
    BINDINGS = bindings("projects")
    COLUMNS = PROJECT_COLUMNS
    KINDS = (Project, Experiment)
    FIELD = "project_id"
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No projects yet",
        "They appear as soon as the engine has read them; 6 shows how the connections are",
    )

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self.experiments: dict[str, str] = {}

    async def read(self, store: Store) -> Sequence[Project]:
        """The projects, and the names of experiments."""
        self.experiments = {one.id: one.name for one in await collect(store, Experiment, AT_ONCE)}
        return await collect(store, Project, AT_ONCE, query=self.parsed())

    def cells(self, item: Project, seen: Glance | None) -> tuple[Cell, ...]:
        """A row."""
        experiment = self.experiments.get(f"{item.tracking}:{item.mlflow_experiment_id}", "")
        return project_cells(item, seen, experiment, self.now())

    def launch_project(self) -> str:
        """The project under the cursor."""
        return self.key

    def address(self) -> str:
        """Web address of the project under the cursor."""
        return self.item.web_url if self.item else ""

    def on_grid_opened(self) -> None:
        """`enter`: the project's runs."""
        if self.item is not None:
            self.dashboard.open_runs_of(self.item)

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id == "describe" and not self.key:
            return "there is no project under the cursor"
        return super().why_not(id)

    def do_describe(self) -> None:
        """`d`: everything about the project."""
        self.dashboard.open_project(self.key)
