"""All settings, typed. The docstring under each field is its help text, here, in the editor and in the manual.

`load` fills in what a file may leave out by saying so: a project's `connection` and `mlflow` where there is only one.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct, field

from data.config.secret import Secret
from data.model.vocabulary import FLOW_RULE, MAX_CONCURRENT, PIPELINE_TIMEOUT

DURATION: Final = "duration"
SIZE: Final = "size"
"""Values of `unit` in a field's `Meta.extra`: numbers that are written as `data.config.units` says."""

Seconds = Annotated[float, Meta(ge=0, extra={"unit": DURATION})]
"""A duration in seconds, written `90d`, `12h`, `15m`, `30s` or as a number."""
Interval = Annotated[float, Meta(ge=0.5, le=86_400, extra={"unit": DURATION})]
"""Seconds between two polls: from half a second to a day."""
Timeout = Annotated[float, Meta(ge=0.1, le=3600, extra={"unit": DURATION})]
"""Seconds that a request may take."""
Size = Annotated[int, Meta(ge=0, extra={"unit": SIZE})]
"""A number of bytes, written `500MB`, `5GB` or as a number."""
Count = Annotated[int, Meta(ge=0)]
"""A number of things; 0 for no limit."""
Name = Annotated[str, Meta(min_length=1, max_length=1000)]
"""A text that is not empty."""

DAY: Final = 86_400.0
"""Seconds of a day."""
LINK_TAGS: Final = ("CI_PIPELINE_ID", "CI_JOB_ID", "RUN_ID")
"""MLflow tags that are looked into where a project names none."""
DEFAULT_PIPELINE: Final = "default"
"""Name of the pipeline of a project that names none."""
NO_MLFLOW: Final = "none"
"""Value of a project's `mlflow` that says it has none."""
SQLITE: Final = "sqlite"
"""Value of the store's `url` that says it is a file of one's own."""
MONGO_DB_URL: Final = "MONGO_DB_URL"
"""Environment variable with the URL of a team's store, for configurations that choose no store."""


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of the file. Where `SHORTHAND` names a field, a plain value may stand for a mapping with that field.
    In a `LITERAL` one, `${VARIABLE}` is text like any other.
    """

    SHORTHAND: ClassVar[str] = ""
    LITERAL: ClassVar[bool] = False


class ConnectionSettings(Section, frozen=True, kw_only=True):
    """A server. It takes a credential in one way; without any, the usual places are searched."""

    kind: Literal["gitlab", "mlflow"]
    """What kind of server it is: `gitlab` or `mlflow`."""
    url: Name
    """Base URL of a GitLab; for MLflow http(s)://…, sqlite:///…, or https://<gitlab>/api/v4/projects/<id>/ml/mlflow."""
    token: Secret | None = None
    """Access token; better `${VARIABLE}` than the token itself."""
    token_env: Name | None = None
    """Name of the environment variable that holds the token."""
    token_command: Name | None = None
    """Command whose standard output is the token, such as `pass show gitlab`; run without a shell."""
    token_keyring: Name | None = None
    """Service name in the system's keyring; the user name there is `username`, or else the connection's name."""
    token_from: Literal["glab", "python-gitlab"] | None = None
    """Take the token from the login of another tool: `glab` or `python-gitlab`."""
    token_type: Literal["private_token", "oauth_token", "job_token"] = "private_token"
    """How GitLab takes the token: `private_token` (personal, project, group), `oauth_token` or `job_token`."""
    username: Name | None = None
    """User name for MLflow's basic authentication, or the name in the keyring."""
    password: Secret | None = None
    """Password for MLflow's basic authentication; better `${VARIABLE}` than the password itself."""
    password_env: Name | None = None
    """Name of the environment variable that holds the password."""
    password_command: Name | None = None
    """Command whose standard output is the password; run without a shell."""
    ca_file: Name | None = None
    """File of certificate authorities (PEM) to trust besides the usual ones."""
    tls_verify: bool = True
    """Whether the server's certificate is checked: true or false."""
    timeout_connect: Timeout = 5.0
    """How long a connection may take to open, such as `5s`."""
    timeout_read: Timeout = 30.0
    """How long an answer may take, such as `30s`."""
    requests_per_minute: Annotated[int, Meta(ge=1)] | None = None
    """Own cap on requests; without it the server's rate limit headers decide."""
    max_concurrent: Count = MAX_CONCURRENT
    """Runs that Lineside launched on it at a time, more launches wait in the queue; 0 for no limit."""


class VariableSettings(Section, frozen=True, kw_only=True):
    """A CI/CD variable of an API. A plain value stands for `value`."""

    SHORTHAND: ClassVar[str] = "value"

    value: str = ""
    """Value to start from."""
    description: str = ""
    """Help beside the field of the form."""
    kind: Literal["string", "number", "bool", "choice", "file"] = "string"
    """What may be typed: `string`, `number`, `bool`, `choice` or `file`."""
    choices: list[str] = []
    """The values of a `choice`."""
    required: bool = False
    """Whether a launch without it is refused: true or false."""
    pattern: str = ""
    """Regular expression that the whole value must match; empty for any."""
    secret: bool = False
    """Whether the value is masked and never stored: true or false."""


