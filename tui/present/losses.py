"""What is lost when something is erased or deleted on a server, for the question before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.model.run import JobRun, PipelineRun
from tui.present.text import plural, size

FOR_GOOD: Final = "It is lost on the server, for everybody and for good; what is held here stays."
"""Said of each loss."""


def erase_losses(jobs: Sequence[JobRun]) -> list[str]:
    """What is lost when jobs are erased."""
    mine = [job for job in jobs if not job.bridge and job.erased is None]
    artifacts = sum(job.artifacts_size for job in mine)
    lost = f"Lost: {plural(len(mine), 'log')} ({_held(mine, len(mine))})"
    return [f"{lost} and {size(artifacts)} of artifacts." if artifacts else f"{lost}.", FOR_GOOD]


def delete_losses(runs: Sequence[PipelineRun], jobs: Sequence[JobRun]) -> list[str]:
    """What is lost when runs are deleted; `jobs` are those that are known of them."""
    count = max(len(jobs), sum(run.job_count for run in runs))
    artifacts = sum(job.artifacts_size for job in jobs)
    parts = [plural(len(runs), "pipeline"), f"{plural(count, 'job')} with their logs ({_held(jobs, count)})"]
    if artifacts:
        parts.append(f"{size(artifacts)} of artifacts")
    return [f"Lost: {', '.join(parts)}.", FOR_GOOD]


def _held(jobs: Sequence[JobRun], count: int) -> str:
    held = [job for job in jobs if job.log.size]
    if not held:
        return "none is held here"
    whole = "all" if len(held) == count and all(job.log.complete for job in held) else str(len(held))
    return f"{whole} held here, {size(sum(job.log.size for job in held))}"
