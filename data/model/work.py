"""How viewers and engines work together through the store."""

from __future__ import annotations

from typing import ClassVar

from data.model.base import Count, Id, Json, Name, Params, Record, Seconds, Utc


class Connection(Record, frozen=True, kw_only=True):
    """A server that we talk to, and how that goes. `id` is its name in the configuration."""

    name: Name
    kind: Name
    """`gitlab` or `mlflow`."""
    url: str = ""
    auth: str = ""
    """How it authenticates, never the secret: `personal access token from the environment variable GITLAB_TOKEN`."""
    user: str = ""
    state: str = "unknown"
    """`ok`, `offline`, `unauthorized`, `forbidden`, `limited`, `error` or `unknown`."""
    last_check: Utc | None = None
    last_success: Utc | None = None
    offline_since: Utc | None = None
    last_error: str = ""
    hint: str = ""
    version: str = ""
    scopes: tuple[str, ...] = ()
    can_write: bool | None = None
    rate_limit: Count | None = None
    """Requests per window that the server grants."""
    rate_remaining: Count | None = None
    rate_reset: Utc | None = None
    retry_at: Utc | None = None
    """No request before this time."""
    requests: Count = 0
    """Requests since the engine's start."""


class SyncState(Record, frozen=True, kw_only=True):
    """How far the copy of one project or experiment goes. `id` is `<connection>:<what>`."""

    connection: Name
    what: str = ""
    """Project path, experiment name or `registry`."""
    project_id: str = ""
    watermark: Utc | None = None
    """Greatest `updated_at` seen."""
    backfilled_to: Utc | None = None
    """History is complete back to this time."""
    last_success: Utc | None = None
    last_full: Utc | None = None
    last_error: str = ""
    hint: str = ""


class Session(Record, frozen=True, kw_only=True):
    """Where a user was. `id` is the user id."""

    user_id: Id
    repo_name: str = ""
    repo_url: str = ""
    branch: str = ""
    commit_hash: str = ""
    is_remote: bool = False
    time: Utc | None = None
    screen: str = ""
    filter: str = ""
    cursor: str = ""


class Command(Record, frozen=True, kw_only=True):
    """Something that a user asked for, and what became of it. `id` is a UUID."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"answer"})

    kind: Name
    """One of `data.model.vocabulary.COMMAND_KINDS`."""
    connection: str = ""
    project_id: str = ""
    target_id: str = ""
    """Record that it acts on: a `PipelineRun`, a `JobRun` or a `TrackedRun`."""
    title: str = ""
    """What it does, for people: `cancel churn #4312`."""
    payload: dict[str, Json] = {}
    """Arguments; those of a launch are in `data.launch.payload`."""
    by: str = ""
    host: str = ""
    why: str = ""
    """Reason that the user gave."""
    created: Utc
    state: str = "queued"
    owner: str = ""
    """Engine that carries it out."""
    sent: Utc | None = None
    finished: Utc | None = None
    answer: str = ""
    """The server's own words, or why it waits."""
    result_id: str = ""
    """The run or job that came of it."""
    attempts: Count = 0
    place: float = 0
    """Place in the queue, counted in seconds since 1970; 0 for the time at which it was made."""
    held: str = ""
    """Who holds it back; empty for nobody."""
    not_before: Utc | None = None
    """It waits until then."""
    after: str = ""
    """Id of the run for whose end it waits."""
    after_status: str = "success"
    """How that run has to end: `success`, or `finished` for any end."""


class Interest(Record, frozen=True, kw_only=True):
    """What a viewer looks at. `id` is `<viewer>:<topic>`."""

    viewer: Name
    topic: Name
    """`project:<id>`, `run:<id>`, `log:<job id>`, `projects` for all; metric histories of an MLflow run:
    `refs:<project id>`, `schedules:<project id>`, `preview:<project id>@<ref>`, `tests:<run id>` for the test report;
    `metrics:<tracked run id>` for all, `metric:<tracked run id>:<key>` for one, `…@<first>..<last>` for a part of it.
    """
    expires: Utc


class Lease(Record, frozen=True, kw_only=True):
    """Who does a piece of work. `id` is the name of the work, for instance `<connection>:<project>`."""

    owner: Name
    host: str = ""
    token: Count = 0
    """Fencing token: grows with every change of the owner."""
    expires: Utc


class Label(Record, frozen=True, kw_only=True):
    """A label (without value) or a tag (with value) on a record."""

    target_id: Id
    name: Name
    value: str = ""
    by: str = ""
    created: Utc | None = None


class Note(Record, frozen=True, kw_only=True):
    """Free text on a record."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"text"})

    target_id: Id
    text: str
    by: str = ""
    created: Utc | None = None


class View(Record, frozen=True, kw_only=True):
    """How a list is looked at: filter, order, columns. `id` is `<user>:<screen>:<name>`.

    The view without a name is the one that its user left last.
    """

    screen: Name
    """`runs` or `tracked`."""
    name: str = ""
    by: str = ""
    """User name."""
    shared: bool = False
    """Whether others are offered it, too."""
    filter: str = ""
    window: str = ""
    """Span of time back from now, such as `7d`; empty for all."""
    sort: str = ""
    """Key of a column, such as `created` or `metrics.val_auc`; empty for the list's own order."""
    descending: bool = True
    group: str = ""
    """Key of the field by which rows are grouped; empty for none."""
    columns: tuple[str, ...] = ()
    """Keys of the columns in their order, each with a width in cells if the user set one: `ref:24`. Empty for the
    list's own.
    """
    updated: Utc | None = None


class EngineState(Record, frozen=True, kw_only=True):
    """A running engine, for people who ask who polls. `id` is its owner name."""

    host: str = ""
    pid: Count = 0
    started: Utc | None = None
    seen: Utc | None = None
    leases: tuple[str, ...] = ()
    counters: Params = {}
    uptime: Seconds = 0
