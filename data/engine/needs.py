"""What the jobs of the runs that somebody looks at wait for: asked once for each run, where the server answers that."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.errors import BadAnswer, Forbidden, NotFound, Refused
from data.model import JobRun, PipelineRun

log = logging.getLogger(__name__)

FAILED: Final = 500
"""First of the statuses with which a server says that it failed."""
MAX_RUNS: Final = 500
"""Runs whose needs are remembered, so that later attempts of their jobs have them, too."""
MAX_JOBS: Final = 1_000
"""Jobs of one run that are given their needs."""


class Needs:
    """The needs of one project's jobs, and of those of its child pipelines."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._known: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._asked: dict[str, int] = {}
        self._answers = True

    def filled(self, job: JobRun) -> JobRun:
        """A job as its server lists it, with what is known of its needs."""
        names = self._known.get(job.pipeline_run_id, {}).get(job.name)
        return replace(job, needs=names) if names else job

    async def read(self, run: PipelineRun, rank: Rank) -> None:
        """Ask for the needs of a run's jobs, unless that was done since it has these jobs."""
        if not self._answers or not run.job_count or self._asked.get(run.id) == run.job_count:
            return
        try:
            found = await self._context.server.call(lambda source: source.needs(run), rank=rank)
        except (Refused, NotFound, Forbidden, BadAnswer) as error:
            log.info("%s: it does not tell what jobs need: %s", self._context.server.name, error)
            self._answers = error.status >= FAILED  # a server that failed may know it of another run
            self._asked[run.id] = run.job_count
            return
        if len(self._asked) >= MAX_RUNS:
            self._asked.clear()
            self._known.clear()
        self._asked[run.id], self._known[run.id] = run.job_count, found
        if found:
            await self._write(run)

    async def _write(self, run: PipelineRun) -> None:
        stored = await self._context.desk.all(JobRun, {"pipeline_run_id": run.id}, limit=MAX_JOBS)
        lacking = [filled for job in stored if (filled := self.filled(job)) != job]
        await self._context.desk.merge(self._context.id, JobRun, lacking, _with_needs)


def _with_needs(stored: JobRun | None, fresh: JobRun) -> JobRun:
    return fresh if stored is None else replace(stored, needs=fresh.needs)
