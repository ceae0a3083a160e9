"""Pipeline: what it is: APIs, jobs, RUN_IDs, schedules, submissions, definition and CI configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob
from data.model.project import Project
from tui.context import collect
from tui.present.definitions import belongs, next_runs
from tui.present.pipeline import head_lines
from tui.screens.base import bindings
from tui.screens.pane import TabPane
from tui.screens.pipeline_facts import ConfigPane, DefinitionPane
from tui.screens.pipeline_parts import ApisPane, JobsPane
from tui.screens.pipeline_work import RunIdsPane, SchedulesPane, SubmissionsPane
from tui.screens.scheduled import Scheduled
from widgets.cells import Cell

if TYPE_CHECKING:
    from datetime import datetime

    from data.define.fields import Definition
    from data.model.ci import Schedule


class PipelineScreen(Scheduled):
    """One pipeline."""

    NAME = "pipeline"
    TAB = "pipelines"
    BINDINGS = bindings("pipeline")
    PARTS = Scheduled.PARTS | {PipelineAPI, PipelineJob}
    PANES: ClassVar[tuple[type[TabPane], ...]] = (
        ApisPane, JobsPane, RunIdsPane, SchedulesPane, SubmissionsPane, DefinitionPane, ConfigPane,
    )  # fmt: skip

    def __init__(self, pipeline_id: str) -> None:
        super().__init__()
        self.pipeline_id = pipeline_id
        self.pipeline: Pipeline | None = None
        self.apis: list[PipelineAPI] = []
        self.jobs: list[PipelineJob] = []

    def crumbs(self) -> tuple[str, ...]:
        """Project and pipeline."""
        if self.pipeline is None:
            return ("lineside", "pipeline")
        return ("lineside", self.project.name if self.project else "", self.pipeline.name)

    def topics(self) -> Sequence[str]:
        """Its project, whose schedules are read more often while one looks."""
        if self.pipeline is None:
            return super().topics()
        project = self.pipeline.project_id
        return [f"project:{project}", f"schedules:{project}", *super().topics()]

    def head_lines(self) -> Sequence[Sequence[Cell]]:
        """What it is, how it went, what starts it next."""
        if self.pipeline is None:
            return ()
        return head_lines(self.pipeline, self.project, self.glance, self.next_run(), self.now())

    def next_run(self) -> datetime | None:
        """When a schedule starts it next."""
        assert self.pipeline is not None
        return next_runs([self.pipeline], self.schedules, self._pipelines_of_runs()).get(self.pipeline.id)

    def starts(self, schedule: Schedule) -> bool:
        """Whether a schedule of the project starts this pipeline."""
        return self.pipeline is not None and belongs(schedule, self.pipeline, self._pipelines_of_runs())

    def _pipelines_of_runs(self) -> dict[str, str]:
        return {id_: run.pipeline_id for id_, run in self.started.items()}

    # Reading

    async def read_record(self) -> str:
        """Read the pipeline and all that belongs to it."""
        assert self.feed is not None
        store = self.feed.context.store
        pipeline = await store.get(Pipeline, self.pipeline_id)
        if pipeline is None:
            return "This pipeline is not in the store any more"
        self.pipeline, self.project_id = pipeline, pipeline.project_id
        self.project = await store.get(Project, pipeline.project_id)
        mine = {"pipeline_id": pipeline.id}
        self.apis = await collect(store, PipelineAPI, where=mine)
        self.jobs = await collect(store, PipelineJob, where=mine)
        return ""

    def own_runs(self) -> dict[str, str]:
        """Those of the pipeline."""
        return {"pipeline_id": self.pipeline_id}

    # Commands

    @property
    def definition(self) -> Definition | None:
        """The API or the job under the cursor; the pipeline in the other tabs."""
        pane = self.pane if self.query(self.active) else None
        if isinstance(pane, ApisPane | JobsPane):
            return pane.current
        return self.pipeline

    def new_definition(self) -> Definition | None:
        """A job in the tab Jobs, else an API."""
        if self.pipeline is None:
            return None
        if self.active is JobsPane:
            order = max((job.order for job in self.jobs), default=-1) + 1
            return PipelineJob(id=f"{self.pipeline.id}:", pipeline_id=self.pipeline.id, name="", order=order)
        return PipelineAPI(id=f"{self.pipeline.id}:", pipeline_id=self.pipeline.id, name="")

    def do_launch(self) -> None:
        """`t`: the launch form, of the API under the cursor."""
        if self.pipeline is not None:
            pane = self.pane
            api = pane.current if isinstance(pane, ApisPane) else None
            self.dashboard.open_launch(
                self.pipeline.project_id, pipeline_id=self.pipeline.id, api_id=api.id if api else ""
            )

    def address(self) -> str:
        """Address of the pipeline's repository."""
        return self.pipeline.repository_url if self.pipeline else ""
