"""The MLflow run that is made before a launch, so that the job resumes it and the two are joined from the start.

A job that resumes a run by MLFLOW_RUN_ID adds no tags of its own, so user, source and commit are written here.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from data.engine import merge
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.left import OUTCOMES, judge
from data.engine.link import COMMIT_TAG, MLFLOW_RUN_ID, RUN_ID
from data.engine.server import Server
from data.engine.settle import end_run
from data.errors import LinesideError, UsageError
from data.model import Command, PipelineRun, TrackedRun, Variable
from data.model.vocabulary import TEST, TRACKED_ACTIVE
from data.query import Field
from data.sources.mlflow import TrackingSource

log = logging.getLogger(__name__)

SUBMISSION_TAG: Final = "lineside.submission"
"""Tag that names the launch an MLflow run was made for."""
PIPELINE_TAG: Final = "CI_PIPELINE_ID"
"""Tag with GitLab's id of the pipeline, by which other programs find it."""
SHORT: Final = 8
"""Characters of a RUN_ID in the name of an MLflow run."""
MAX_OPEN: Final = 200
"""Unfinished MLflow runs of launches that are looked at."""
SLACK: Final = timedelta(minutes=5)
"""How far back an MLflow run of an interrupted launch is looked for."""


class LaunchTracking:
    """Makes MLflow runs for the launches of one project."""

    def __init__(self, context: ProjectContext, server: Server[TrackingSource]) -> None:
        self._context, self._server = context, server

    async def create(self, command: Command, ref: str, run_id: str, kind: str) -> list[Variable]:
        """Make a run in the project's experiment of this kind; the variables that let a job resume it.

        Raises:
            LinesideError: the project has no such experiment, or MLflow did not make one.
        """
        project = self._context.project
        experiment = await self._experiment(kind)
        run = await self._interrupted(command, experiment) if command.attempts > 1 else None
        if run is None:
            tags = self._tags(command, ref, run_id)
            name = f"{command.payload.get('api') or project.name} {run_id[:SHORT]}".strip()
            run = await self._server.write(
                lambda source: source.create_run(experiment, name=name, tags=tags, start=datetime.now(UTC))
            )
        await self._context.desk.merge(self._context.id, TrackedRun, [run], merge.tracked)
        variables = {MLFLOW_RUN_ID: run.run_id, "MLFLOW_EXPERIMENT_ID": experiment}
        uri = self._server.settings.url
        if uri.startswith(("http://", "https://")):
            variables["MLFLOW_TRACKING_URI"] = uri
        return [Variable(key=key, value=value) for key, value in variables.items()]

    async def _experiment(self, kind: str) -> str:
        project, settings = self._context.project, self._context.settings
        known = project.test_mlflow_experiment_id if kind == TEST else project.mlflow_experiment_id
        name = settings.test_experiment if kind == TEST else settings.experiment
        if known:
            return known
        if not name:
            raise UsageError(f"the project has no MLflow experiment for {kind} runs")
        return (await self._server.call(lambda source: source.experiment(name), rank=Rank.PERSON)).experiment_id

    async def tell(self, mlflow_run_id: str, run: PipelineRun) -> None:
        """Write into the MLflow run which pipeline came of it."""
        tags = {PIPELINE_TAG: str(run.git_pipeline_id), COMMIT_TAG: run.git_commit_hash}
        try:
            for key, value in tags.items():
                if value:
                    await self._server.write(lambda source: source.set_tag(mlflow_run_id, key, value))  # noqa: B023
        except LinesideError as error:
            log.warning("MLflow run %s: %s", mlflow_run_id, error)

    async def settle(self, mlflow_run_id: str) -> None:
        """No job will ever resume it."""
        await self._server.write(lambda source: source.set_status(mlflow_run_id, "KILLED", datetime.now(UTC)))

    async def reconcile(self) -> None:
        """End MLflow runs of launches whose pipeline is over: a job that was killed leaves its run RUNNING for ever.

        Only runs that were made here are written to, and only a while after the end, since jobs end them by themselves.
        """
        desk, lease = self._context.desk, self._context.id
        where = {"project_id": lease, "linked_by": "launch", "status": sorted(TRACKED_ACTIVE)}
        async for run in desk.each(TrackedRun, where, limit=MAX_OPEN, query=Field("is", ("left",))):
            pipeline = await self._context.store.get(PipelineRun, run.pipeline_run_id)
            standing = judge(run, None, pipeline, datetime.now(UTC))
            if not standing.ended_as or standing.end is None or SUBMISSION_TAG not in run.tags:
                continue
            status, end = OUTCOMES[standing.ended_as], standing.end
            ended = await self._server.write(lambda source: end_run(source, run.run_id, status, end))  # noqa: B023
            await desk.merge(lease, TrackedRun, [ended.run], merge.tracked)
            log.info("MLflow run %s: %s, as its pipeline is %s", run.run_id, ended.run.status, standing.ended_as)

    async def _interrupted(self, command: Command, experiment: str) -> TrackedRun | None:
        """The run that an attempt before this one made."""
        since = command.created - SLACK
        page = await self._server.call(lambda source: source.runs([experiment], started_after=since))
        return next((run for run in page.runs if run.tags.get(SUBMISSION_TAG) == command.id), None)

    def _tags(self, command: Command, ref: str, run_id: str) -> dict[str, str]:
        project = self._context.project
        tags = {
            "mlflow.user": command.by,
            "mlflow.source.name": project.path,
            "mlflow.source.type": "PROJECT",
            "mlflow.source.git.branch": ref,
            "mlflow.source.git.repoURL": project.web_url,
            RUN_ID: run_id,
            SUBMISSION_TAG: command.id,
        }
        return {key: value for key, value in tags.items() if value}
