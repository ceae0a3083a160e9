"""What exists on the simulated server. Times are seconds since the epoch; relations are plain references."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from data.simulator.ci import Input, JobSpec, PipelineSpec
from data.simulator.names import Theme

COMPLETED = frozenset({"success", "failed", "canceled", "skipped"})
"""Statuses that end a job or a pipeline (GitLab: app/models/concerns/ci/has_status.rb)."""

CANCELABLE = frozenset(
    {"preparing", "pending", "running", "waiting_for_callback", "waiting_for_resource", "created", "scheduled"}
)
"""Statuses that a cancel request acts on (same source)."""

RETRYABLE = frozenset({"success", "failed", "canceled", "canceling"})
"""Statuses of a job that can be retried (GitLab docs, api/jobs)."""


class Access(IntEnum):
    """Access levels (GitLab docs, api/members)."""

    NONE = 0
    GUEST = 10
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


@dataclass(slots=True, eq=False)
class User:
    """Somebody with an account."""

    id: int
    username: str
    name: str
    created_at: float
    state: str = "active"
    bio: str = ""

    @property
    def email(self) -> str:
        """The address that stands in commits."""
        return f"{self.username}@example.com"


@dataclass(slots=True, eq=False)
class Token:
    """A personal access token. `value` is a secret only by form: it opens nothing but the simulator."""

    id: int
    name: str
    value: str
    user: User
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None = None
    revoked: bool = False
    last_used_at: float | None = None


@dataclass(slots=True, eq=False)
class Group:
    """A group or subgroup."""

    id: int
    name: str
    path: str
    full_path: str
    parent: Group | None


@dataclass(slots=True, eq=False)
class Commit:
    """One commit."""

    sha: str
    title: str
    message: str
    author: User
    created_at: float
    parents: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Branch:
    """A branch with the commits that were made on it, oldest first."""

    name: str
    commits: list[Commit]
    protected: bool = False
    developers_can_merge: bool = True

    @property
    def head(self) -> Commit:
        """The newest commit."""
        return self.commits[-1]


@dataclass(slots=True, eq=False)
class Tag:
    """A git tag."""

    name: str
    commit: Commit
    message: str
    protected: bool = False


@dataclass(slots=True, frozen=True)
class Variable:
    """A variable of one pipeline, schedule or manual job."""

    key: str
    value: str
    variable_type: str = "env_var"


@dataclass(slots=True, eq=False)
class CiVariable:
    """A variable in a project's settings."""

    key: str
    value: str
    masked: bool = False
    protected: bool = False
    hidden: bool = False
    description: str | None = None


@dataclass(slots=True, eq=False)
class Runner:
    """A runner; it takes jobs that have its tag, `capacity` at a time."""

    id: int
    description: str
    tag: str
    capacity: int
    created_at: float
    busy: int = 0
    paused: bool = False
    online: bool = True


@dataclass(slots=True, eq=False)
class Environment:
    """Something that is deployed to."""

    id: int
    name: str
    tier: str
    external_url: str | None
    created_at: float
    updated_at: float
    state: str = "available"


@dataclass(slots=True, eq=False)
class Deployment:
    """One deployment; its status is that of its job."""

    id: int
    iid: int
    environment: Environment
    job: Job
    created_at: float


@dataclass(slots=True, eq=False)
class Schedule:
    """A pipeline schedule; `hour` and `weekday` (0 is Monday, None every day) stand for its cron line, UTC."""

    id: int
    description: str
    ref: str
    hour: int
    weekday: int | None
    active: bool
    owner: User
    created_at: float
    updated_at: float
    variables: tuple[Variable, ...] = ()
    inputs: dict[str, object] = field(default_factory=dict)
    pipelines: list[Pipeline] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Project:
    """A project with everything that belongs to it."""

    id: int
    name: str
    path: str
    group: Group
    theme: Theme
    created_at: float
    last_activity_at: float
    spec: PipelineSpec
    inputs: tuple[Input, ...]
    files: dict[str, str]
    variables_role: str = "developer"
    timestamps: bool = True
    archived: bool = False
    jobs_enabled: bool = True
    members: dict[int, Access] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    variables: list[CiVariable] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    pipelines: dict[int, Pipeline] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    iid: int = 0

    @property
    def full_path(self) -> str:
        """Path with all its groups."""
        return f"{self.group.full_path}/{self.path}"

    default_branch = "main"


@dataclass(slots=True, eq=False)
class Pipeline:
    """A pipeline; `updated_at` moves with its own status only."""

    id: int
    iid: int
    project: Project
    ref: str
    sha: str
    before_sha: str
    source: str
    user: User
    created_at: float
    updated_at: float
    variables: tuple[Variable, ...]
    inputs: dict[str, object]
    name: str | None
    spec: PipelineSpec
    tag: bool = False
    status: str = "created"
    started_at: float | None = None
    finished_at: float | None = None
    jobs: list[Job] = field(default_factory=list)
    bridge: Job | None = None

    @property
    def latest(self) -> list[Job]:
        """Jobs and bridges without the attempts that were retried."""
        return [job for job in self.jobs if not job.retried]

    @property
    def parent(self) -> Pipeline | None:
        """The pipeline that triggered this one."""
        return self.bridge.pipeline if self.bridge else None

    @property
    def is_child(self) -> bool:
        """Whether it is a child pipeline of its own project."""
        return self.source == "parent_pipeline"


@dataclass(slots=True, eq=False)
class Job:
    """A job, or a bridge where `spec.trigger` is set.

    `seconds` and `outcome` are drawn when it starts: how long it will run, and the failure reason it will end with
    ("" for success). `truncated` is the number of bytes that a shortened log keeps, `printed` a log that was ordered in
    place of the simulated one.
    """

    id: int
    pipeline: Pipeline
    spec: JobSpec
    stage_index: int
    created_at: float
    user: User
    attempt: int = 1
    status: str = "created"
    when: Literal["on_success", "manual", "always", "on_failure"] = "on_success"
    retried: bool = False
    queued_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    erased_at: float | None = None
    canceled_at: float | None = None
    failure_reason: str | None = None
    runner: Runner | None = None
    seconds: float = 0.0
    outcome: str = ""
    variables: tuple[Variable, ...] = ()
    downstream: Pipeline | None = None
    truncated: int | None = None
    printed: bytearray | None = None
    artifacts_deleted: bool = False
    artifacts_kept: bool = False
    log_size: int | None = None
    archive_size: int | None = None

    @property
    def project(self) -> Project:
        """The project it runs in."""
        return self.pipeline.project

    @property
    def is_bridge(self) -> bool:
        """Whether it triggers another pipeline instead of running a script."""
        return self.spec.trigger is not None

    @property
    def name(self) -> str:
        """Name in the configuration."""
        return self.spec.name
