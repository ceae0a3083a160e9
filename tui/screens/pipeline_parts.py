"""The tabs APIs and Jobs of a pipeline: what it consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from data.launch.components import components
from data.model.pipeline import PipelineAPI, PipelineJob
from tui.present.definitions import API_COLUMNS, JOB_COLUMNS, api_cells, defined_by, job_cells
from tui.screens.pane_records import RecordsPane
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Store
    from tui.screens.pipeline import PipelineScreen


class ApisPane(RecordsPane[PipelineAPI]):
    """The ways to start it."""

    TITLE = "APIs"
    COLUMNS = API_COLUMNS
    NOTHING = ("This pipeline has no API yet", "n defines one: which components run, with which variables")

    @property
    def pipeline_screen(self) -> PipelineScreen:
        """The screen of the pipeline."""
        return cast("PipelineScreen", self.screen)

    async def read(self, store: Store) -> Sequence[PipelineAPI]:  # noqa: ARG002 - the screen has read them
        """The screen has read them."""
        return self.pipeline_screen.apis

    def show(self) -> None:
        """Draw what the screen has read last."""
        self.records = self.pipeline_screen.apis
        super().show()

    def cells(self, record: PipelineAPI) -> tuple[Cell, ...]:
        """A row."""
        return api_cells(record, self.pipeline_screen.jobs)

    def told(self, record: PipelineAPI) -> Mapping[str, Any]:
        """Who defined it, in words, and every component with the reason why it is off."""
        found = components(self.pipeline_screen.jobs, record.flow_control)
        states = {one.name: "on" if one.on else f"off: {one.because}" if one.because else "off" for one in found}
        return {"defined_by": defined_by(record).text, "flow_control": states}

    def open(self, record: PipelineAPI) -> None:
        """`enter`: the form that launches it."""
        pipeline = self.pipeline_screen.pipeline
        if pipeline is not None:
            self.home.dashboard.open_launch(pipeline.project_id, pipeline_id=pipeline.id, api_id=record.id)


class JobsPane(RecordsPane[PipelineJob]):
    """Its jobs, in the order of execution."""

    TITLE = "Jobs"
    COLUMNS = JOB_COLUMNS
    NOTHING = ("No job is known yet", "They are read from the CI configuration of the default branch; n defines one")

    @property
    def pipeline_screen(self) -> PipelineScreen:
        """The screen of the pipeline."""
        return cast("PipelineScreen", self.screen)

    async def read(self, store: Store) -> Sequence[PipelineJob]:  # noqa: ARG002 - the screen has read them
        """The screen has read them."""
        return self.pipeline_screen.jobs

    def show(self) -> None:
        """Draw what the screen has read last."""
        self.records = self.pipeline_screen.jobs
        super().show()

    def cells(self, record: PipelineJob) -> tuple[Cell, ...]:
        """A row."""
        return job_cells(record)

    def told(self, record: PipelineJob) -> Mapping[str, Any]:
        """Who defined it, in words."""
        return {"defined_by": defined_by(record).text}

    def open(self, record: PipelineJob) -> None:
        """`enter`: its form."""
        self.home.dashboard.open_definition(record)
