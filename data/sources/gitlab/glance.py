"""A run at a glance: the order and status of its stages, its counts and warnings, from its jobs.

GitLab's REST API gives none of these; the rules are those of lib/gitlab/ci/status/composite.rb in its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from data.model import JobRun, PipelineRun, StageRun
from data.model.vocabulary import FINISHED

_WARNING: Final = "success with warnings"
_IGNORED: Final = "ignored"

_ONLY: Final = (
    ("skipped", frozenset({"skipped", _IGNORED})),
    ("success", frozenset({"success", "skipped", _WARNING, _IGNORED})),
    ("created", frozenset({"created", _WARNING, _IGNORED})),
    ("preparing", frozenset({"preparing", _WARNING, _IGNORED})),
    ("canceled", frozenset({"canceled", "success", "skipped", _WARNING, _IGNORED})),
    ("pending", frozenset({"pending", "created", "skipped", _WARNING, _IGNORED})),
)
"""Jobs have a status together when they have no other ones than these; the first that fits counts."""
_ANY: Final = (
    ("running", frozenset({"running", "pending"})),
    ("waiting_for_resource", frozenset({"waiting_for_resource"})),
    ("waiting_for_callback", frozenset({"waiting_for_callback"})),
    ("manual", frozenset({"manual"})),
    ("scheduled", frozenset({"scheduled"})),
    ("preparing", frozenset({"preparing"})),
    ("running", frozenset({"created"})),
    ("canceling", frozenset({"canceling"})),
)
"""Otherwise any of these decides; the first that fits counts."""

MAX_FAILURES: Final = 5
"""Failed jobs that a run's error message names."""


def composite(jobs: Iterable[JobRun]) -> str:
    """The status that jobs have together; `skipped` for none. Give newest attempts only."""
    found = {_effective(job) for job in jobs}
    for status, allowed in _ONLY:
        if found <= allowed:
            return status
    return next((status for status, wanted in _ANY if found & wanted), "failed")


def _effective(job: JobRun) -> str:
    if job.allows_failure and job.status in ("failed", "canceled"):
        return _WARNING
    if job.allows_failure and job.status == "manual":
        return _IGNORED
    return job.status


def stages_of(jobs: Sequence[JobRun]) -> tuple[StageRun, ...]:
    """The stages of a run in the order of execution: that of the smallest job id in each, over all attempts.

    GitLab makes the jobs of a pipeline stage by stage, and a retry makes a new job with a greater id.
    """
    first: dict[str, int] = {}
    for job in jobs:
        first[job.stage] = min(job.git_job_id, first.get(job.stage, job.git_job_id))
    names = sorted((name for name in first if name), key=first.__getitem__)
    return tuple(_stage(name, order, [job for job in jobs if job.stage == name]) for order, name in enumerate(names))


def _stage(name: str, order: int, jobs: Sequence[JobRun]) -> StageRun:
    newest = [job for job in jobs if not job.retried]
    status = composite(newest)
    starts = [job.start for job in jobs if job.start]
    ends = [job.completion for job in newest if job.completion]
    return StageRun(
        name=name,
        order=order,
        status=status,
        start=min(starts, default=None),
        completion=_latest(ends) if status in FINISHED else None,
        warnings=_warned(newest),
    )


def _latest(times: Sequence[datetime]) -> datetime | None:
    return max(times, default=None)


def _warned(newest: Iterable[JobRun]) -> bool:
    return any(_effective(job) == _WARNING for job in newest)


def summarise(run: PipelineRun, jobs: Sequence[JobRun]) -> PipelineRun:
    """`run` with what its jobs tell: stages, counts of newest attempts, warnings, and which jobs failed why.

    The run's own status is left as the server gave it.
    """
    newest = [job for job in jobs if not job.retried]
    return msgspec.structs.replace(
        run,
        stages=stages_of(jobs),
        job_count=len(newest),
        success_count=sum(job.status == "success" for job in newest),
        failed_count=sum(job.status == "failed" for job in newest),
        warnings=run.status == "success" and (_warned(newest) if newest else run.warnings),
        error_message=_failures(newest) if newest and run.status == "failed" else "" if newest else run.error_message,
        jobs_synced=True,
    )


def _failures(newest: Sequence[JobRun]) -> str:
    failed = [job for job in newest if job.status == "failed" and not job.allows_failure]
    named = [f"{job.name}: {(job.failure_reason or 'failed').replace('_', ' ')}" for job in failed[:MAX_FAILURES]]
    more = [f"and {len(failed) - MAX_FAILURES} more"] if len(failed) > MAX_FAILURES else []
    return "\n".join(named + more)


def number_attempts(jobs: Iterable[JobRun]) -> list[JobRun]:
    """The jobs of one pipeline, oldest first, with attempts resolved: of a name, all but the newest id are retried.

    GitLab's REST API has no such flag (docs, api/jobs): a retry is a new job of the same name with a greater id.
    """
    newest: dict[str, JobRun] = {}
    attempts: list[JobRun] = []
    ordered = sorted(jobs, key=lambda job: job.git_job_id)
    last = {job.name: job.git_job_id for job in ordered}
    for job in ordered:
        before = newest.get(job.name)
        numbered = msgspec.structs.replace(
            job,
            attempt_number=before.attempt_number + 1 if before else 1,
            retry_of=before.id if before else "",
            retried=job.git_job_id != last[job.name],
        )
        newest[job.name] = numbered
        attempts.append(numbered)
    return attempts
