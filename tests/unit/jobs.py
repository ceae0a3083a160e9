"""Runs and jobs for tests of presentation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.model import JobRun, PipelineRun, StageRun, TrackedRun

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=10)


def a_run(stages: str = "", **values: object) -> PipelineRun:
    """A run that began ten minutes ago; `stages` are their names."""
    defaults = {
        "id": "g:1:42",
        "project_id": "g:1",
        "connection": "g",
        "git_project_id": 1,
        "git_pipeline_id": 42,
        "status": "success",
        "created": BEGAN,
        "start": BEGAN,
        "stages": tuple(StageRun(name=name) for name in stages.split()),
    }
    return PipelineRun(**{**defaults, **values})  # type: ignore[arg-type]


def a_job(
    number: int, name: str, stage: str, needs: str = "", *, begin: float = -1, lasts: float = 0, **values: object
) -> JobRun:
    """A job; `begin` and `lasts` are seconds since the run began, `needs` names separated by commas."""
    defaults = {
        "id": f"g:1:job:{number}",
        "pipeline_run_id": "g:1:42",
        "project_id": "g:1",
        "connection": "g",
        "git_project_id": 1,
        "git_job_id": number,
        "name": name,
        "stage": stage,
        "status": "success",
        "needs": tuple(part.strip() for part in needs.split(",") if part.strip()),
        "created": BEGAN,
        "start": BEGAN + timedelta(seconds=begin) if begin >= 0 else None,
        "completion": BEGAN + timedelta(seconds=begin + lasts) if lasts else None,
        "execution_time": lasts,
    }
    return JobRun(**{**defaults, **values})  # type: ignore[arg-type]


def an_mlflow_run(name: str, **values: object) -> TrackedRun:
    """An MLflow run of this name."""
    defaults = {"id": f"m:{name}", "connection": "m", "run_id": name, "name": name, "start": BEGAN}
    return TrackedRun(**{**defaults, **values})  # type: ignore[arg-type]
