"""What MLflow knows, and what came of it."""

from __future__ import annotations

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
from data.store.specification import Kind, Term, columns


def _last_values(run: TrackedRun) -> dict[str, float]:
    return {name: metric.last for name, metric in run.metrics.items() if metric.last is not None}


TRACKED = Kind(
    record=TrackedRun,
    name="MLflow runs",
    table="tracked_run",
    fields=columns(
        "connection:id run_id:id experiment_id:id name:text status:text lifecycle_stage:text user:text start:time? "
        "end:time? parent_run_id:id project_id:id pipeline_run_id:id job_run_id:id linked_by:text marks:words",
        marks=lambda run: words(
            linked=bool(run.pipeline_run_id), child=bool(run.parent_run_id), deleted=run.lifecycle_stage == "deleted"
        ),
    ),
    text=("name", "run_id", "user", "tags", "params", "note"),
    text_via=(PROJECT,),
    default_sort=Sort("start", descending=True),
    sorts=("start", "end", "name", "status"),
    indexes=(
        ("experiment_id", "start"), ("pipeline_run_id", "start"), ("job_run_id", "start"), ("project_id", "start"),
        ("parent_run_id", "start"), ("status", "start"), ("run_id", "start"),
    ),
    crowds={"experiment_id": 50_000, "project_id": 50_000, "status": 300_000},
    common={"status": frozenset(TRACKED_STATUSES) - TRACKED_ACTIVE},
    terms={
        "status": Term(("status",)),
        "project": OF_PROJECT,
        "by": Term(("user",)),
        "id": Term(("run_id", "name", "id")),
        "is": Term(("marks",)),
    },
    numbers={"metrics": _last_values},
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
