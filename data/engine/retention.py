"""Forgets finished runs that are older than the configured history, with their jobs and logs."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from data.engine.context import ProjectContext
from data.model import JobRun, PipelineRun, TestReport
from data.model.vocabulary import FINISHED
from data.store.logs import LogFiles
from data.store.port import Between, Where

log = logging.getLogger(__name__)

BATCH: Final = 200
"""Runs that are looked at together."""
MAX_JOBS: Final = 2000
"""Jobs of one run."""


async def forget_old(context: ProjectContext, files: LogFiles, history: float) -> int:
    """Delete finished runs made more than `history` seconds ago (0: none); returns how many.

    What users wrote on is kept: runs with labels or notes, and those that they launched.
    """
    if not history:
        return 0
    limit = datetime.now(UTC) - timedelta(seconds=history)
    where: Where = {"project_id": context.id, "status": sorted(FINISHED), "created": Between(None, limit)}
    forgotten = 0
    after: str | None = None
    while True:
        page = await context.store.page(PipelineRun, where=where, after=after, limit=BATCH)
        for run in page.records:
            if not (run.labels or run.notes or run.submission_id) and context.leases.holds(context.id):
                await _forget(context, files, run)
                forgotten += 1
        after = page.after
        if after is None:
            break
    if forgotten:
        log.info("%s: %d runs older than the history that is kept were forgotten", context.project.path, forgotten)
    return forgotten


async def _forget(context: ProjectContext, files: LogFiles, run: PipelineRun) -> None:
    jobs = await context.desk.all(JobRun, {"pipeline_run_id": run.id}, limit=MAX_JOBS)
    for job in jobs:
        if job.log.size:
            await asyncio.to_thread(files.remove, job.id)
    await context.store.delete(JobRun, [job.id for job in jobs])
    await context.store.delete(TestReport, [run.id])
    await context.store.delete(PipelineRun, [run.id])
