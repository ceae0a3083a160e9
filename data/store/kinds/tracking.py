"""What MLflow knows, and what came of it."""

from __future__ import annotations

from operator import attrgetter

from data.model import (
    Artifact,
    Dataset,
    Deployment,
    Experiment,
    MetricSeries,
    Model,
    ModelVersion,
    PredictionRequest,
    PredictionResponse,
    RegisteredModel,
    TrackedRun,
)
from data.model.vocabulary import TRACKED_ACTIVE, TRACKED_STATUSES
from data.store.kinds.common import BY_NAME, NAMED, NEWEST, OF_PROJECT, PROJECT, words
from data.store.port import Sort
from data.store.specification import Kind, Outcomes, Term, Via, columns


def _last_values(run: TrackedRun) -> dict[str, float | None]:
    return {name: metric.last for name, metric in run.metrics.items()}


def _took(run: TrackedRun) -> float | None:
    """Seconds from start to end."""
    return None if run.start is None or run.end is None else (run.end - run.start).total_seconds()


def _dataset(run: TrackedRun) -> str:
    """The first data set that it used: `<name>@<digest>`."""
    return _datasets(run)[0] if run.datasets else ""


def _datasets(run: TrackedRun) -> tuple[str, ...]:
    return tuple(f"{one.name}@{one.digest}" if one.digest else one.name for one in run.datasets)


def _tracked_marks(run: TrackedRun) -> tuple[str, ...]:
    return words(
        linked=bool(run.pipeline_run_id),
        child=bool(run.parent_run_id),
        nested=bool(run.parent_run_id),
        left=run.status in TRACKED_ACTIVE and bool(run.ended_as),
        deleted=run.lifecycle_stage == "deleted",
    )


TRACKED = Kind(
    record=TrackedRun,
    name="MLflow runs",
    table="tracked_run",
    fields=columns(
        "connection:id run_id:text experiment_id:text name:text status:text lifecycle_stage:text user:text start:time? "
        "end:time? took:real? last_logged:time? parent_run_id:id project_id:id pipeline_run_id:id job_run_id:id "
        "linked_by:text ended_as:text experiment:id dataset:text datasets:words models:words labels:words marks:words",
        took=_took,
        experiment=lambda run: f"{run.connection}:{run.experiment_id}",
        dataset=_dataset,
        datasets=lambda run: sorted({*_datasets(run), *(one.name for one in run.datasets)}),
        marks=_tracked_marks,
    ),
    text=("name", "run_id", "user", "tags", "params", "note", "labels", "models"),
    text_via=(PROJECT,),
    text_index=True,
    default_sort=Sort("start", descending=True),
    sorts=("start", "end", "name", "status", "took", "last_logged"),
    indexes=(
        ("experiment_id", "start"), ("pipeline_run_id", "start"), ("job_run_id", "start"), ("project_id", "start"),
        ("parent_run_id", "start"), ("status", "start"), ("run_id", "start"),
    ),
    crowds={
        "experiment_id": 50_000, "project_id": 50_000, "status": 300_000, "user": 50_000, "dataset": 20_000,
    },
    common={"status": frozenset(TRACKED_STATUSES) - TRACKED_ACTIVE},
    terms={
        "status": Term(("status",)),
        "project": OF_PROJECT,
        "by": Term(("user",)),
        "id": Term(("run_id", "name", "id")),
        "is": Term(("marks",)),
        "label": Term(("labels",)),
        "experiment": Term(("experiment_id",), via=(Via("experiment", Experiment, ("name",)),)),
        "dataset": Term(("datasets",)),
        "model": Term(("models",)),
        "took": Term(("took",)),
        "created": Term(("start",)),
        "started": Term(("start",)),
        "ended": Term(("end",)),
        "updated": Term(("last_logged",)),
    },
    entries={"metrics": _last_values, "params": attrgetter("params"), "tags": attrgetter("tags")},
    group_fields=("experiment_id", "user", "status", "parent_run_id", "dataset", "project_id"),
    outcomes=Outcomes(frozenset({"FINISHED"}), frozenset({"FAILED"}), TRACKED_ACTIVE),
)  # fmt: skip

