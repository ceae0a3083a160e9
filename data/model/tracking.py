"""What MLflow knows: experiments, runs, metric histories, the model registry; and what serves the models."""

from __future__ import annotations

from typing import ClassVar

from data.model.base import Count, Id, Json, Name, Params, Part, Record, Seconds, Utc


class Experiment(Record, frozen=True, kw_only=True):
    """An MLflow experiment. `id` is `<connection>:<experiment id>`."""

    connection: Name
    experiment_id: Name
    name: Name
    lifecycle_stage: str = "active"
    artifact_location: str = ""
    created: Utc | None = None
    updated: Utc | None = None
    tags: Params = {}
    run_count: Count = 0
    """Runs of it in the store."""


class MetricSummary(Part, frozen=True, kw_only=True):
    """A metric of an MLflow run at a glance. Values may be NaN or infinite: JSON null stands for NaN."""

    last: float | None = None
    step: int = 0
    """Step of the last value, as MLflow defines last: greatest step, then time, then value."""
    time: Utc | None = None
    min: float | None = None
    max: float | None = None
    min_step: int | None = None
    """Step of the least value; the first of several."""
    max_step: int | None = None
    """Step of the greatest value; the first of several."""
    sampled: bool = False
    """Whether the history has points that nobody has read: then `min` and `max` are those of the ones that were."""


class DatasetInput(Part, frozen=True, kw_only=True):
    """A data set that an MLflow run used."""

    name: str
    digest: str = ""
    source_type: str = ""
    source: str = ""
    context: str = ""
    schema: str = ""
    profile: str = ""


class TrackedRun(Record, frozen=True, kw_only=True):
    """An MLflow run. `id` is `<connection>:<run id>`."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"note"})

    connection: Name
    run_id: Name
    experiment_id: str = ""
    name: str = ""
    status: str = "RUNNING"
    lifecycle_stage: str = "active"
    user: str = ""
    start: Utc | None = None
    end: Utc | None = None
    params: Params = {}
    metrics: dict[str, MetricSummary] = {}
    tags: Params = {}
    note: str = ""
    datasets: tuple[DatasetInput, ...] = ()
    parent_run_id: str = ""
    """MLflow run id of the parent."""
    artifact_uri: str = ""
    project_id: str = ""
    pipeline_run_id: str = ""
    """The run it was linked to."""
    job_run_id: str = ""
    linked_by: str = ""
    last_logged: Utc | None = None
    """Time of the newest point of any metric."""
    ended_as: str = ""
    """Status with which the job (or run) that it belongs to has ended; empty while that goes on, or none is known.

    A run that is RUNNING behind a job that has ended was left behind: nobody will write its status any more.
    """
    models: tuple[str, ...] = ()
    """Names of the registered models of which it made a version."""
    labels: tuple[str, ...] = ()
    """Labels that people gave it here."""


class MetricSeries(Record, frozen=True, kw_only=True):
    """The history of one metric, sampled. The three lists have one length.

    `id` is `<tracked run id>:<key>`; that of a part with finer points `<tracked run id>:<key>@<first>..<last>`.
    """

    tracked_run_id: Id
    key: Name
    steps: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    """Epoch milliseconds."""
    values: tuple[float | None, ...] = ()
    """None stands for NaN; infinities are cut to the greatest double, as MLflow does."""
    sampled: bool = False
    """The server holds more points than these."""
    window: tuple[int, int] | None = None
    """First and last step of the part of the history that this is, both inclusive; None for all of it."""
    fetched: Utc | None = None


class RegisteredModel(Record, frozen=True, kw_only=True):
    """A name in the model registry. `id` is `<connection>:<name>`."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"description"})

    connection: Name
    name: Name
    description: str = ""
    created: Utc | None = None
    updated: Utc | None = None
    aliases: Params = {}
    """Alias to version."""
    tags: Params = {}
    latest_version: str = ""


class ModelVersion(Record, frozen=True, kw_only=True):
    """A version of a registered model. `id` is `<connection>:<name>:<version>`."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"description"})

    connection: Name
    name: Name
    version: Name
    status: str = ""
    stage: str = ""
    aliases: tuple[str, ...] = ()
    run_id: str = ""
    """MLflow run that made it."""
    tracked_run_id: str = ""
    pipeline_run_id: str = ""
    source: str = ""
    description: str = ""
    created: Utc | None = None
    updated: Utc | None = None
    tags: Params = {}


class Deployment(Record, frozen=True, kw_only=True):
    """A model or a commit in service: a GitLab environment's deployment, or a model server."""

    name: Name
    project_id: str = ""
    kind: str = "environment"
    """`environment` (GitLab) or `model server`."""
    mode: str = ""
    """Where it runs, in the words of its server."""
    environment: str = ""
    tier: str = ""
    status: str = ""
    url: str = ""
    ref: str = ""
    commit: str = ""
    image: str = ""
    """Container image in which the model runs."""
    resources: Params = {}
    schedule: str = ""
    model_version_id: str = ""
    job_run_id: str = ""
    deployed_by: str = ""
    created: Utc | None = None
    updated: Utc | None = None


class PredictionRequest(Record, frozen=True, kw_only=True):
    """A question to a deployed model."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"body"})

    deployment_id: Id
    requester: str = ""
    created: Utc
    content_type: str = "application/json"
    body: str = ""


class PredictionResponse(Record, frozen=True, kw_only=True):
    """The answer to a `PredictionRequest`, of the same `id`."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"body", "error"})

    request_id: Id
    status: int = 0
    body: str = ""
    predictions: Json = None
    error: str = ""
    took: Seconds = 0
    received: Utc | None = None