class ApiSettings(Section, frozen=True, kw_only=True):
    """A way to start a pipeline: which components run, with which variables."""

    name: Name
    """Name of the API, unique in its pipeline."""
    description: str = ""
    """One sentence about it."""
    type: Literal["E2E", "custom Sub-API"] = "E2E"
    """`E2E` for the whole pipeline, `custom Sub-API` for some of its components."""
    ref: Name | None = None
    """Branch or tag that the launch form starts with; default is the pipeline's."""
    flow_control: dict[str, bool] = {}
    """Whether each component (job) runs: {job: true or false}; one that is not named runs."""
    flow_rule: Name = FLOW_RULE
    """What tells the pipeline that a component is off: `RUN_<JOB>=false`; `RUN_<JOB>=false|true` tells it on, too."""
    system_variables: dict[str, VariableSettings] = {}
    """Variables that every launch sends and nobody edits: {NAME: value} or {NAME: {value, description}}."""
    user_variables: dict[str, VariableSettings] = {}
    """Variables that the launch form asks for: {NAME: value} or {NAME: {value, kind, choices, required, …}}."""
    inputs: dict[str, str] = {}
    """CI/CD inputs (`spec:inputs`) of every launch: {name: value}."""
    image_variable: str = ""
    """Variable that the CI file reads its image from; empty where a launch cannot choose one."""
    environment_variable: str = ""
    """Variable that the CI file reads its environment's name from; empty where a launch cannot choose one."""
    track: bool = True
    """Whether an MLflow run is made first and passed on, where the project has MLflow: true or false."""
    callback_url: str = ""
    """Address (http or https) that is told when a run ends that Lineside launched; empty for none."""
    callback_key_env: str = ""
    """Environment variable of the engine with the key that signs what is told; empty for unsigned."""
    test_repository: str = ""
    """Path, address or id of the project whose pipeline tests this API."""
    test_repository_id: Count = 0
    """Id of that project where `test_repository` gives its path or address; 0 where only that is known."""
    api_url: str = ""
    """URL at which the API is offered to other programs."""
    test_api_url: str = ""
    """URL of the API's test side."""


class PipelineSettings(Section, frozen=True, kw_only=True):
    """An ML pipeline: one CI configuration of the project."""

    name: Name
    """Name of the pipeline, unique in its project."""
    description: str = ""
    """One sentence about it."""
    type: Literal["model training", "model inference"] = "model training"
    """What it is for: `model training` or `model inference`."""
    file: Name = ".gitlab-ci.yml"
    """Path of the CI configuration in the repository."""
    ref: Name | None = None
    """Branch or tag to launch; default is the project's default branch."""
    storage_bucket: str = ""
    """Bucket of raw data, such as `s3://churn-raw`."""
    data_version_bucket: str = ""
    """Bucket of versioned data."""
    test_storage_bucket: str = ""
    """Bucket of raw data of test runs."""
    test_data_version_bucket: str = ""
    """Bucket of versioned data of test runs."""
    active: bool = True
    """Whether it is in use: true or false."""
    max_concurrent: Count = MAX_CONCURRENT
    """Runs at a time, more launches wait in the queue; 0 for no limit."""
    timeout: Seconds = PIPELINE_TIMEOUT
    """After how long a run that Lineside launched is cancelled, such as `6h`; 0 for never."""
    stage_types: dict[str, str] = {}
    """What a job does, where its name does not tell: {job: MODEL_TRAINING, DATA_VALIDATION, …}."""
    apis: list[ApiSettings] = []
    """The ways to start it; without any there is one that runs everything."""


class RepositorySettings(Section, frozen=True, kw_only=True):
    """A code repository that belongs to a project. A plain value stands for `uri`."""

    SHORTHAND: ClassVar[str] = "uri"

    uri: Name
    """Where it is: URL or path."""
    name: str = ""
    """What to call it; default is the end of the URI."""
    connection: str = ""
    """Connection that reaches it."""
    description: str = ""
    """One sentence about it."""
    labels: list[str] = []
    """Words to find it by."""


class DataRepositorySettings(RepositorySettings, frozen=True, kw_only=True):
    """A data set's home. A plain value stands for `uri`."""

    storage_type: str = ""
    """Kind of storage: LOCAL, S3, GCS, AZURE …"""
    bucket: str = ""
    """Bucket or container that holds it."""
    version: str = ""
    """Version, revision or tag of the data."""


