"""What there is to know of the line of the job tree under the cursor, as items of one line."""

from __future__ import annotations

from collections.abc import Sequence

from data.model.run import JobRun, PipelineRun
from tui.present.jobs import Node
from tui.present.run import trigger_words, usage
from tui.present.text import plural, sha, size, took
from widgets.cells import Cell


def node_facts(node: Node, jobs: Sequence[JobRun]) -> list[Cell]:
    """Items about a job, a stage or a child pipeline; `jobs` are those of its run, earlier attempts included."""
    if node.job is not None:
        return job_facts(node.job, jobs)
    if node.run is None:
        return []
    return _stage_facts(node.stage, jobs) if node.stage else run_facts(node.run)


def job_facts(job: JobRun, jobs: Sequence[JobRun]) -> list[Cell]:
    """Needs, runner, image, attempts, artifacts of a job; what is not known is left out."""
    items = [Cell(job.name, "bold")]
    if job.failure_reason:
        items.append(Cell(job.failure_reason.replace("_", " "), "failed" if job.status == "failed" else "dim"))
    attempts = max((one.attempt_number for one in jobs if one.name == job.name), default=1)
    items += _said("attempt", f"{job.attempt_number} of {attempts}" if attempts > 1 else "")
    items += _said("needs", ", ".join(job.needs))
    items += _said("queued", took(job.queued_time))
    items += _said("runner", " ".join(filter(None, [job.endpoint, _tags(job)])))
    items += _said("image", job.image)
    items += _said("artifacts", size(job.artifacts_size) if job.artifacts_size else "")
    items += usage(job.memory_usage, job.cpu_usage, None)
    items += _said("coverage", f"{job.coverage:g}%" if job.coverage is not None else "")
    items += _said("kind", job.stage_type.lower().replace("_", " ") if job.stage_type != "CUSTOM" else "")
    return [*items, *_said("job", str(job.git_job_id))]


def _tags(job: JobRun) -> str:
    return f"[{' '.join(job.runner_tags)}]" if job.runner_tags else ""


def run_facts(run: PipelineRun) -> list[Cell]:
    """Ref, commit and reason of a child pipeline."""
    items = [Cell(f"#{run.git_pipeline_id} {run.name}".rstrip(), "bold")]
    items += _said("ref", run.ref)
    items += _said("commit", sha(run.git_commit_hash))
    items += _said("why", trigger_words(run.trigger_type))
    items += _said("jobs", f"{run.success_count}/{run.job_count}" if run.job_count else "")
    return [*items, Cell("enter opens it", "dim")]


def _stage_facts(stage: str, jobs: Sequence[JobRun]) -> list[Cell]:
    counts: dict[str, int] = {}
    for job in jobs:
        if job.stage == stage and not job.retried:
            counts[job.status] = counts.get(job.status, 0) + 1
    told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(counts.items()))
    return [Cell(stage, "bold"), Cell(plural(sum(counts.values()), "job"), "dim"), Cell(told, "dim")]


def _said(name: str, value: str) -> list[Cell]:
    return [Cell.of((f"{name} ", "dim"), (value, ""))] if value else []
