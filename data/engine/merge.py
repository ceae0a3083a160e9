"""Joins what a server says now with what the store holds. Pure. What users and the engine added is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from data.model import JobRun, MetricSummary, PipelineRun, TrackedRun

GLANCE: Final = (
    "run_number", "name", "web_url", "status", "trigger_type", "ref", "git_commit_hash", "created", "updated", "gone",
)  # fmt: skip
"""Fields of a run that a list of pipelines tells."""
DETAIL: Final = (
    *GLANCE, "triggered_by", "start", "completion", "execution_time", "queued_time", "error_message",
)  # fmt: skip
"""Fields of a run that the server tells about one pipeline."""
OPTIONAL: Final = frozenset({"name", "updated", "triggered_by", "error_message"})
"""Fields that some answers leave out: an empty one does not replace what is known."""
JOB_KEPT: Final = (
    "image", "script", "environment", "needs", "memory_usage", "cpu_usage", "input_artifacts", "output_artifacts",
    "log",
)  # fmt: skip
"""Fields of a job that do not come with its list; the server's value wins where it has one."""
TRACKED_KEPT: Final = ("project_id", "pipeline_run_id", "job_run_id", "linked_by", "ended_as", "labels")
"""Fields of an MLflow run that linking and people set."""


def glance(stored: PipelineRun | None, fresh: PipelineRun) -> PipelineRun:
    """A run from a list. Its jobs count as unread when it changed since."""
    if stored is None:
        return fresh
    changed = stored.updated != fresh.updated or stored.status != fresh.status
    return _take(stored, fresh, GLANCE, jobs_synced=stored.jobs_synced and not changed)


def detail(stored: PipelineRun | None, fresh: PipelineRun) -> PipelineRun:
    """A run from its own answer."""
    if stored is None:
        return fresh
    changed = stored.updated != fresh.updated or stored.status != fresh.status
    return _take(stored, fresh, DETAIL, jobs_synced=stored.jobs_synced and not changed)


def job(stored: JobRun | None, fresh: JobRun) -> JobRun:
    """A job from a list; a job that runs again keeps the log state of what we hold."""
    if stored is None:
        return fresh
    default = {name: getattr(fresh, name) or getattr(stored, name) for name in JOB_KEPT if name != "log"}
    downstream = fresh.downstream or stored.downstream
    kind = fresh.stage_type if fresh.stage_type != "CUSTOM" else stored.stage_type
    return replace(fresh, log=stored.log, downstream=downstream, stage_type=kind, **default)


def tracked(stored: TrackedRun | None, fresh: TrackedRun) -> TrackedRun:
    """An MLflow run from the server: its links are kept, the extremes of its metrics widened by the newest values."""
    if stored is None:
        return fresh
    kept = {name: getattr(stored, name) for name in TRACKED_KEPT}
    metrics = {key: _widened(stored.metrics.get(key), metric) for key, metric in fresh.metrics.items()}
    return replace(fresh, metrics=metrics, models=fresh.models or stored.models, **kept)


def newest(times: Sequence[datetime | None]) -> datetime | None:
    """The latest of some times."""
    return max((time for time in times if time is not None), default=None)


def _take(stored: PipelineRun, fresh: PipelineRun, names: Sequence[str], *, jobs_synced: bool) -> PipelineRun:
    values = {name: getattr(fresh, name) for name in names}
    kept = {name: value for name, value in values.items() if value or name not in OPTIONAL}
    return replace(stored, jobs_synced=jobs_synced, **kept)


def _widened(stored: MetricSummary | None, fresh: MetricSummary) -> MetricSummary:
    """The newest value with the extremes that were known, or new ones where it is beyond them; NaN is no extreme."""
    if stored is None or stored.max is None or stored.min is None:
        return fresh
    passed = fresh.step > stored.step + 1
    kept = replace(
        fresh,
        min=stored.min,
        max=stored.max,
        min_step=stored.min_step,
        max_step=stored.max_step,
        sampled=stored.sampled or passed,
    )
    if fresh.last is None:
        return kept
    if fresh.last < stored.min:
        kept = replace(kept, min=fresh.last, min_step=fresh.step)
    if fresh.last > stored.max:
        kept = replace(kept, max=fresh.last, max_step=fresh.step)
    return kept
