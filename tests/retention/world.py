"""Runs of two pipelines over a hundred days, with all that can belong to a run, and their logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from data.model import (
    Artifact,
    Dataset,
    JobRun,
    Label,
    LogState,
    Model,
    Note,
    PipelineRun,
    Project,
    Record,
    RunInfo,
    TestReport,
    make,
)
from data.store.logs import LogStore

NOW = datetime.now(UTC)
PROJECT = "gitlab:1"
LOG = b"x" * 100


def ago(days: float) -> datetime:
    """A time."""
    return NOW - timedelta(days=days)


def run(number: int, days: float, **values: Any) -> PipelineRun:
    """A finished run made so many days ago; of the pipeline `train` unless it says otherwise."""
    project = values.pop("project_id", PROJECT)
    known: dict[str, Any] = {
        "id": f"gitlab:1:{number}",
        "project_id": project,
        "pipeline_id": f"{project}:train",
        "connection": "gitlab",
        "git_project_id": 1,
        "git_pipeline_id": number,
        "run_number": number,
        "status": "success",
        "created": ago(days),
        "updated": ago(days),
    }
    return make(PipelineRun, **{**known, **values})


def with_all(run: PipelineRun) -> list[Record]:
    """A run with two jobs of which one has a log, artifacts, a report, a note, labels, and those of its RUN_ID."""
    number, at = run.git_pipeline_id, run.created
    jobs = [
        make(
            JobRun, id=f"gitlab:1:job:{number}{place}", pipeline_run_id=run.id, project_id=run.project_id,
            connection="gitlab", git_project_id=1, git_job_id=10 * number + place, name=f"job-{place}", created=at,
            status="success", log=LogState(size=len(LOG), complete=True) if place == 1 else LogState(),
        )
        for place in (1, 2)
    ]  # fmt: skip
    return [
        run,
        *jobs,
        make(Artifact, id=f"a{number}", name="model.pkl", job_run_id=jobs[0].id),
        make(Dataset, id=f"d{number}", artifact_id=f"a{number}"),
        make(Model, id=f"m{number}", artifact_id=f"a{number}"),
        make(TestReport, id=run.id, project_id=run.project_id),
        make(Note, id=jobs[1].id, target_id=jobs[1].id, text="slow"),
        make(Label, id=f"{run.id}:good", target_id=run.id, name="good"),
        make(RunInfo, id=f"R{number}", runs=(run.id,)),
    ]


def write_logs(logs: LogStore, records: list[Record]) -> None:
    """Their logs, where records say that there are some."""
    for record in records:
        if isinstance(record, JobRun) and record.log.size:
            logs.append(record.id, 0, LOG)


def project(number: int = 1) -> Project:
    """A project."""
    return make(
        Project, id=f"gitlab:{number}", name=f"churn{number}", connection="gitlab", git_project_id=number,
        path=f"ml/churn{number}",
    )  # fmt: skip
