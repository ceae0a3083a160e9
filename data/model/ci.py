"""What GitLab says of a project's CI besides its runs: refs, schedules, what a launch would run, test reports."""

from __future__ import annotations

from typing import ClassVar

from data.model.base import Count, Id, Name, Part, Record, Seconds, Utc
from data.model.pipeline import PipelineJob, Variable


class Ref(Part, frozen=True, kw_only=True):
    """A branch or tag."""

    name: Name
    sha: str = ""
    title: str = ""
    """First line of its commit's message."""
    committed: Utc | None = None
    protected: bool = False
    may_run: bool = True
    """Whether this login may start a pipeline on it, as far as the server tells (GitLab docs, protected branches)."""


class Refs(Record, frozen=True, kw_only=True):
    """Branches and tags of a project. `id` is the project's."""

    branches: tuple[Ref, ...] = ()
    """The newest commit first."""
    tags: tuple[Ref, ...] = ()
    read: Utc | None = None


class CiPreview(Record, frozen=True, kw_only=True):
    """What would run on a ref, by CI lint with dry run. `id` is `<project id>@<ref>`."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"errors", "warnings"})

    project_id: Id
    ref: Name
    sha: str = ""
    valid: bool = False
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    jobs: tuple[PipelineJob, ...] = ()
    """In the order of stages, those that the rules leave with the variables of the configuration."""
    inputs: tuple[Variable, ...] = ()
    """Inputs that the configuration declares (`spec:inputs`)."""
    dry_run: bool = False
    """False where this login may not have one: then the rules were not evaluated."""
    read: Utc | None = None


class Schedule(Record, frozen=True, kw_only=True):
    """A pipeline schedule. `id` is `git_id(connection, git_project_id, "schedule", git_schedule_id)`."""

    project_id: Id
    connection: Name
    git_project_id: int
    git_schedule_id: int
    description: str = ""
    ref: str = ""
    """Branch or tag, without `refs/…/`."""
    cron: str = ""
    timezone: str = ""
    next_run: Utc | None = None
    active: bool = True
    owner: str = ""
    """User name."""
    variables: tuple[Variable, ...] = ()
    """As far as this login may see them, without the values of secrets."""
    inputs: dict[str, str] = {}
    last_run_id: str = ""
    """The newest run that it started."""
    last_status: str = ""


class TestCase(Part, frozen=True, kw_only=True):
    """A case of a test suite (GitLab docs, api/pipelines, test report)."""

    __test__: ClassVar[bool] = False

    name: Name
    classname: str = ""
    file: str = ""
    status: str = ""
    """`success`, `failed`, `error` or `skipped`."""
    execution_time: Seconds = 0
    output: str = ""
    """Text of the failure, cut."""
    recent_failures: Count = 0
    """Failures on the default branch lately."""


class TestSuite(Part, frozen=True, kw_only=True):
    """A suite of a test report: GitLab makes one of each job with JUnit reports."""

    __test__: ClassVar[bool] = False

    name: Name
    execution_time: Seconds = 0
    total: Count = 0
    success: Count = 0
    failed: Count = 0
    error: Count = 0
    skipped: Count = 0
    suite_error: str = ""
    """Why the report could not be read."""
    cases: tuple[TestCase, ...] = ()
    """Failed ones first; a limited number."""


class TestReport(Record, frozen=True, kw_only=True):
    """GitLab's test report of a run. `id` is that of the `PipelineRun`."""

    __test__: ClassVar[bool] = False
    BLOCKS: ClassVar[frozenset[str]] = frozenset({"suites"})

    project_id: Id
    execution_time: Seconds = 0
    total: Count = 0
    success: Count = 0
    failed: Count = 0
    error: Count = 0
    skipped: Count = 0
    suites: tuple[TestSuite, ...] = ()
    complete: bool = False
    """The run had ended when it was read."""
    read: Utc | None = None
