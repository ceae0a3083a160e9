"""Why something cannot be asked for: each `why_not_…` gives "" where the action is possible, else a sentence.

Screens and the command line use the same reasons. What a server alone can know is left to it: unknown statuses and
unknown access levels forbid nothing.
"""

from __future__ import annotations

from data.launch.permissions import (
    why_not_act,
    why_not_connection,
    why_not_launch,
    why_not_ref,
    why_not_variables,
)
from data.launch.values import why_not_value
from data.model import JobRun, PipelineRun, TrackedRun
from data.model.vocabulary import ACTIVE, FINISHED, RETRYABLE, TRACKED_ACTIVE

__all__ = [
    "Markable", "Runnable", "job_title", "note_of", "run_title", "title_of", "tracked_title", "why_not_act",
    "why_not_cancel", "why_not_connection", "why_not_launch", "why_not_note", "why_not_play", "why_not_ref",
    "why_not_retry", "why_not_settle", "why_not_value", "why_not_variables", "why_not_write",
]  # fmt: skip

Runnable = PipelineRun | JobRun
"""What can be cancelled and retried."""
Markable = PipelineRun | TrackedRun
"""What takes labels and a note."""

PLAYABLE = frozenset({"manual", "scheduled"})
"""Job statuses that wait for a person or a time (GitLab docs, ci/jobs/job_control)."""
JOB_RETRYABLE = frozenset({"success", "failed", "canceled", "canceling"})
"""Job statuses from which GitLab starts a new attempt (GitLab, `Ci::Build#retryable?`)."""
SHORT = 8
"""Characters of an MLflow run's id that name it."""
MAX_NOTE = 8000
"""Characters of a note on an MLflow run, which is a tag there (MLflow docs, tracking)."""


def run_title(run: PipelineRun, project: str = "") -> str:
    """`churn #4312`: project name, if given, and GitLab's pipeline id."""
    return f"{project} #{run.git_pipeline_id}".strip()


def job_title(job: JobRun, project: str = "") -> str:
    """`churn train (job 991)`."""
    return f"{project} {job.name} (job {job.git_job_id})".strip()


def tracked_title(run: TrackedRun) -> str:
    """`MLflow run calm-owl-7`: its name, or the beginning of its id."""
    return f"MLflow run {run.name or run.run_id[:SHORT]}"


def title_of(target: Runnable | Markable, project: str = "") -> str:
    """How people call a run, a job or an MLflow run."""
    if isinstance(target, TrackedRun):
        return tracked_title(target)
    return run_title(target, project) if isinstance(target, PipelineRun) else job_title(target, project)


def why_not_write(*, read_only: bool) -> str:
    """Why no action at all is possible."""
    return "Lineside is read-only here (--read-only, or read_only in the configuration)" if read_only else ""


def why_not_cancel(target: Runnable) -> str:
    """Why a run or job cannot be cancelled. Unknown statuses are left to the server."""
    name = title_of(target)
    if gone := _why_gone(target):
        return gone
    if target.status == "canceling":
        return f"{name} is being cancelled already"
    if target.status in FINISHED:
        return f"{name} is over: its status is {target.status}"
    if target.status == "manual":
        return f"{name} waits for a person; nothing of it runs that could be cancelled"
    return ""


def why_not_retry(target: Runnable) -> str:
    """Why a run or job cannot be retried. A run retries its failed and cancelled jobs, also while others run."""
    name = title_of(target)
    if gone := _why_gone(target):
        return gone
    if isinstance(target, JobRun):
        if target.retried:
            return f"{name} has been retried already; retry its newest attempt"
        if target.status in ACTIVE - JOB_RETRYABLE:
            return f"{name} has not ended: its status is {target.status}"
        if target.status in PLAYABLE | {"skipped"}:
            return f"{name} never ran: its status is {target.status}"
        return ""
    if target.failed_count or target.warnings or target.status in RETRYABLE:
        return ""
    if target.status in ACTIVE:
        return f"{name} has no failed or cancelled job to retry yet: its status is {target.status}"
    if target.status in {"success", "skipped", *PLAYABLE}:
        return f"{name} has no failed or cancelled job to retry: its status is {target.status}"
    return ""


def why_not_play(job: JobRun) -> str:
    """Why a manual job cannot be started."""
    name = job_title(job)
    if job.retried:
        return f"{name} is an older attempt; play the newest one"
    if job.status in PLAYABLE:
        return ""
    if job.status in ACTIVE | FINISHED:
        return f"{name} does not wait for anybody: its status is {job.status}"
    return ""


def why_not_settle(run: TrackedRun) -> str:
    """Why no outcome can be written to an MLflow run: it has one, or what it belongs to has none (yet)."""
    name = tracked_title(run)
    if run.lifecycle_stage != "active":
        return f"{name} was deleted in MLflow"
    if run.status not in TRACKED_ACTIVE:
        return f"{name} has ended: its status is {run.status}"
    return "" if run.ended_as else f"{name} was not left RUNNING behind an ended job"


def why_not_note(target: Markable, text: str) -> str:
    """Why a text cannot be the note of a run."""
    if isinstance(target, TrackedRun) and len(text) > MAX_NOTE:
        return f"MLflow keeps {MAX_NOTE} characters of a note; this one has {len(text)}"
    if text == note_of(target):
        return f"{title_of(target)} has this note already" if text else "a note needs a text"
    return ""


def note_of(target: Markable) -> str:
    """The note on a run or an MLflow run."""
    return target.note if isinstance(target, TrackedRun) else target.notes


def _why_gone(target: Runnable) -> str:
    if isinstance(target, PipelineRun) and target.gone:
        return f"{title_of(target)} is no longer on the server; only our copy is left"
    return ""
