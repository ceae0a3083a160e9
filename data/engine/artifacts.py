"""What the jobs of an open run left behind on the server."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.jobfacts import Downloads
from data.errors import Forbidden, NotFound
from data.model import JobRun, PipelineRun
from data.model.vocabulary import FINISHED

MAX_JOBS: Final = 500
"""Jobs of one run whose artifacts are asked for."""


class ArtifactReader:
    """Reads artifacts of one project's jobs, each job once."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._asked: set[str] = set()
        self._downloads = Downloads(context)

    async def read(self, run_id: str) -> None:
        """Read the artifacts of a run's finished jobs that have some, and learn which of them later jobs were given."""
        where, context = {"pipeline_run_id": run_id}, self._context
        for job in await context.desk.all(JobRun, where, limit=MAX_JOBS):
            wanted = job.artifacts_size and job.status in FINISHED and not job.output_artifacts
            if wanted and job.id not in self._asked:
                await self._read_job(job)
                self._asked.add(job.id)
        run = await context.store.get(PipelineRun, run_id)
        if run is not None:
            await self._downloads.learn(run, await context.desk.all(JobRun, where, limit=MAX_JOBS))

    async def _read_job(self, job: JobRun) -> None:
        try:
            found = await self._context.server.call(
                lambda source: source.artifacts(job.git_project_id, job.git_job_id), rank=Rank.ROUTINE
            )
        except (NotFound, Forbidden):
            return
        await self._context.desk.put(self._context.id, found)
        ids = tuple(one.id for one in found)
        await self._context.desk.edit(self._context.id, JobRun, job.id, lambda now: replace(now, output_artifacts=ids))
