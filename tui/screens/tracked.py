"""The MLflow runs of one experiment, or of all of them, newest first; those without a pipeline, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tui.look import Chosen
from tui.present.mlflow import address
from tui.present.tracked import TRACKED, is_left
from tui.screens.arranging import Arranging, group_of
from tui.screens.base import bindings
from tui.screens.history import HistoryScreen
from tui.screens.selecting import Selecting
from widgets.glyphs import status_glyph, status_tone
from widgets.grid import Grid

if TYPE_CHECKING:
    from data.model.tracking import Experiment, TrackedRun
    from tui.screens.acting import Target

MANY = 2_000
"""Experiments whose names are read."""
BESIDE_NAME = 1
"""Place of the column with the experiment, where runs of all are listed."""


class TrackedScreen(Selecting["TrackedRun"], Arranging["TrackedRun"], HistoryScreen["TrackedRun"]):
    """MLflow runs.

    Args:
        experiment_id: id of the `Experiment`; "" for the runs of all.
        filter: what restricts the list at first.
    """

    NAME = "tracked"
    TAB = "experiments"
    BINDINGS = bindings("tracked")
    TABLE = TRACKED
    TIMES = ("start", "end")
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No MLflow runs here",
        "They appear as soon as a job, or anybody else, logs a run to this experiment; esc goes back",
    )

    def __init__(self, experiment_id: str = "", filter: str = "") -> None:
        super().__init__(filter)
        self.experiment_id = experiment_id
        self.experiment: Experiment | None = None

    def crumbs(self) -> tuple[str, ...]:
        """The experiment's name."""
        name = self.experiment.name if self.experiment else "all" if not self.experiment_id else ""
        return ("lineside", "experiments", name)

    @property
    def kind(self) -> type[TrackedRun]:
        """MLflow runs."""
        from data.model.tracking import TrackedRun

        return TrackedRun

    @property
    def whole(self) -> bool:
        """The list of all experiments; that of one is a part."""
        return not self.experiment_id

    def where(self) -> dict[str, Any]:
        """The experiment."""
        if not self.experiment_id:
            return {}
        connection, _, experiment_id = self.experiment_id.partition(":")
        return {"connection": connection, "experiment_id": experiment_id}

    def glyph_of(self, record: TrackedRun) -> tuple[str, str]:
        """Its status."""
        return status_glyph(record.status), status_tone(record.status)

    async def reload(self) -> None:
        """Read the names of the experiments, then the runs."""
        if self.feed is not None:
            from data.model.tracking import Experiment

            found = await self.feed.context.store.page(Experiment, limit=MANY)
            self._experiments = {experiment.id: experiment.name for experiment in found.records}
            self.experiment = next((one for one in found.records if one.id == self.experiment_id), None)
        await super().reload()

    def columns_of(self, chosen: Sequence[Chosen]) -> Sequence[Chosen]:
        """With runs of all experiments, each says which it belongs to."""
        if chosen or self.experiment_id:
            return chosen
        own = [Chosen(spec.key) for spec in self.TABLE.shown]
        return [*own[:BESIDE_NAME], Chosen("experiment"), *own[BESIDE_NAME:]]

    def tracked_ids(self, run: TrackedRun) -> Sequence[str]:
        """Its own id."""
        return (run.id,)

    @property
    def current_tracked(self) -> TrackedRun | None:
        """The MLflow run under the cursor."""
        return self.current_record

    async def targets(self) -> Sequence[Target]:
        """The marked MLflow runs, else the one under the cursor."""
        return await self.chosen()

    def title_of(self, run: TrackedRun) -> str:
        """Its name."""
        return run.name or run.run_id

    def address(self) -> str:
        """The run's page in MLflow's web client."""
        run = self.current_record
        connections = self.feed.overview.connections if self.feed else ()
        server = next((one.url for one in connections if run is not None and one.id == run.connection), "")
        return address(run, server) if run is not None else ""

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        run = self.current_record
        if id == "settle" and run is not None and not self.grid.marks and not is_left(run):
            return "this MLflow run was not left RUNNING behind an ended job"
        return super().why_not(id)

    async def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the pipeline's run where there is one, else the MLflow run; or a group folded or unfolded."""
        if group_of(message.key) is not None:
            await self.do_group_fold()
            return
        self._see({message.key})
        run = self.current_record
        if run is not None and run.id == message.key and run.pipeline_run_id:
            self.dashboard.open_run(run.pipeline_run_id)
        else:
            self.dashboard.open_tracked(message.key)
