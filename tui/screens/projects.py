"""Projects and Pipelines: what there is, and how it went lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.pipeline import Pipeline, PipelineAPI
from data.model.project import Project
from data.model.run import PipelineRun
from data.model.tracking import Experiment
from data.model.vocabulary import ACTIVE
from tui.present.projects import (
    PIPELINE_COLUMNS,
    PROJECT_COLUMNS,
    RECENT,
    Glance,
    glance,
    pipeline_cells,
    project_cells,
)
from tui.screens.acting import Acting
from tui.screens.base import bindings
from tui.screens.listing import ListScreen
from widgets.grid import Grid, ListSource, Row

if TYPE_CHECKING:
    from data.store.port import Changes, Store
    from tui.snapshot import Snapshot

AT_ONCE = 500
"""Projects or pipelines read at once; more are rare, and the rest is said to be missing."""


async def read_glance(store: Store, where: dict[str, str], now: object) -> Glance:
    """What the newest runs say that match `where`."""
    from datetime import datetime

    assert isinstance(now, datetime)
    mine = {**where, "parent_run_id": ""}
    recent = await store.page(PipelineRun, where=mine, limit=RECENT)
    total = await store.count(PipelineRun, where=mine)
    active = await store.count(PipelineRun, where={**mine, "status": sorted(ACTIVE)})
    return glance(recent.records, total, active, now)


class OverviewScreen(Acting, ListScreen):
    """A short list of things with runs; only those whose runs changed are summed up again."""

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self.glances: dict[str, Glance] = {}

    def tick(self) -> None:
        """Nothing here ticks by the second; ages are drawn again with the next change."""

    async def data_changed(self, changes: Changes) -> None:
        """Forget what changed and list anew."""
        if not any(kind in changes.put or kind in changes.deleted for kind in (*self.KINDS, PipelineRun)):
            return
        feed = self.feed
        if feed is not None and changes.put.get(PipelineRun):
            runs = await feed.context.store.get_many(PipelineRun, sorted(changes.put[PipelineRun]))
            for run in runs.values():
                self.glances.pop(run.project_id, None)
                self.glances.pop(run.pipeline_id, None)
        self.load()

    KINDS: ClassVar[tuple[type, ...]] = ()
    """Records that the list is made of."""

    def show_rows(self, rows: Iterable[Row]) -> None:
        """Put rows into the grid."""
        source = ListSource(rows)
        self.grid.set_source(source)
        self.refresh_frame()
        if not source.size:
            self.nothing()

    @property
    def key(self) -> str:
        """Id under the cursor."""
        return self.grid.cursor_key or ""


class ProjectsScreen(OverviewScreen):
    """All projects at a glance."""

    NAME = "projects"
    TAB = "projects"
    BINDINGS = bindings("projects")
    COLUMNS = PROJECT_COLUMNS
    KINDS = (Project, Experiment)
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No projects yet",
        "They appear as soon as the engine has read them; 6 shows how the connections are",
    )

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self.projects: dict[str, Project] = {}

    async def reload(self) -> None:
        """List the projects anew."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        page = await store.page(Project, query=self.parsed(), limit=AT_ONCE)
        experiments = {e.id: e.name for e in (await store.page(Experiment, limit=AT_ONCE)).records}
        self.projects = {project.id: project for project in page.records}
        rows = []
        for project in page.records:
            if project.id not in self.glances:
                self.glances[project.id] = await read_glance(store, {"project_id": project.id}, self.now())
            experiment = experiments.get(f"{project.tracking}:{project.mlflow_experiment_id}", "")
            rows.append(Row(project.id, project_cells(project, self.glances[project.id], experiment, self.now())))
        self.show_rows(rows)

    def launch_project(self) -> str:
        """The project under the cursor."""
        return self.key

    def address(self) -> str:
        """Web address of the project under the cursor."""
        project = self.projects.get(self.key)
        return project.web_url if project else ""

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the project's runs."""
        project = self.projects.get(message.key)
        if project is not None:
            self.dashboard.open_runs_of(project)


class PipelinesScreen(OverviewScreen):
    """What can be run."""

    NAME = "pipelines"
    TAB = "pipelines"
    BINDINGS = bindings("pipelines")
    COLUMNS = PIPELINE_COLUMNS
    KINDS = (Pipeline, PipelineAPI, Project)
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No pipelines yet",
        "Each project has one as soon as the engine has read it; more are named in the configuration",
    )

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self.pipelines: dict[str, Pipeline] = {}

    async def reload(self) -> None:
        """List the pipelines anew."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        page = await store.page(Pipeline, query=self.parsed(), limit=AT_ONCE)
        apis: dict[str, list[str]] = {}
        for api in (await store.page(PipelineAPI, limit=AT_ONCE)).records:
            apis.setdefault(api.pipeline_id, []).append(api.name)
        self.pipelines = {pipeline.id: pipeline for pipeline in page.records}
        rows = []
        for pipeline in page.records:
            if pipeline.id not in self.glances:
                self.glances[pipeline.id] = await read_glance(store, {"pipeline_id": pipeline.id}, self.now())
            project = feed.overview.names.get(pipeline.project_id, pipeline.project_id)
            cells = pipeline_cells(pipeline, project, apis.get(pipeline.id, []), self.glances[pipeline.id], self.now())
            rows.append(Row(pipeline.id, cells))
        self.show_rows(rows)

    def launch_project(self) -> str:
        """The project of the pipeline under the cursor."""
        pipeline = self.pipelines.get(self.key)
        return pipeline.project_id if pipeline else ""

    def address(self) -> str:
        """Address of the pipeline's repository."""
        pipeline = self.pipelines.get(self.key)
        return pipeline.repository_url if pipeline else ""

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the pipeline's runs."""
        pipeline = self.pipelines.get(message.key)
        if pipeline is not None:
            self.dashboard.open_runs_of_pipeline(pipeline)

    def topics(self) -> Sequence[str]:
        """All projects."""
        return ("projects",)