class ProjectSettings(Section, frozen=True, kw_only=True):
    """A GitLab project to show, with its experiments and data. A plain value stands for `project`."""

    SHORTHAND: ClassVar[str] = "project"

    project: Name
    """Path (`group/name`) or numeric id of the GitLab project."""
    connection: str = ""
    """Name of the GitLab connection; may be left out when there is one."""
    name: str = ""
    """What to call it; default is the name on GitLab."""
    description: str = ""
    """One sentence about it; default is the description on GitLab."""
    labels: list[str] = []
    """Words to filter by."""
    mlflow: str = ""
    """Name of the MLflow connection, may be left out when there is one; `none` for no MLflow."""
    experiment: str = ""
    """Name or id of the MLflow experiment of production runs."""
    test_experiment: str = ""
    """Name or id of the MLflow experiment of test runs."""
    keep_logs: bool | list[str] = False
    """Whose logs are fetched when a job ends, read or not: true for all its pipelines, or a list of their names."""
    link_tags: list[str] = field(default_factory=lambda: list(LINK_TAGS))
    """MLflow tags that hold a GitLab pipeline id, a job id or a RUN_ID; `*` stands for any characters."""
    pipelines: list[PipelineSettings] = []
    """Its ML pipelines; without any there is one for `.gitlab-ci.yml`."""
    code_repositories: list[RepositorySettings] = []
    """Further code repositories: URIs, or mappings with uri, name, description, labels."""
    data_repositories: list[DataRepositorySettings] = []
    """Data repositories: URIs, or mappings with uri, name, storage_type, bucket, version."""


class StoreSettings(Section, frozen=True, kw_only=True):
    """Where records and logs are kept."""

    url: Secret | None = None
    """`sqlite` for a file of one's own, mongodb(+srv)://… for a team; the default is `${MONGO_DB_URL:-sqlite}`."""
    url_env: Name | None = None
    """Name of the environment variable that holds the URL, in place of `url`."""
    path: Name | None = None
    """Folder of the SQLite file and the logs, of a team's store their copies; default is Lineside's data folder."""
    history: Seconds = 365 * DAY
    """How long finished runs are kept, such as `90d`; 0 for ever."""
    keep_runs: Count = 0
    """How many finished runs of each pipeline are kept, the newest; 0 for all."""


class SyncSettings(Section, frozen=True, kw_only=True):
    """How often servers are asked. A server's rate limit always comes first."""

    fast: Interval = 2.0
    """Interval for what somebody looks at, such as `2s`."""
    medium: Interval = 15.0
    """Interval for running pipelines that nobody looks at, such as `15s`."""
    slow: Interval = 300.0
    """Interval for everything else, such as `5m`."""
    history: Seconds = 30 * DAY
    """How far back the first synchronisation goes, such as `30d`."""


class LogSettings(Section, frozen=True, kw_only=True):
    """Job logs on this machine."""

    quota: Size = 5_000_000_000
    """Space for logs, such as `5GB`; those not read for longest go first, never one that is open; 0 keeps all."""


class UiSettings(Section, frozen=True, kw_only=True):
    """How the screen looks and behaves."""

    theme: str = "auto"
    """Name of a theme, such as `nord`; `auto` for Lineside's own, dark or light as the terminal's background is."""
    ascii: Literal["auto"] | bool = "auto"
    """Whether only ASCII is drawn: true, false, or `auto` to ask the terminal."""
    mouse: bool = True
    """Whether the mouse works: true or false; false leaves it to the terminal."""
    bell: bool = True
    """Whether the bell rings when a run fails: true or false."""
    notify: bool = False
    """Whether the terminal is asked for a notification (OSC 9/777) when a run ends: true or false."""
    output: Literal["lean", "stock"] = "lean"
    """What is sent to the terminal: lean for only what changed, stock for what Textual sends by itself."""
    title: bool = True
    """Whether the title of the terminal's window tells what is running and what failed: true or false."""
    start: Literal["last", "projects", "pipelines", "runs", "experiments", "models", "activity"] = "last"
    """First screen: `last` for where one left, or projects, pipelines, runs, experiments, models, activity."""


class Settings(Section, frozen=True, kw_only=True):
    """A whole configuration."""

    connections: dict[str, ConnectionSettings] = {}
    """The servers, by a name of one's own."""
    projects: list[ProjectSettings] = []
    """The GitLab projects to show."""
    store: StoreSettings = field(default_factory=StoreSettings)
    """Where records and logs are kept."""
    sync: SyncSettings = field(default_factory=SyncSettings)
    """How often servers are asked."""
    logs: LogSettings = field(default_factory=LogSettings)
    """Job logs on this machine."""
    ui: UiSettings = field(default_factory=UiSettings)
    """How the screen looks and behaves."""
    directions: dict[str, Literal["max", "min", "none"]] = field(default_factory=dict, name="metrics")
    """What is best for a metric, by its name or a pattern with `*`: {val_loss: min, "*_auc": max}, or `none`."""
    keys: dict[str, str] = {}
    """Keys by command id: {run.cancel: "x,ctrl+x"}; the help screen shows the ids."""
    read_only: bool = False
    """Whether everything that would change a server is refused: true or false."""

    def names(self, kind: str) -> list[str]:
        """Names of the connections of a kind, in the file's order."""
        return [name for name, connection in self.connections.items() if connection.kind == kind]
