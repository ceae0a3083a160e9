"""Derived statuses, by GitLab's own rules.

Sources: lib/gitlab/ci/status/composite.rb, app/services/ci/process_build_service.rb.
"""

from __future__ import annotations

from collections.abc import Iterable

from data.simulator.entities import COMPLETED, Job, Pipeline

_WARNING, _IGNORED = "success_with_warnings", "ignored"

_ONLY: tuple[tuple[str, frozenset[str]], ...] = (
    ("skipped", frozenset({"skipped", _IGNORED})),
    ("success", frozenset({"success", "skipped", _WARNING, _IGNORED})),
    ("created", frozenset({"created", _WARNING, _IGNORED})),
    ("preparing", frozenset({"preparing", _WARNING, _IGNORED})),
    ("canceled", frozenset({"canceled", "success", "skipped", _WARNING, _IGNORED})),
    ("pending", frozenset({"pending", "created", "skipped", _WARNING, _IGNORED})),
)
"""A set of jobs has the status whose statuses are the only ones in it; the first match wins."""

_ANY: tuple[tuple[str, frozenset[str]], ...] = (
    ("running", frozenset({"running", "pending"})),
    ("waiting_for_resource", frozenset({"waiting_for_resource"})),
    ("waiting_for_callback", frozenset({"waiting_for_callback"})),
    ("manual", frozenset({"manual"})),
    ("scheduled", frozenset({"scheduled"})),
    ("preparing", frozenset({"preparing"})),
    ("running", frozenset({"created"})),
    ("canceling", frozenset({"canceling"})),
)
"""Otherwise the status of which any is in the set; `failed` when none is."""

_DAG_DONE = frozenset({"success", "failed", "canceled", "skipped", _WARNING})


def _effective(job: Job) -> str:
    if job.spec.allow_failure and job.status in ("failed", "canceled"):
        return _WARNING
    if job.spec.allow_failure and job.status == "manual":
        return _IGNORED
    return job.status


def composite(jobs: Iterable[Job], *, dag: bool = False) -> str:
    """Return the status of a set of jobs; `dag` for the jobs that another one needs. An empty set is `success`."""
    found = {_effective(job) for job in jobs}
    if not found:
        return "success"
    if dag and found & {"skipped", _IGNORED}:
        return "skipped"
    if dag and not found <= _DAG_DONE:
        return "pending"
    return next(
        (status for status, allowed in _ONLY if found <= allowed),
        next((status for status, wanted in _ANY if found & wanted), "failed"),
    )


def has_warnings(pipeline: Pipeline) -> bool:
    """Whether a job that may fail did."""
    return any(_effective(job) == _WARNING for job in pipeline.latest)


def previous(job: Job) -> str:
    """Return the status of what `job` waits for: its needs, or all jobs of earlier stages."""
    if job.spec.needs is None:
        return composite(other for other in job.pipeline.latest if other.stage_index < job.stage_index)
    needs = job.spec.needs
    return composite((other for other in job.pipeline.latest if other.name in needs), dag=True)


def decision(job: Job) -> str:
    """Return what becomes of a `created` job: `wait`, `skip`, `manual` or `enqueue`."""
    before = previous(job)
    if before not in COMPLETED:
        return "wait"
    valid = {"success"} if job.spec.needs is not None else {"success", "skipped"}
    if job.when == "always":
        valid = {"success", "failed", "skipped"}
    if before not in valid:
        return "skip"
    return "manual" if job.when == "manual" else "enqueue"


def duration(pipeline: Pipeline, now: float) -> int | None:
    """Return the seconds in which any job of `pipeline` ran, pauses left out; None when none ever did.

    Source: lib/gitlab/ci/pipeline/duration.rb; retried attempts count.
    """
    periods = sorted(
        (job.started_at, job.finished_at or now)
        for job in pipeline.jobs
        if job.started_at is not None and not job.is_bridge
    )
    if not periods:
        return None
    total, (first, last) = 0.0, periods[0]
    for begin, end in periods[1:]:
        if begin > last:
            total += last - first
            first, last = begin, end
        else:
            last = max(last, end)
    return round(total + last - first)
