"""Which MLflow runs were left behind: still RUNNING though the job or run that they belong to has ended. Pure.

A job that is killed cannot end its MLflow run (a cancel, a timeout, no memory left): it stays RUNNING for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from data.model import JobRun, PipelineRun, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE

OUTCOMES: Final[Mapping[str, str]] = {
    "failed": "FAILED", "canceled": "KILLED", "skipped": "KILLED", "success": "FINISHED",
}  # fmt: skip
"""Status of an MLflow run by that of the job or run that it belongs to."""
LATE: Final = timedelta(seconds=60)
"""After the end of a job, how long it may take until its MLflow run has ended and we have read so."""


class Standing(NamedTuple):
    """How an MLflow run stands to what it belongs to."""

    ended_as: str = ""
    """See `TrackedRun.ended_as`."""
    end: datetime | None = None
    """When that ended."""
    why: str = ""
    """Why the run is not left behind; empty when it is."""
    again: datetime | None = None
    """When to look again, where time alone can change the answer."""


def judge(run: TrackedRun, job: JobRun | None, pipeline: PipelineRun | None, now: datetime) -> Standing:
    """Whether an active MLflow run was left behind by its job, or by its run where no job is known."""
    if run.status not in TRACKED_ACTIVE:
        return Standing(why=f"it has ended ({run.status})")
    owner = _owner(run, job, pipeline)
    if owner is None:
        return Standing(why="it is not known for sure which job it belongs to")
    what = "job" if isinstance(owner, JobRun) else "run"
    if owner.status not in OUTCOMES:
        return Standing(why=f"its {what} has not ended: the status is {owner.status}")
    end = owner.completion
    if end is not None and now < end + LATE:
        return Standing(why=f"its {what} ended a moment ago, and may still end it by itself", again=end + LATE)
    if end is not None and run.last_logged is not None and run.last_logged > end + LATE:
        return Standing(why=f"something wrote to it after its {what} had ended")
    return Standing(owner.status, end)


def _owner(run: TrackedRun, job: JobRun | None, pipeline: PipelineRun | None) -> JobRun | PipelineRun | None:
    """What has to end a run: its job; any job of the launch that it was made for may resume it by MLFLOW_RUN_ID."""
    if run.linked_by == "commit":
        return None
    return pipeline if job is None or run.linked_by == "launch" else job
