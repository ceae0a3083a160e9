"""Cancels runs that Lineside launched and that take longer than their pipeline's timeout."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from data.config import format_duration
from data.engine.context import ProjectContext
from data.model import Command, Pipeline, PipelineRun
from data.model.vocabulary import CANCELABLE
from data.store.port import Where

MAX_RUNS = 200
"""Active runs of a pipeline that are looked at."""
BY = "lineside"
"""Who cancels, in the command."""


async def cancel_overdue(context: ProjectContext) -> None:
    """Put a cancel into the outbox for every run that is overdue, once for each run."""
    for pipeline in context.pipelines:
        if not pipeline.timeout:
            continue
        where: Where = {"pipeline_id": pipeline.id, "status": sorted(CANCELABLE), "gone": False}
        for run in await context.desk.all(PipelineRun, where, limit=MAX_RUNS):
            began = run.start or run.created
            if run.submission_id and datetime.now(UTC) - began > timedelta(seconds=pipeline.timeout):
                await _cancel(context, pipeline, run)


async def _cancel(context: ProjectContext, pipeline: Pipeline, run: PipelineRun) -> None:
    why = f"longer than the timeout of {pipeline.name} ({format_duration(pipeline.timeout)})"
    command_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"timeout:{run.id}"))
    if await context.store.get(Command, command_id) is not None:
        return
    await context.store.submit(
        Command(
            id=command_id,
            kind="cancel",
            connection=run.connection,
            project_id=context.id,
            target_id=run.id,
            title=f"cancel {context.project.name} #{run.run_number}",
            by=BY,
            why=why,
            created=datetime.now(UTC),
        )
    )
    note = f"Cancelled by Lineside: {why}."
    await context.desk.edit(
        context.id, PipelineRun, run.id, lambda now: replace(now, notes=f"{now.notes}\n{note}".strip())
    )
