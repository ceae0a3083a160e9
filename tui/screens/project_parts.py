"""The tabs Project, Pipelines, Repositories and Schedules of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from data.launch.permissions import ROLES
from data.model.base import Record
from data.model.ci import Schedule
from data.model.pipeline import Pipeline
from data.model.project import CodeRepository, DataRepository, ExperimentRepository
from data.model.run import PipelineRun
from tui.present.definitions import defined_by, next_runs
from tui.present.pipeline import PROJECT
from tui.present.project import REPOSITORY_COLUMNS, Repository, repository_cells
from tui.present.projects import PIPELINE_COLUMNS, Glance, pipeline_cells
from tui.screens.overview import read_glance
from tui.screens.pane_records import FieldsPane, RecordsPane
from tui.screens.pane_schedules import ScheduleList
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Store
    from tui.screens.project import ProjectScreen


class ProjectPane(FieldsPane):
    """Every field of the project."""

    TITLE = "Project"

    def record(self) -> Record | None:
        """The project."""
        return cast("ProjectScreen", self.screen).project

    def told(self) -> Mapping[str, Any]:
        """The role beside the number of the access level."""
        project = cast("ProjectScreen", self.screen).project
        if project is None or not project.access_level:
            return {}
        role = ROLES.get(project.access_level, "")
        return {"access_level": f"{project.access_level}  {role}".strip()}


class PipelinesPane(RecordsPane[Pipeline]):
    """What can be run in it."""

    TITLE = "Pipelines"
    COLUMNS = tuple(one for one in PIPELINE_COLUMNS if one.key != PROJECT)
    KINDS = (Pipeline, PipelineRun, Schedule)
    NOTHING = ("No pipeline yet", "It has one as soon as the engine has read it; n defines another one")

    def __init__(self) -> None:
        super().__init__()
        self.glances: dict[str, Glance] = {}

    async def read(self, store: Store) -> Sequence[Pipeline]:
        """The screen has read them; how they went is read here."""
        found = cast("ProjectScreen", self.screen).pipelines
        self.glances = {one.id: await read_glance(store, {"pipeline_id": one.id}, self.now()) for one in found}
        return found

    def show(self) -> None:
        """Draw what the screen has read last."""
        self.records = cast("ProjectScreen", self.screen).pipelines
        super().show()

    def cells(self, record: Pipeline) -> tuple[Cell, ...]:
        """A row."""
        screen = cast("ProjectScreen", self.screen)
        runs = {id_: run.pipeline_id for id_, run in screen.started.items()}
        upcoming = next_runs([record], screen.schedules, runs).get(record.id)
        cells = pipeline_cells(record, "", self.glances.get(record.id), upcoming, self.now())
        return tuple(cell for column, cell in zip(PIPELINE_COLUMNS, cells, strict=True) if column.key != PROJECT)

    def told(self, record: Pipeline) -> Mapping[str, Any]:
        """Who defined it; its configuration has a tab of its own screen."""
        lines = record.pipeline_config.count("\n")
        config = f"{lines} lines; enter shows the pipeline" if lines else ""
        return {"defined_by": defined_by(record).text, "pipeline_config": config}

    def open(self, record: Pipeline) -> None:
        """`enter`: its own screen."""
        self.home.dashboard.open_pipeline(record.id)


class RepositoriesPane(RecordsPane[Repository]):
    """Code, data and experiments that it refers to."""

    TITLE = "Repositories"
    COLUMNS = REPOSITORY_COLUMNS
    KINDS = (CodeRepository, DataRepository, ExperimentRepository)
    NOTHING = ("It refers to no repository", "Name them in the configuration: code_repositories, data_repositories")

    async def read(self, store: Store) -> Sequence[Repository]:
        """Those that the project names."""
        project = cast("ProjectScreen", self.screen).project
        if project is None:
            return ()
        code = await store.get_many(CodeRepository, project.code_repositories)
        data = await store.get_many(DataRepository, project.data_repositories)
        tracked = [project.mlflow_experiment_id, project.test_mlflow_experiment_id]
        own = [*project.experiments, *(f"{project.tracking}:{one}" for one in tracked if one)]
        ids = [f"{project.id}:{one}" for one in dict.fromkeys(own)]
        experiments = await store.get_many(ExperimentRepository, ids)
        return [*code.values(), *data.values(), *experiments.values()]

    def cells(self, record: Repository) -> tuple[Cell, ...]:
        """A row."""
        return repository_cells(record)

    def open(self, record: Repository) -> None:
        """`enter`: its page."""
        self.home.dashboard.browse(record.uri)


class SchedulesPane(ScheduleList):
    """What starts its pipelines by the clock."""

    async def read(self, store: Store) -> Sequence[Schedule]:  # noqa: ARG002 - the screen has read them
        """The screen has read them."""
        return cast("ProjectScreen", self.screen).schedules

    def started(self) -> Mapping[str, PipelineRun]:
        """The screen has read them."""
        return cast("ProjectScreen", self.screen).started
