"""Experiments and Models: what MLflow holds, with or without a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from data.model.base import Record
from data.model.tracking import Experiment, ModelVersion, RegisteredModel, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from tui.present.tracking import (
    EXPERIMENT_COLUMNS,
    MODEL_COLUMNS,
    TRACKED_COLUMNS,
    experiment_cells,
    model_cells,
    tracked_cells,
)
from tui.rows import StoreRows
from tui.screens.base import bindings
from tui.screens.listing import ListScreen
from widgets.grid import Grid, ListSource, Row

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.snapshot import Snapshot

AT_ONCE = 500
"""Experiments or models read at once."""


class TrackingScreen(ListScreen):
    """A list of MLflow's things, read again when one of them changes."""

    KINDS: ClassVar[frozenset[type[Record]]] = frozenset()

    async def data_changed(self, changes: Changes) -> None:
        """Read again when something listed changed."""
        if self.KINDS & {*changes.put, *changes.deleted}:
            self.load()

    def show(self, rows: Sequence[Row]) -> None:
        """Put rows into the grid."""
        self.grid.set_source(ListSource(rows))
        if not rows:
            self.nothing()


class ExperimentsScreen(TrackingScreen):
    """All experiments."""

    NAME = "experiments"
    TAB = "experiments"
    BINDINGS = bindings("experiments")
    COLUMNS = EXPERIMENT_COLUMNS
    KINDS = frozenset({Experiment, TrackedRun})
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No experiments yet",
        "Name an MLflow connection and each project's experiment in the configuration",
    )

    async def reload(self) -> None:
        """Read experiments and count their runs."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        rows = []
        for experiment in (await store.page(Experiment, query=self.parsed(), limit=AT_ONCE)).records:
            mine = {"connection": experiment.connection, "experiment_id": experiment.experiment_id}
            runs = await store.count(TrackedRun, where=mine)
            running = await store.count(TrackedRun, where={**mine, "status": sorted(TRACKED_ACTIVE)})
            rows.append(Row(experiment.id, experiment_cells(experiment, runs, running, self.now())))
        self.show(rows)

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the experiment's runs."""
        self.dashboard.push_screen(TrackedScreen(message.key))


class TrackedScreen(ListScreen):
    """The MLflow runs of one experiment, newest first; those without a pipeline, too."""

    NAME = "tracked"
    TAB = "experiments"
    BINDINGS = bindings("tracked")
    COLUMNS = TRACKED_COLUMNS
    EMPTY: ClassVar[tuple[str, ...]] = ("No runs in this experiment", "esc goes back")

    def __init__(self, experiment_id: str) -> None:
        super().__init__()
        self.experiment_id = experiment_id
        self.experiment_name = ""

    def crumbs(self) -> tuple[str, ...]:
        """The experiment's name."""
        return ("lineside", "experiments", self.experiment_name)

    async def reload(self) -> None:
        """List the runs anew."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        experiment = await store.get(Experiment, self.experiment_id)
        if experiment is None:
            self.nothing()
            return
        self.experiment_name = experiment.name
        where = {"connection": experiment.connection, "experiment_id": experiment.experiment_id}
        rows = StoreRows(
            await store.listing(TrackedRun, where=where, query=self.parsed()),
            lambda run: tracked_cells(run, self.now()),
        )
        start, stop = self.grid.in_sight
        await rows.load(start, max(stop, start + self.grid.page) + 1)
        self.grid.set_source(rows)
        if not rows.size:
            self.nothing()
        self.refresh_frame()

    async def data_changed(self, changes: Changes) -> None:
        """Read again when a run changed."""
        if TrackedRun in changes.put or TrackedRun in changes.deleted:
            self.load()

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the pipeline's run, where there is one."""
        rows = self.grid.source
        run = rows.record(message.index) if isinstance(rows, StoreRows) else None
        if run is not None and run.pipeline_run_id:
            self.dashboard.open_run(run.pipeline_run_id)
        else:
            self.say("no pipeline is linked with this MLflow run", "dim")


class ModelsScreen(TrackingScreen):
    """The model registry: every version, newest first within its model."""

    NAME = "models"
    TAB = "models"
    BINDINGS = bindings("models")
    COLUMNS = MODEL_COLUMNS
    KINDS = frozenset({RegisteredModel, ModelVersion})
    EMPTY: ClassVar[tuple[str, ...]] = (
        "No registered models",
        "Versions appear here as soon as a job registers one with MLflow",
    )

    def __init__(self, filter: str = "", seen: Snapshot | None = None) -> None:
        super().__init__(filter, seen)
        self._runs: dict[str, str] = {}

    async def reload(self) -> None:
        """Read models and versions."""
        feed = self.feed
        if feed is None:
            return
        store = feed.context.store
        models = (await store.page(RegisteredModel, query=self.parsed(), limit=AT_ONCE)).records
        versions: dict[tuple[str, str], list[ModelVersion]] = {}
        for version in (await store.page(ModelVersion, limit=AT_ONCE * 4)).records:
            versions.setdefault((version.connection, version.name), []).append(version)
        rows = []
        self._runs = {}
        for model in models:
            mine = versions.get((model.connection, model.name), [])
            for version in sorted(mine, key=lambda one: (len(one.version), one.version), reverse=True):
                self._runs[version.id] = version.pipeline_run_id
                rows.append(Row(version.id, model_cells(model, version, self.now())))
            if not mine:
                rows.append(Row(model.id, model_cells(model, None, self.now())))
        self.show(rows)

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the run that made the version."""
        if run_id := self._runs.get(message.key):
            self.dashboard.open_run(run_id)
        else:
            self.say("no pipeline is linked with this version", "dim")
