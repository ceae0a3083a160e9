"""Runs and their jobs."""

from __future__ import annotations

from operator import attrgetter

from data.model import JobRun, PipelineRun
from data.model.vocabulary import ACTIVE, FINISHED
from data.store.kinds.common import NEWEST, OF_PROJECT, PROJECT, dataset_name, words
from data.store.specification import Kind, Outcomes, Term, Via, columns


def _run_pipeline(run: PipelineRun) -> str:
    """Name of a run's pipeline: its id is `<project id>:<name>`."""
    return run.pipeline_id.removeprefix(f"{run.project_id}:") or run.name


def _run_marks(run: PipelineRun) -> tuple[str, ...]:
    linked = bool(run.mlflow_run_ids)
    likely = linked and run.link is not None and not run.link.certain
    return words(warnings=run.warnings, linked=linked, likely=likely, child=bool(run.parent_run_id), gone=run.gone)


def _job_marks(job: JobRun) -> tuple[str, ...]:
    erased = job.erased is not None or job.log.erased
    return words(retried=job.retried, bridge=job.bridge, allowed=job.allows_failure, erased=erased)


RUNS = Kind(
    record=PipelineRun,
    name="runs",
    table="pipeline_run",
    fields=columns(
        "project_id:id pipeline_id:id run_info_id:text submission_id:id parent_run_id:id connection:id "
        "kind:text status:text trigger_type:text triggered_by:text ref:text git_commit_hash:text api:text "
        "name:text pipeline:text environment:text experiment:text dataset:text dataset_name:text model:text "
        "git_project_id:int git_pipeline_id:int run_number:int "
        "created:time updated:time? start:time? completion:time? execution_time:real queued_time:real "
        "success_count:int failed_count:int job_count:int max_memory_usage:real? max_cpu_usage:real? "
        "jobs_synced:flag gone:flag labels:words marks:words",
        pipeline=_run_pipeline,
        dataset_name=lambda run: dataset_name(run.dataset),
        marks=_run_marks,
    ),
    text=(
        "ref", "git_commit_hash", "commit_title", "triggered_by", "name", "pipeline_id", "api", "git_pipeline_id",
        "run_number", "status", "environment", "labels", "error_message", "experiment", "dataset", "model",
        "run_info_id",
    ),
    text_via=(PROJECT,),
    text_index=True,
    default_sort=NEWEST,
    sorts=(
        "created", "updated", "start", "completion", "execution_time", "queued_time", "run_number", "status", "ref",
        "triggered_by", "pipeline", "failed_count", "job_count", "max_memory_usage", "max_cpu_usage",
    ),
    indexes=(
        ("project_id", "created"), ("pipeline_id", "created"), ("status", "created"), ("triggered_by", "created"),
        ("ref", "created"), ("parent_run_id", "created"), ("run_info_id", "created"), ("submission_id", "created"),
        ("git_commit_hash", "created"), ("git_pipeline_id", "created"), ("dataset_name", "created"),
        ("name", "created"), ("kind", "created"), ("trigger_type", "created"), ("api", "created"),
        ("environment", "created"),
    ),
    crowds={
        "project_id": 20_000, "pipeline_id": 20_000, "pipeline": 20_000, "status": 200_000, "triggered_by": 10_000,
        "ref": 100_000, "dataset": 20_000, "dataset_name": 20_000, "experiment": 20_000, "model": 20_000,
        "kind": 500_000, "trigger_type": 100_000, "api": 20_000, "environment": 20_000, "name": 20_000,
        "failed_count": 100_000, "job_count": 100_000,
    },
    common={"status": FINISHED},
    terms={
        "status": Term(("status",)),
        "project": OF_PROJECT,
        "pipeline": Term(("pipeline", "name")),
        "ref": Term(("ref",)),
        "by": Term(("triggered_by",)),
        "sha": Term(("git_commit_hash",)),
        "source": Term(("trigger_type",)),
        "kind": Term(("kind",)),
        "api": Term(("api",)),
        "label": Term(("labels",)),
        "id": Term(("git_pipeline_id", "run_number")),
        "is": Term(("marks",)),
        "run": Term(("run_info_id",)),
        "experiment": Term(("experiment",)),
        "dataset": Term(("dataset", "dataset_name")),
        "model": Term(("model",)),
        "environment": Term(("environment",)),
        "took": Term(("execution_time",)),
        "queued": Term(("queued_time",)),
        "created": Term(("created",)),
        "started": Term(("start",)),
        "ended": Term(("completion",)),
        "updated": Term(("updated",)),
        "failed": Term(("failed_count",)),
        "jobs": Term(("job_count",)),
        "memory": Term(("max_memory_usage",)),
        "cpu": Term(("max_cpu_usage",)),
    },
    entries={"metrics": attrgetter("metrics"), "params": attrgetter("params"), "tags": attrgetter("tags")},
    group_fields=(
        "pipeline_id", "git_commit_hash", "dataset", "experiment", "model", "ref", "triggered_by", "run_info_id",
    ),
    outcomes=Outcomes(frozenset({"success"}), frozenset({"failed"}), ACTIVE),
)  # fmt: skip

JOBS = Kind(
    record=JobRun,
    name="jobs",
    table="job_run",
    fields=columns(
        "pipeline_run_id:id project_id:id connection:id name:text stage:text stage_type:text status:text bridge:flag "
        "retried:flag retry_of:id downstream:id git_job_id:int attempt_number:int created:time? start:time? "
        "completion:time? execution_time:real queued_time:real endpoint:text image:text failure_reason:text "
        "triggered_by:text log_size:int log_complete:flag marks:words",
        log_size=lambda job: job.log.size,
        log_complete=lambda job: job.log.complete,
        marks=_job_marks,
    ),
    text=("name", "stage", "status", "endpoint", "image", "failure_reason", "triggered_by", "git_job_id"),
    default_sort=NEWEST,
    sorts=("created", "completion", "execution_time"),
    indexes=(
        ("pipeline_run_id", "created"), ("project_id", "created"), ("status", "created"), ("name", "created"),
        ("git_job_id", "created"),
    ),
    crowds={"project_id": 20_000, "status": 200_000, "name": 50_000},
    common={"status": FINISHED},
    terms={
        "status": Term(("status",)),
        "project": OF_PROJECT,
        "pipeline": Term(via=(Via("pipeline_run_id", PipelineRun, ("pipeline", "name")),)),
        "ref": Term(via=(Via("pipeline_run_id", PipelineRun, ("ref",)),)),
        "by": Term(("triggered_by",)),
        "kind": Term(("stage_type",)),
        "id": Term(("git_job_id",)),
        "is": Term(("marks",)),
        "took": Term(("execution_time",)),
        "queued": Term(("queued_time",)),
        "created": Term(("created",)),
        "started": Term(("start",)),
        "ended": Term(("completion",)),
    },
)  # fmt: skip
