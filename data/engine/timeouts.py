"""Cancels runs that Lineside launched and that take longer than they may: their own timeout, else the pipeline's."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from data.config import format_duration
from data.engine.capacity import LAUNCHED
from data.engine.context import ProjectContext
from data.launch.naming import called
from data.model import Command, Pipeline, PipelineRun, Submission
from data.model.vocabulary import CANCELABLE
from data.store.port import Where

MAX_RUNS: Final = 1000
"""Active runs of a project that are looked at."""
BY: Final = "lineside"
"""Who cancels, in the command."""


class Limit(NamedTuple):
    """How long a run may take, in seconds, and who says so."""

    seconds: float
    of: str


async def cancel_overdue(context: ProjectContext, now: datetime | None = None) -> None:
    """Put a cancel into the outbox for every run that is overdue, once for each run."""
    now = now or datetime.now(UTC)
    where: Where = {
        "project_id": context.id, "submission_id": LAUNCHED, "status": sorted(CANCELABLE), "gone": False,
    }  # fmt: skip
    runs = await context.desk.all(PipelineRun, where, limit=MAX_RUNS)
    if not runs:
        return
    submissions = await context.store.get_many(Submission, [run.submission_id for run in runs])
    pipelines = await context.store.get_many(Pipeline, sorted({run.pipeline_id for run in runs}))
    for run in runs:
        limit = limit_of(submissions.get(run.submission_id), pipelines.get(run.pipeline_id))
        if limit.seconds and now - (run.start or run.created) > timedelta(seconds=limit.seconds):
            await _cancel(context, limit, run)


def limit_of(submission: Submission | None, pipeline: Pipeline | None) -> Limit:
    """How long a run may take: 0 for as long as it likes."""
    if submission is not None and submission.timeout is not None:
        return Limit(submission.timeout, "this launch")
    return Limit(pipeline.timeout, pipeline.name) if pipeline is not None else Limit(0, "")


async def _cancel(context: ProjectContext, limit: Limit, run: PipelineRun) -> None:
    why = f"longer than the timeout of {limit.of} ({format_duration(limit.seconds)})"
    command_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"timeout:{run.id}"))
    if await context.store.get(Command, command_id) is not None:
        return
    note = f"Cancelled by Lineside: {why}."

    def noted(now: PipelineRun) -> PipelineRun:
        return now if note in now.notes else replace(now, notes=f"{now.notes}\n{note}".strip())

    await context.desk.edit(context.id, PipelineRun, run.id, noted)
    await context.store.submit(
        Command(
            id=command_id,
            kind="cancel",
            connection=run.connection,
            project_id=context.id,
            target_id=run.id,
            title=f"cancel {context.project.name} {called(run)}",
            by=BY,
            why=why,
            created=datetime.now(UTC),
        )
    )
