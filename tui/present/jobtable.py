"""The jobs of a run as a table for other programs."""

from __future__ import annotations

from collections.abc import Sequence

from data.export import Table
from data.model.run import JobRun, PipelineRun

COLUMNS = (
    "id", "run", "name", "stage", "status", "attempt", "retried", "allows_failure", "created", "started", "ended",
    "took", "queued", "runner", "image", "needs", "failure_reason", "downstream", "url",
)  # fmt: skip
"""Columns; durations in seconds."""


def job_table(run: PipelineRun, jobs: Sequence[JobRun]) -> Table:
    """One row per job, earlier attempts and the jobs of child pipelines included."""
    rows = [
        (
            job.id, job.pipeline_run_id, job.name, job.stage, job.status, job.attempt_number, job.retried,
            job.allows_failure, job.created, job.start, job.completion, job.execution_time, job.queued_time,
            job.endpoint, job.image, list(job.needs), job.failure_reason, job.downstream, job.web_url,
        )
        for job in jobs
    ]  # fmt: skip
    return Table.of(f"jobs of #{run.git_pipeline_id}", COLUMNS, rows)
