"""The screen of a project: its head, repositories, people, experiments and environments as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.launch.permissions import NO_ONE, ROLES
from data.model.people import Membership, Organization, UserGroup
from data.model.project import CodeRepository, DataRepository, ExperimentRepository, Project
from data.model.tracking import Deployment, Experiment
from tui.present.pipeline import went
from tui.present.projects import Glance
from tui.present.run import ago
from tui.present.text import moment, plural, sha
from widgets.cells import Cell, Column
from widgets.glyphs import STATUS, status_glyph, status_tone

Repository = CodeRepository | DataRepository | ExperimentRepository
Person = Membership | UserGroup | Organization

REPOSITORY_COLUMNS: tuple[Column, ...] = (
    Column(key="what", title="what", width=10, priority=1),
    Column(key="name", title="repository", width=24, min_width=12, flex=1, priority=0),
    Column(key="uri", title="address", width=40, min_width=16, flex=2, priority=2),
    Column(key="where", title="storage", width=16, min_width=8, priority=3),
    Column(key="version", title="version", width=10, min_width=6, priority=4),
    Column(key="about", title="description", width=20, min_width=10, flex=1, priority=5),
)
"""Columns of the repositories."""
PEOPLE_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="name", width=26, min_width=14, flex=1, priority=0),
    Column(key="user", title="user", width=20, min_width=10, flex=1, priority=1),
    Column(key="role", title="role", width=16, priority=0),
    Column(key="level", title="level", width=5, align="right", priority=4),
    Column(key="state", title="state", width=10, priority=3),
    Column(key="expires", title="expires", width=12, priority=5),
)
"""Columns of the members and groups."""
EXPERIMENT_COLUMNS: tuple[Column, ...] = (
    Column(key="role", title="for", width=12, priority=0),
    Column(key="name", title="experiment", width=30, min_width=14, flex=1, priority=0),
    Column(key="id", title="id", width=12, min_width=4, priority=3),
    Column(key="server", title="server", width=12, min_width=6, priority=4),
    Column(key="runs", title="runs", width=7, align="right", priority=1),
    Column(key="stage", title="stage", width=8, priority=5),
    Column(key="where", title="artifacts", width=30, min_width=12, flex=1, priority=6),
)
"""Columns of the experiments."""
PLACE_COLUMNS: tuple[Column, ...] = (
    Column(key="name", title="environment", width=20, min_width=10, flex=1, priority=0),
    Column(key="kind", title="what", width=12, priority=2),
    Column(key="tier", title="tier", width=12, priority=5),
    Column(key="status", title="status", width=12, priority=0),
    Column(key="ref", title="ref", width=14, min_width=6, flex=1, priority=3),
    Column(key="commit", title="commit", width=8, priority=4),
    Column(key="by", title="by", width=12, min_width=6, priority=5),
    Column(key="age", title="when", width=10, priority=1),
    Column(key="url", title="address", width=30, min_width=10, flex=1, priority=6),
)
"""Columns of the environments and deployments."""


def head_lines(project: Project, seen: Glance | None, pipelines: int, now: datetime) -> list[list[Cell]]:
    """What it is; how it went; what one may do in it."""
    what = [Cell(project.name, "bold"), Cell(project.path, "dim")]
    if project.archived:
        what.append(Cell("archived", "warning"))
    if project.labels:
        what.append(Cell(" ".join(project.labels), "accent"))
    return [what, [*went(seen, None, now), Cell(plural(pipelines, "pipeline"), "dim")], _may(project)]


def _may(project: Project) -> list[Cell]:
    level = project.access_level
    role = ROLES.get(level, str(level)) if level else "not known"
    cells = [Cell.of(("your role ", "dim"), (role, ""))]
    if project.variables_role == NO_ONE:
        cells.append(Cell("pipeline variables are forbidden: launches send inputs", "warning"))
    elif project.variables_role:
        cells.append(Cell.of(("variables may be set by ", "dim"), (f"{project.variables_role}s", "")))
    if project.default_ref:
        cells.append(Cell(project.default_ref, "accent"))
    return cells


def repository_cells(record: Repository) -> tuple[Cell, ...]:
    """A row of the repositories, a cell per entry of `REPOSITORY_COLUMNS`."""
    what = {CodeRepository: "code", DataRepository: "data", ExperimentRepository: "experiment"}[type(record)]
    data = record if isinstance(record, DataRepository) else None
    where = f"{data.storage_type} {data.bucket}".strip() if data else record.connection
    return (
        Cell(what, "dim"),
        Cell(record.name),
        Cell(record.uri, "dim"),
        Cell(where, "dim"),
        Cell(data.version if data else ""),
        Cell(record.description.partition("\n")[0], "dim"),
    )


def person_cells(record: Person, now: datetime) -> tuple[Cell, ...]:
    """A row of the members and groups, a cell per entry of `PEOPLE_COLUMNS`."""
    if not isinstance(record, Membership):
        what = "group" if isinstance(record, UserGroup) else "top-level group"
        return (Cell(record.name, "accent"), Cell(record.path, "dim"), Cell(what, "dim"), Cell(), Cell(), Cell())
    level = record.access_level
    return (
        Cell(record.name or record.username),
        Cell(record.username, "dim"),
        Cell(ROLES.get(level, str(level))),
        Cell(str(level), "dim"),
        Cell(record.state, "dim"),
        Cell(moment(record.expires, now), "warning" if record.expires and record.expires < now else "dim"),
    )


def experiment_cells(record: Experiment, project: Project, runs: int) -> tuple[Cell, ...]:
    """A row of the experiments, a cell per entry of `EXPERIMENT_COLUMNS`."""
    return (
        Cell(experiment_role(record, project)),
        Cell(record.name),
        Cell(record.experiment_id, "dim"),
        Cell(record.connection, "dim"),
        Cell(str(runs)),
        Cell(record.lifecycle_stage, "dim" if record.lifecycle_stage == "active" else "warning"),
        Cell(record.artifact_location, "dim"),
    )


def experiment_role(record: Experiment, project: Project) -> str:
    """What a project uses an experiment for."""
    production = record.experiment_id == project.mlflow_experiment_id
    test = record.experiment_id == project.test_mlflow_experiment_id
    return "both" if production and test else "production" if production else "test" if test else "other"


def place_cells(record: Deployment, now: datetime) -> tuple[Cell, ...]:
    """A row of the environments and deployments, a cell per entry of `PLACE_COLUMNS`."""
    what = "deployment" if is_deployment(record) else record.kind
    sign = f"{status_glyph(record.status)} " if record.status.lower() in STATUS else ""
    return (
        Cell(record.environment or record.name),
        Cell(what, "dim"),
        Cell(record.tier, "dim"),
        Cell(f"{sign}{record.status}", status_tone(record.status) if sign else ""),
        Cell(record.ref),
        Cell(sha(record.commit), "dim"),
        Cell(record.deployed_by, "dim"),
        Cell(ago(record.created, now), "dim"),
        Cell(record.url, "accent"),
    )


def is_deployment(record: Deployment) -> bool:
    """Whether something was deployed: an environment alone is a place for that."""
    return record.kind == "environment" and bool(record.deployed_by or record.commit or record.job_run_id)


def of_project(groups: Sequence[UserGroup | Organization], project: Project) -> list[UserGroup | Organization]:
    """The groups in which a project lies, by their paths, the outermost first."""
    inside = [
        one
        for one in groups
        if one.connection == project.connection and one.path and project.path.startswith(f"{one.path}/")
    ]
    named = {(one.path, isinstance(one, UserGroup)): one for one in inside}
    chosen = {path: one for (path, is_group), one in named.items() if is_group or (path, True) not in named}
    return sorted(chosen.values(), key=lambda one: one.path.count("/"))
