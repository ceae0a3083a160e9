"""One MLflow run, with or without a pipeline: metrics, params and tags, nested runs, artifacts, lineage, notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.tracking import Experiment, TrackedRun
from tui.present.mlflow import address, tracked_head
from tui.present.run import left_behind, run_name
from tui.screens.base import bindings
from tui.screens.mlflow_children import ChildrenPane
from tui.screens.pane import Pane
from tui.screens.run_artifacts import ArtifactsPane
from tui.screens.run_lineage import LineagePane
from tui.screens.run_metrics import MetricsPane
from tui.screens.run_notes import NotesPane
from tui.screens.run_params import ParamsPane
from tui.screens.tabbed import TabbedScreen
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Changes


class MlflowScreen(TabbedScreen):
    """One MLflow run."""

    NAME = "mlflow"
    TAB = "experiments"
    BINDINGS = bindings("mlflow")
    AUTO_FOCUS = "#metrics"
    PANES: ClassVar[tuple[type[Pane], ...]] = (
        MetricsPane, ParamsPane, ChildrenPane, ArtifactsPane, LineagePane, NotesPane,
    )  # fmt: skip

    def __init__(self, tracked_id: str) -> None:
        super().__init__()
        self.tracked_id = tracked_id
        self.experiment = ""
        self.above = ""
        """What the run is called in which this one is nested."""

    @property
    def tracked(self) -> TrackedRun | None:
        """The MLflow run, once it was read."""
        return self.subject.tracked[0] if self.subject.tracked else None

    @property
    def current_tracked(self) -> TrackedRun | None:
        """This MLflow run."""
        return self.tracked

    def crumbs(self) -> tuple[str, ...]:
        """Experiment and run."""
        run = self.tracked
        return ("lineside", self.experiment, run_name(run)) if run else ("lineside", "MLflow run")

    def topics(self) -> Sequence[str]:
        """The run of the pipeline behind it, and what the tab looks at."""
        behind = [f"run:{self.tracked.pipeline_run_id}"] if self.tracked and self.tracked.pipeline_run_id else []
        return [*behind, *super().topics()]

    def head_lines(self) -> Sequence[Sequence[Cell]]:
        """How it goes, what it is, what it came to."""
        run = self.tracked
        return tracked_head(run, self.experiment, self.subject.gpu, self.now(), self.above) if run else ()

    async def read(self) -> bool:
        """Read the MLflow run and the name of its experiment."""
        assert self.feed is not None
        store = self.feed.context.store
        run = await store.get(TrackedRun, self.tracked_id)
        if run is None:
            self.pane.grid.set_empty((Cell("This MLflow run is not in the store", "bold"),))
            return False
        experiment = await store.get(Experiment, f"{run.connection}:{run.experiment_id}")
        self.experiment = experiment.name if experiment else run.experiment_id
        above = await store.get(TrackedRun, f"{run.connection}:{run.parent_run_id}") if run.parent_run_id else None
        self.above = run_name(above) if above else ""
        self.subject.set_tracked([run])
        return True

    async def renew(self, changes: Changes) -> bool:
        """Read it again when it changed."""
        if self.tracked_id not in changes.put.get(TrackedRun, ()) or self.feed is None:
            return False
        if self.tracked is None:
            self.load()
            return False
        run = await self.feed.context.store.get(TrackedRun, self.tracked_id)
        if run is not None:
            self.subject.set_tracked([run])
        return run is not None

    # Commands

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if reason := super().why_not(id):
            return reason
        if id == "settle" and not left_behind(self.subject.tracked):
            return "this MLflow run was not left RUNNING behind an ended job"
        return ""

    def address(self) -> str:
        """The run's page in MLflow's web client."""
        connections = self.feed.overview.connections if self.feed else ()
        run = self.tracked
        server = next((one for one in connections if run is not None and one.id == run.connection), None)
        return address(run, server.url) if run is not None and server is not None else ""
