"""What ran: runs, their stages and jobs."""

from __future__ import annotations

from typing import ClassVar, Final

from data.model.base import Count, Id, Json, Name, Params, Part, Record, Seconds, Utc
from data.model.vocabulary import PRODUCTION

SUMMED_UP: Final = 256
"""Metrics, and params, that the record of a run holds of its MLflow runs at most; these have them all."""


class RunInfo(Record, frozen=True, kw_only=True):
    """Runs of several APIs that belong together: they share the variable RUN_ID, which is the `id`."""

    pipeline_id: str = ""
    pipeline_api_id: str = ""
    """Set for the tests of one API."""
    test_run_id: str = ""
    """Id of the run of the test repository's pipeline, which starts the tested runs; empty for production."""
    requester: str = ""
    """Who made it."""
    kind: str = PRODUCTION
    create_time: Utc | None = None
    finish_time: Utc | None = None
    runs: tuple[Id, ...] = ()
    """Ids of the `PipelineRun`s, oldest first."""


class StageRun(Part, frozen=True, kw_only=True):
    """A stage of a run, in the order of execution; its status is that of its newest attempts (GitLab's rule)."""

    name: Name
    order: Count = 0
    status: str = "created"
    start: Utc | None = None
    completion: Utc | None = None
    warnings: bool = False
    """A job that may fail has failed."""


class Link(Part, frozen=True, kw_only=True):
    """How a run was joined with its MLflow runs."""

    by: str
    """`launch` (MLFLOW_RUN_ID that we passed), `job` (tag gitlab.CI_JOB_ID), `tag` (a configured tag), `commit`."""
    certain: bool = True
    """False where the match is likely only (same commit within the time window)."""


class PipelineRun(Record, frozen=True, kw_only=True):
    """One execution: a GitLab pipeline. `id` is `git_id(connection, git_project_id, git_pipeline_id)`."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"notes", "pipeline_config_used", "error_message"})

    project_id: Id
    pipeline_id: str = ""
    pipeline_api_id: str = ""
    api: str = ""
    """Name of the API, where known."""
    run_info_id: str = ""
    """RUN_ID."""
    submission_id: str = ""
    kind: str = PRODUCTION
    run_number: Count = 0
    """Sequential within the project: GitLab's `iid`."""
    connection: Name
    git_project_id: int
    git_pipeline_id: int
    name: str = ""
    web_url: str = ""
    status: str = "created"
    warnings: bool = False
    """Success with failed jobs that were allowed to fail."""
    trigger_type: str = "unknown"
    """GitLab's `source`: push, web, schedule, api, parent_pipeline …"""
    triggered_by: str = ""
    """User name."""
    ref: str = ""
    git_commit_hash: str = ""
    commit_title: str = ""
    parent_run_id: str = ""
    """The run whose trigger job started this one."""
    created: Utc
    updated: Utc | None = None
    start: Utc | None = None
    completion: Utc | None = None
    execution_time: Seconds = 0
    queued_time: Seconds = 0
    success_count: Count = 0
    failed_count: Count = 0
    job_count: Count = 0
    stages: tuple[StageRun, ...] = ()
    pipeline_config_used: str = ""
    environment: str = ""
    variables: Params = {}
    variables_known: bool = False
    """False until the server told them (only maintainers and the creator may ask)."""
    mlflow_run_ids: tuple[Id, ...] = ()
    link: Link | None = None
    metrics: dict[str, float] = {}
    """Last value of each metric of the linked MLflow runs, at most `SUMMED_UP`; NaN and infinities left out."""
    params: Params = {}
    """Parameters of the linked MLflow runs, at most `SUMMED_UP`, long values cut.

    Where several runs have one, the newest run's value counts; nested runs count less, deleted ones least.
    """
    experiment: str = ""
    """Name of the MLflow experiment of the newest linked run."""
    dataset: str = ""
    """The data that the newest linked run with an input used: `<name>@<digest>`."""
    model: str = ""
    """Name of the registered model of which a linked run made a version."""
    max_memory_usage: float | None = None
    """Megabytes, from MLflow's system metrics."""
    max_cpu_usage: float | None = None
    """Per cent, from MLflow's system metrics."""
    error_message: str = ""
    output_data: Json = None
    callback_url: str = ""
    tags: Params = {}
    labels: tuple[str, ...] = ()
    notes: str = ""
    jobs_synced: bool = False
    """Whether the jobs were read after the run's last change."""
    gone: bool = False
    """No longer on the server; kept here."""


class LogState(Part, frozen=True, kw_only=True):
    """What we hold of a job's log."""

    size: Count = 0
    """Bytes in the local file."""
    complete: bool = False
    kept_since: Utc | None = None
    generation: Count = 0
    """Counts how often the log was fetched anew because it shrank or changed on the server."""
    erased: bool = False
    """Erased or expired on the server; what we hold stays readable."""


class JobRun(Record, frozen=True, kw_only=True):
    """One attempt of a job. `id` is `git_id(connection, git_project_id, "job", git_job_id)`."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"script"})

    pipeline_run_id: Id
    project_id: Id
    connection: Name
    git_project_id: int
    git_job_id: int
    name: Name
    stage: str = ""
    stage_type: str = "CUSTOM"
    status: str = "created"
    bridge: bool = False
    """A trigger job: it has no log, and starts `downstream`."""
    allows_failure: bool = False
    attempt_number: Count = 1
    retry_of: str = ""
    """Id of the attempt before."""
    retried: bool = False
    """A newer attempt exists."""
    created: Utc | None = None
    start: Utc | None = None
    completion: Utc | None = None
    execution_time: Seconds = 0
    queued_time: Seconds = 0
    endpoint: str = ""
    """Runner that executed it."""
    runner_tags: tuple[str, ...] = ()
    image: str = ""
    script: str = ""
    environment: Params = {}
    failure_reason: str = ""
    needs: tuple[str, ...] = ()
    """Names of the jobs that it waits for; empty where only the order of the stages holds, or nobody told."""
    memory_usage: float | None = None
    cpu_usage: float | None = None
    input_artifacts: tuple[Id, ...] = ()
    output_artifacts: tuple[Id, ...] = ()
    artifacts_size: Count = 0
    """Bytes of the job's artifacts on the server."""
    downstream: str = ""
    """Id of the run that a trigger job started."""
    web_url: str = ""
    triggered_by: str = ""
    coverage: float | None = None
    erased: Utc | None = None
    log: LogState = LogState()
