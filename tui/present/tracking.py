"""MLflow's experiments and models as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.model.tracking import Experiment, ModelVersion, RegisteredModel
from tui.present.text import age
from widgets.cells import Cell, Column

EXPERIMENT_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="experiment", width=30, min_width=16, flex=2, priority=0),
    Column(key="id", title="id", width=20, min_width=6, priority=5),
    Column(key="connection", title="server", width=12, min_width=6, priority=4),
    Column(key="runs", title="runs", width=7, align="right", priority=1),
    Column(key="running", title="running", width=7, align="right", priority=2),
    Column(key="updated", title="changed", width=8, align="right", priority=3),
)
"""Columns of the experiments."""

MODEL_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="model", width=26, min_width=14, flex=1, priority=0),
    Column(key="version", title="version", width=8, align="right", priority=1),
    Column(key="status", title="status", width=10, priority=4),
    Column(key="aliases", title="aliases", width=18, min_width=8, priority=2),
    Column(key="age", title="age", width=4, align="right", priority=3),
    Column(key="pipeline", title="pipeline", width=10, min_width=8, priority=3),
    Column(key="run", title="MLflow run", width=34, min_width=10, priority=5),
    Column(key="source", title="source", width=30, min_width=10, flex=2, priority=7),
)
"""Columns of the model registry."""


def experiment_cells(experiment: Experiment, runs: int, running: int, now: datetime) -> tuple[Cell, ...]:
    """A row of the experiments, a cell per entry of `EXPERIMENT_COLUMNS`."""
    return (
        Cell(experiment.name, "dim" if experiment.lifecycle_stage != "active" else ""),
        Cell(experiment.experiment_id, "dim"),
        Cell(experiment.connection, "dim"),
        Cell(str(runs)),
        Cell(str(running), "running") if running else Cell("–", "dim"),
        Cell(age(experiment.updated or experiment.created, now), "dim"),
    )


def all_cells(runs: int, running: int) -> tuple[Cell, ...]:
    """The row that stands for all experiments together."""
    active = Cell(str(running), "running") if running else Cell("–", "dim")
    return (Cell("all runs", "bold"), Cell(), Cell(), Cell(str(runs)), active)


def run_number(run_id: str) -> str:
    """A pipeline run's id as people write it."""
    return "#" + run_id.rpartition(":")[2] if run_id else ""


def model_cells(model: RegisteredModel, version: ModelVersion | None, now: datetime) -> tuple[Cell, ...]:
    """A row of the registry, a cell per entry of `MODEL_COLUMNS`."""
    if version is None:
        return (Cell(model.name, "bold"), Cell("none", "dim"), Cell(), Cell(), Cell(age(model.created, now), "dim"))
    aliases: Sequence[str] = version.aliases or [a for a, number in model.aliases.items() if number == version.version]
    return (
        Cell(model.name),
        Cell(version.version, "bold"),
        Cell(version.status.lower(), "dim"),
        Cell(" ".join(aliases), "accent"),
        Cell(age(version.created, now), "dim"),
        Cell(run_number(version.pipeline_run_id), "accent"),
        Cell(version.run_id, "dim"),
        Cell(version.source, "dim"),
    )
