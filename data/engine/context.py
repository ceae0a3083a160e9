"""What the parts that work on one project share, and those that act on the runs of one MLflow connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec.structs import replace

from data.config import ProjectSettings, SyncSettings
from data.engine.board import Board
from data.engine.budget import Rank
from data.engine.desk import Desk
from data.engine.leases import Leases, Permit
from data.engine.server import Server
from data.engine.timing import Timing
from data.model import Command, JobRun, Pipeline, PipelineAPI, PipelineJob, PipelineRun, Project, Record
from data.sources.gitlab import GitLabSource
from data.sources.gitlab.ci import base_name
from data.sources.mlflow import TrackingSource
from data.store.port import Store

R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass(slots=True)
class ProjectContext:
    """One configured project that has been found on its server.

    Attributes:
        settings: the project's part of the configuration.
        project: its record as of now; its id is the name of its lease, too.
        siblings: ids of all projects that engines of this configuration copy.
        pipelines: records of its pipelines, the default first.
        apis: records of the ways to start them.
        blueprints: what CI lint says of its jobs, by name.
        test_repositories: test repositories of the APIs that were looked up, as they are named there.
        log_runs: runs of which somebody reads a log now.
        unsettled: outcomes of commands that could not be written, because the store was away.
        handed_over: launches for which the project was left to an engine that has the values of their secrets.
    """

    settings: ProjectSettings
    sync: SyncSettings
    timing: Timing
    project: Project
    server: Server[GitLabSource]
    desk: Desk
    leases: Leases
    board: Board
    siblings: set[str]
    pipelines: list[Pipeline] = field(default_factory=list)
    apis: list[PipelineAPI] = field(default_factory=list)
    blueprints: dict[str, PipelineJob] = field(default_factory=dict)
    test_repositories: dict[str, Project] = field(default_factory=dict)
    log_runs: frozenset[str] = frozenset()
    unsettled: dict[str, Command] = field(default_factory=dict)
    handed_over: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        """Id of the `Project`, and name of its lease."""
        return self.project.id

    @property
    def git(self) -> int:
        """GitLab's id of the project."""
        return self.project.git_project_id

    @property
    def experiments(self) -> tuple[str, ...]:
        """MLflow's ids of its experiments, as far as they are known."""
        ids = (self.project.mlflow_experiment_id, self.project.test_mlflow_experiment_id)
        return tuple(id for id in ids if id)

    @property
    def store(self) -> Store:
        """The store, for reading."""
        return self.desk.store

    @property
    def permit(self) -> Permit:
        """What changes of the server are made under."""
        return self.leases.permit(self.id)

    async def write(self, ask: Callable[[GitLabSource], T]) -> T:
        """Change something on the server, now or not at all: see `Server.write`."""
        return await self.server.write(self.permit, ask)

    @property
    def looked_at(self) -> bool:
        """Whether somebody looks at this project by name."""
        return self.id in self.board.ids("project")

    def rank(self) -> Rank:
        """Rank of what concerns the whole project."""
        return Rank.PERSON if self.looked_at or self.board.everything else Rank.ROUTINE

    def own(self, run: PipelineRun) -> PipelineRun:
        """A run as its server gave it, with what is known from the configuration."""
        if run.pipeline_id or not self.pipelines or run.project_id != self.id:
            return run
        return replace(run, pipeline_id=self.pipelines[0].id)

    def own_job(self, job: JobRun) -> JobRun:
        """A job as its server gave it, with what people, the configuration and CI lint tell of it."""
        name = job.name if job.name in self.blueprints else base_name(job.name)
        kind = next((one.stage_types[name] for one in self.settings.pipelines if name in one.stage_types), "")
        print_ = self.blueprints.get(name) if job.project_id == self.id else None
        if print_ is not None and print_.defined_by:
            kind = print_.stage_type
        return replace(
            job,
            stage_type=kind or (print_.stage_type if print_ else job.stage_type),
            image=job.image or (print_.image if print_ else ""),
            script=job.script or ("\n".join(print_.instructions) if print_ else ""),
        )


@dataclass(slots=True)
class TrackingContext:
    """One MLflow connection, for what people ask of its runs.

    Attributes:
        id: name of the connection, and of its lease.
        unsettled: outcomes of commands that could not be written, because the store was away.
    """

    id: str
    server: Server[TrackingSource]
    desk: Desk
    leases: Leases
    timing: Timing
    unsettled: dict[str, Command] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The store, for reading."""
        return self.desk.store

    @property
    def permit(self) -> Permit:
        """What changes of the server are made under."""
        return self.leases.permit(self.id)

    async def write(self, ask: Callable[[TrackingSource], T]) -> T:
        """Change something on the server, now or not at all: see `Server.write`."""
        return await self.server.write(self.permit, ask)
