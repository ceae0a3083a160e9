"""What can be run: pipelines, their jobs and the APIs that start them."""

from __future__ import annotations

from typing import ClassVar

from data.model.base import Count, Id, Json, Name, Part, Record, Seconds, Utc
from data.model.vocabulary import E2E, FLOW_RULE, MAX_CONCURRENT, MODEL_TRAINING, PIPELINE_TIMEOUT


class Variable(Part, frozen=True, kw_only=True):
    """A CI/CD variable of an API or a launch."""

    key: Name
    value: str = ""
    description: str = ""
    kind: str = "string"
    """`string`, `number`, `bool`, `choice`, `file` or, of inputs only, `array`."""
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
    inputs: tuple[Variable, ...] = ()
    """Inputs that the configuration declares (`spec:inputs`; GitLab docs, ci/inputs)."""
    max_concurrent: Count = MAX_CONCURRENT
    """Runs at a time; 0 for no limit."""
    timeout: Seconds = PIPELINE_TIMEOUT
    """Seconds after which a run that we launched is cancelled; 0 for never."""
    defined_by: str = ""
    """Who says so: `configuration`, `user` (made or changed here), or nobody: derived from the CI file."""
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
    environment: str = ""
    """Name of the environment that it deploys to."""
    needs: tuple[str, ...] = ()
    """Names of the jobs it waits for; empty where only the stage order holds."""
    optional_needs: tuple[str, ...] = ()
    """Those of `needs` without which it runs, too (`optional: true`)."""
    defined_by: str = ""
    """`user` where it was made or changed here: then the CI file does not change it any more."""
    when: str = "on_success"
    allow_failure: bool = False


class PipelineAPI(Record, frozen=True, kw_only=True):
    """A way to start a pipeline: which components run, with which variables. `id` is `<pipeline id>:<name>`."""

    pipeline_id: Id
    name: Name
    description: str = ""
    type: str = E2E
    default_ref: str = ""
    """Branch or tag to begin with; empty for the pipeline's."""
    flow_control: dict[str, bool] = {}
    """Whether each component runs; a missing one runs."""
    flow_rule: str = FLOW_RULE
    """How components that are off are told to the pipeline: see `data.launch.flow`."""
    jobs: tuple[str, ...] = ()
    test_repository_id: int = 0
    test_repository_url: str = ""
    api_url: str = ""
    test_api_url: str = ""
    system_variables: tuple[Variable, ...] = ()
    """Shown at launch, locked."""
    user_variables: tuple[Variable, ...] = ()
    """Asked for at launch."""
    inputs: dict[str, str] = {}
    """CI/CD inputs of every launch, changeable."""
    image_variable: str = ""
    """Variable that the CI file reads its image from; empty where a launch cannot choose one."""
    environment_variable: str = ""
    """Variable that the CI file reads its environment's name from; empty where a launch cannot choose one."""
    track: bool = True
    """Whether an MLflow run is made first and passed on, where the project has MLflow."""
    callback_url: str = ""
    """Address that is told when a run ends that was launched here; empty for none."""
    callback_key_env: str = ""
    """Environment variable of the engine with the key that signs what is told; empty for unsigned."""
    defined_by: str = ""
    """As of the pipeline."""


class Submission(Record, frozen=True, kw_only=True):
    """A launch as it was asked for, enough to do it again. `id` is a UUID: that of its command."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"answer", "inputs", "note"})

    timestamp: Utc
    requester: str
    pipeline_api_id: str = ""
    pipeline_id: str = ""
    project_id: str = ""
    ref: str = ""
    repo_hash: str = ""
    requested_image: str = ""
    requested_environment: str = ""
    variables: tuple[Variable, ...] = ()
    """Without the values of secrets."""
    inputs: dict[str, Json] = {}
    flow_control: dict[str, bool] = {}
    """Components that were switched, as the user left them."""
    tree: Json = None
    """Job graph at the time of the request."""
    build_plan: Json = None
    """Jobs on and off."""
    kind: str = "production"
    run_id: str = ""
    """RUN_ID: id of the `RunInfo`."""
    pipeline_run_id: str = ""
    state: str = "queued"
    answer: str = ""
    """What became of it, in the server's words."""
    track: bool = True
    timeout: Seconds | None = None
    """Seconds after which its run is cancelled; None for the pipeline's, 0 for never."""
    callback_url: str = ""
    labels: tuple[str, ...] = ()
    """Labels that its run gets."""
    note: str = ""
    """Note that its run gets."""
    why: str = ""
    like: str = ""
    """Id of the run or submission that it was made after."""
    test_repository: str = ""
    """Project in which the test pipeline was started, by path or id; empty for the project's own pipeline."""
