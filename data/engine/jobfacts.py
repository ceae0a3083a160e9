"""What the CI configuration and deployments tell of jobs and runs beside their own answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from msgspec.structs import replace

from data.engine.context import ProjectContext
from data.model import Deployment, JobRun, Pipeline, PipelineJob, PipelineRun
from data.sources.gitlab.ci import base_name, downloads
from data.store.port import Sort

ARCHIVE: Final = ":archive:"
"""Part of the id of an artifact that is a job's archive, the only kind that other jobs download."""
MAX_DEPLOYMENTS: Final = 100
"""Newest deployments that are looked at for the environments of their runs."""
CREATED: Final = "created"
"""Status of a deployment that nobody has begun (GitLab docs, api/deployments)."""
NEWEST: Final = Sort("created", descending=True)


def blueprint(context: ProjectContext, name: str) -> PipelineJob | None:
    """What CI lint says of a job of the project, by its name or that of the job that it is a part of."""
    return context.blueprints.get(name) or context.blueprints.get(base_name(name))


def with_environment(context: ProjectContext, job: JobRun) -> JobRun:
    """A job with the variables that the CI file gives it; those of its run are in the run's record."""
    known = blueprint(context, job.name) if job.project_id == context.id and not job.environment else None
    if known is None or not known.variables:
        return job
    return replace(job, environment={one.key: one.value for one in known.variables})


def deployed_to(context: ProjectContext, jobs: Sequence[JobRun]) -> str:
    """The environment that the last of these jobs to start deploys to; empty for none.

    A name that GitLab makes out of variables is left to what its deployments tell.
    """
    found: list[tuple[datetime, str]] = []
    for job in jobs:
        known = blueprint(context, job.name) if job.project_id == context.id else None
        if job.start is not None and known is not None and known.environment and "$" not in known.environment:
            found.append((job.start, known.environment))
    return max(found)[1] if found else ""


async def learn_environments(context: ProjectContext) -> None:
    """Write the environments that the newest deployments went to into their runs."""
    desk = context.desk
    deployments = await desk.all(Deployment, {"project_id": context.id}, limit=MAX_DEPLOYMENTS, sort=NEWEST)
    placed = [one for one in reversed(deployments) if one.job_run_id and one.environment and one.status != CREATED]
    jobs = await context.store.get_many(JobRun, sorted({one.job_run_id for one in placed}))
    found = {jobs[one.job_run_id].pipeline_run_id: one.environment for one in placed if one.job_run_id in jobs}
    edits = {run_id: partial(_in_environment, name=name) for run_id, name in found.items()}
    await desk.edit_many(context.id, PipelineRun, edits)


class Downloads:
    """Which artifacts the jobs of a run were given, by the CI configuration of its pipeline."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._config = ""
        self._rules: Mapping[str, tuple[str, ...] | None] = {}

    async def learn(self, run: PipelineRun, jobs: Sequence[JobRun]) -> None:
        """Write into started jobs which archives they downloaded, of jobs whose archives are known."""
        await self._load(run)
        order = {stage.name: stage.order for stage in run.stages}
        archives = [(job, [id for id in job.output_artifacts if ARCHIVE in id]) for job in jobs if not job.retried]
        edits = {}
        for job in jobs:
            names = self._names(job)
            given = tuple(
                id for other, ids in archives for id in ids if other.id != job.id and _gives(other, job, names, order)
            )
            if job.start and not job.bridge and given != job.input_artifacts:
                edits[job.id] = partial(_with_inputs, given=given)
        await self._context.desk.edit_many(self._context.id, JobRun, edits)

    async def _load(self, run: PipelineRun) -> None:
        pipeline = await self._context.store.get(Pipeline, run.pipeline_id) if run.pipeline_id else None
        config = pipeline.pipeline_config if pipeline is not None else ""
        if config != self._config:
            self._config, self._rules = config, downloads(config)

    def _names(self, job: JobRun) -> tuple[str, ...] | None:
        """Names of the jobs that it takes artifacts from, None for all of earlier stages."""
        for name in (job.name, base_name(job.name)):
            if name in self._rules:
                return self._rules[name]
        return job.needs or None


def _gives(other: JobRun, job: JobRun, names: tuple[str, ...] | None, order: Mapping[str, int]) -> bool:
    if names is None:
        return order.get(other.stage, 0) < order.get(job.stage, 0)
    return other.name in names or base_name(other.name) in names


def _with_inputs(now: JobRun, given: tuple[str, ...]) -> JobRun:
    return replace(now, input_artifacts=given)


def _in_environment(now: PipelineRun, name: str) -> PipelineRun:
    return replace(now, environment=name)