TRACKING = (
    Kind(
        record=Experiment,
        name="experiments",
        table="experiment",
        fields=columns(
            "connection:id experiment_id:id name:text lifecycle_stage:text created:time? updated:time? run_count:int"
        ),
        text=("name", "experiment_id", "tags"),
        default_sort=BY_NAME,
        sorts=("name", "updated", "run_count"),
        terms={"status": Term(("lifecycle_stage",)), "id": Term(("experiment_id", "id"))},
    ),
    Kind(
        record=MetricSeries,
        name="metric histories",
        table="metric_series",
        fields=columns("tracked_run_id:id key:text fetched:time?"),
        text=("key",),
        default_sort=Sort("key"),
        indexes=(("tracked_run_id", "key"),),
        terms=NAMED,
    ),
    Kind(
        record=RegisteredModel,
        name="registered models",
        table="registered_model",
        fields=columns("connection:id name:text created:time? updated:time?"),
        text=("name", "description", "tags"),
        default_sort=BY_NAME,
        sorts=("name", "updated"),
        terms=NAMED,
    ),
    Kind(
        record=ModelVersion,
        name="model versions",
        table="model_version",
        fields=columns(
            "connection:id name:text version:text version_number:int status:text stage:text run_id:id "
            "tracked_run_id:id pipeline_run_id:id created:time? updated:time? aliases:words",
            version_number=lambda version: int(version.version) if version.version.isdecimal() else 0,
        ),
        text=("name", "version", "description", "aliases", "tags"),
        default_sort=NEWEST,
        indexes=(("name", "version_number"), ("tracked_run_id", "created"), ("pipeline_run_id", "created")),
        terms={"status": Term(("status", "stage")), "label": Term(("aliases",)), **NAMED},
    ),
    Kind(
        record=Deployment,
        name="deployments",
        table="deployment",
        fields=columns(
            "name:text project_id:id kind:text environment:text tier:text status:text ref:text commit:text "
            "model_version_id:id job_run_id:id deployed_by:text created:time? updated:time?"
        ),
        text=("name", "environment", "url", "ref", "commit", "deployed_by"),
        text_via=(PROJECT,),
        default_sort=NEWEST,
        indexes=(("project_id", "created"), ("model_version_id", "created"), ("job_run_id", "created")),
        terms={
            "status": Term(("status",)),
            "project": OF_PROJECT,
            "ref": Term(("ref",)),
            "sha": Term(("commit",)),
            "by": Term(("deployed_by",)),
            "kind": Term(("kind", "tier")),
            **NAMED,
        },
    ),
    Kind(
        record=PredictionRequest,
        name="prediction requests",
        table="prediction_request",
        fields=columns("deployment_id:id requester:text created:time"),
        text=("requester", "body"),
        default_sort=NEWEST,
        indexes=(("deployment_id", "created"),),
        terms={"by": Term(("requester",)), **NAMED},
    ),
    Kind(
        record=PredictionResponse,
        name="prediction responses",
        table="prediction_response",
        fields=columns("request_id:id status:int took:real received:time?"),
        text=("body", "error"),
        default_sort=Sort("received", descending=True),
        terms={"status": Term(("status",)), **NAMED},
    ),
)

ARTIFACTS = (
    Kind(
        record=Artifact,
        name="artifacts",
        table="artifact",
        fields=columns(
            "name:text artifact_type:text status:text path:text file_size:int storage_type:text job_run_id:id "
            "tracked_run_id:id is_active:flag created:time? expires:time?"
        ),
        text=("name", "path", "file_name", "description"),
        default_sort=Sort("path"),
        indexes=(("job_run_id", "path"), ("tracked_run_id", "path")),
        terms={"status": Term(("status",)), "kind": Term(("artifact_type",)), **NAMED},
    ),
    Kind(
        record=Dataset,
        name="datasets",
        table="dataset",
        fields=columns("artifact_id:id name:text format:text digest:text rows:int?"),
        text=("name", "digest", "source"),
        default_sort=BY_NAME,
        indexes=(("artifact_id", "name"), ("digest", "name")),
        terms={"kind": Term(("format",)), **NAMED},
    ),
    Kind(
        record=Model,
        name="models",
        table="model",
        fields=columns("artifact_id:id name:text model_type:text framework:text commit:text"),
        text=("name", "model_type", "algorithm", "framework"),
        default_sort=BY_NAME,
        indexes=(("artifact_id", "name"),),
        terms={"kind": Term(("model_type",)), "sha": Term(("commit",)), **NAMED},
    ),
)
