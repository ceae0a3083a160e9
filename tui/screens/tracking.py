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
    all_cells,
    experiment_cells,
    model_cells,
)
from tui.screens.base import bindings
from tui.screens.listing import ListScreen
from widgets.grid import Grid, ListSource, Row

if TYPE_CHECKING:
    from data.store.port import Changes
    from tui.snapshot import Snapshot

AT_ONCE = 500
"""Experiments or models read at once."""
ALL = "all"
"""Key of the row that stands for the runs of all experiments."""
RUNNING = {"status": sorted(TRACKED_ACTIVE)}
"""Restricts MLflow runs to those that are under way."""


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
        self.filled()


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
        rows = [Row(ALL, all_cells(await store.count(TrackedRun), await store.count(TrackedRun, where=RUNNING)))]
        for experiment in (await store.page(Experiment, query=self.parsed(), limit=AT_ONCE)).records:
            mine = {"connection": experiment.connection, "experiment_id": experiment.experiment_id}
            runs = await store.count(TrackedRun, where=mine)
            running = await store.count(TrackedRun, where={**mine, **RUNNING})
            rows.append(Row(experiment.id, experiment_cells(experiment, runs, running, self.now())))
        self.show(rows if len(rows) > 1 and not self.filter else rows[1:])

    def on_grid_opened(self, message: Grid.Opened) -> None:
        """`enter`: the experiment's runs, or those of all."""
        from tui.screens.tracked import TrackedScreen

        self.dashboard.push_screen(TrackedScreen("" if message.key == ALL else message.key))


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
