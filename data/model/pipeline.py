"""What can be run: pipelines, their jobs and the APIs that start them."""

from __future__ import annotations

from typing import ClassVar

from data.model.base import Count, Id, Json, Name, Part, Record, Seconds, Utc
from data.model.vocabulary import E2E, MODEL_TRAINING


class Variable(Part, frozen=True, kw_only=True):
    """A CI/CD variable of an API or a launch."""

    key: Name
    value: str = ""
    description: str = ""
    kind: str = "string"
    """`string`, `number`, `bool`, `choice` or `file`."""
    choices: tuple[str, ...] = ()
    required: bool = False
    pattern: str = ""
    """Regular expression that the whole value must match; empty for any."""
    secret: bool = False
    """A secret's value is asked for at launch, masked on screen and never stored."""


class Pipeline(Record, frozen=True, kw_only=True):
    """An ML pipeline: one CI configuration of a repository. `id` is `<project id>:<name>`."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"description", "pipeline_config"})

    project_id: Id
    name: Name
    description: str = ""
    type: str = MODEL_TRAINING
    repository_id: int = 0
    repository_url: str = ""
    default_ref: str = ""
    storage_bucket: str = ""
    data_version_bucket: str = ""
    test_storage_bucket: str = ""
    test_data_version_bucket: str = ""
    pipeline_file_name: str = ".gitlab-ci.yml"
    pipeline_config: str = ""
    """Merged YAML that CI lint accepted; a configuration that failed validation is never stored."""
    last_commit_hash: str = ""
    """Commit at which `pipeline_config` was validated."""
    active: bool = True
    running: bool = False
    max_concurrent: Count = 0
    """Runs at a time; 0 for no limit."""
    timeout: Seconds = 0
    """Seconds after which a run that we launched is cancelled; 0 for never."""
    job_run_history: tuple[str, ...] = ()
    """Ids of the newest runs, newest first."""


class PipelineJob(Record, frozen=True, kw_only=True):
    """One job (component) of a pipeline. `id` is `<pipeline id>:<name>`."""

    pipeline_id: Id
    name: Name
    order: Count = 0
    """Order of execution, from 0."""
    stage: str = ""
    stage_type: str = "CUSTOM"
    os: str = "linux"
    image: str = ""
    """Container image; only meaningful on Linux."""
    runner_tag: str = ""
    variables: tuple[Variable, ...] = ()
    instructions: tuple[str, ...] = ()
    """Script lines."""
    needs: tuple[str, ...] = ()
    """Names of the jobs it waits for; empty where only the stage order holds."""
    when: str = "on_success"
    allow_failure: bool = False


class PipelineAPI(Record, frozen=True, kw_only=True):
    """A way to start a pipeline: which components run, with which variables. `id` is `<pipeline id>:<name>`."""

    pipeline_id: Id
    name: Name
    type: str = E2E
    flow_control: dict[str, bool] = {}
    """Whether each component runs; a missing one runs."""
    jobs: tuple[str, ...] = ()
    test_repository_id: int = 0
    test_repository_url: str = ""
    api_url: str = ""
    test_api_url: str = ""
    system_variables: tuple[Variable, ...] = ()
    """Shown at launch, locked."""
    user_variables: tuple[Variable, ...] = ()
    """Asked for at launch."""


class Submission(Record, frozen=True, kw_only=True):
    """A launch as it was asked for, enough to do it again. `id` is a UUID."""

    timestamp: Utc
    requester: str
    pipeline_api_id: str = ""
    pipeline_id: str = ""
    project_id: str = ""
    ref: str = ""
    repo_hash: str = ""
    requested_image: str = ""
    variables: tuple[Variable, ...] = ()
    """Without the values of secrets."""
    inputs: dict[str, str] = {}
    tree: Json = None
    """Job graph at the time of the request."""
    build_plan: Json = None
    """Jobs on and off."""
    kind: str = "production"
    run_id: str = ""
    """RUN_ID: id of the `RunInfo`."""
    pipeline_run_id: str = ""
    state: str = "queued"
