"""The MLflow run that is made before a launch, so that the job resumes it and the two are joined from the start.

A job that resumes a run by MLFLOW_RUN_ID adds no tags of its own, so user, source and commit are written here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from data.engine import merge
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.launch_records import mlflow_run_of
from data.engine.left import OUTCOMES, judge
from data.engine.link import COMMIT_TAG, MLFLOW_RUN_ID, RUN_ID
from data.engine.server import Server
from data.engine.settle import end_run
from data.errors import BadAnswer, LinesideError, NotFound, UsageError
from data.model import Command, PipelineRun, Submission, TrackedRun, Variable, git_id
from data.model.vocabulary import TEST, TRACKED_ACTIVE
from data.query import Field
from data.sources.faults import Unanswered
from data.sources.mlflow import TrackingSource
from data.store.port import Sort

log = logging.getLogger(__name__)
T = TypeVar("T")

SUBMISSION_TAG: Final = "lineside.submission"
"""Tag that names the launch an MLflow run was made for."""
PIPELINE_TAG: Final = "CI_PIPELINE_ID"
"""Tag with GitLab's id of the pipeline, by which other programs find it."""
SHORT: Final = 8
"""Characters of a RUN_ID in the name of an MLflow run."""
MAX_OPEN: Final = 200
"""Unfinished MLflow runs of launches that are looked at."""
KILLED: Final = "KILLED"
"""Status of a run that no job will resume."""
NEWEST: Final = Sort("timestamp", descending=True)
SLACK: Final = timedelta(minutes=5)
"""How far back an MLflow run of an interrupted launch is looked for."""


class LaunchTracking:
    """Makes MLflow runs for the launches of one project."""

    def __init__(self, context: ProjectContext, server: Server[TrackingSource]) -> None:
        self._context, self._server = context, server
        self._unsettled: set[str] | None = None

    async def create(self, command: Command, submission: Submission) -> list[Variable]:
        """Make a run in the project's experiment of this kind; the variables that let a job resume it.

        Raises:
            LinesideError: the project has no such experiment, or MLflow did not make one.
        """
        experiment = await self._experiment(submission.kind)
        run = await self._interrupted(command, experiment) if command.attempts > 1 else None
        if run is None:
            run = await self._made(command, submission, experiment)
        await self._context.desk.merge(self._context.id, TrackedRun, [run], merge.tracked)
        variables = {MLFLOW_RUN_ID: run.run_id, "MLFLOW_EXPERIMENT_ID": experiment}
        uri = self._server.settings.url
        if uri.startswith(("http://", "https://")):
            variables["MLFLOW_TRACKING_URI"] = uri
        return [Variable(key=key, value=value) for key, value in variables.items()]

    async def _made(self, command: Command, submission: Submission, experiment: str) -> TrackedRun:
        """A new run; one whose answer was lost is looked for before anybody believes that there is none."""
        tags, run_id = self._tags(submission), submission.run_id
        name = f"{command.payload.get('api') or self._context.project.name} {run_id[:SHORT]}".strip()
        try:
            return await self._write(
                lambda source: source.create_run(experiment, name=name, tags=tags, start=datetime.now(UTC))
            )
        except (Unanswered, BadAnswer):
            found = await self._interrupted(command, experiment)
            if found is None:
                raise
            return found

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
                    await self._write(lambda source: source.set_tag(mlflow_run_id, key, value))  # noqa: B023
        except LinesideError as error:
            log.warning("MLflow run %s: %s", mlflow_run_id, error)

    async def settle(self, mlflow_run_id: str) -> None:
        """No job will ever resume it. Where MLflow cannot be asked now, `reconcile` does it later."""
        if self._unsettled is not None:
            self._unsettled.add(mlflow_run_id)
        await self._settle(mlflow_run_id)
        if self._unsettled is not None:
            self._unsettled.discard(mlflow_run_id)

    async def _settle(self, mlflow_run_id: str) -> None:
        now = datetime.now(UTC)
        try:
            ended = await self._write(lambda source: end_run(source, mlflow_run_id, KILLED, now))
        except NotFound:
            return
        await self._context.desk.merge(self._context.id, TrackedRun, [ended.run], merge.tracked)

    async def _settle_rest(self) -> None:
        """Settle the runs of launches that were refused or taken back while MLflow or an engine was away."""
        if self._unsettled is None:
            self._unsettled = await self._left_open()
        for run_id in sorted(self._unsettled):
            await self._settle(run_id)
            self._unsettled.discard(run_id)

    async def _left_open(self) -> set[str]:
        where = {"project_id": self._context.id, "state": ["refused", "withdrawn"]}
        found = await self._context.desk.all(Submission, where, limit=MAX_OPEN, sort=NEWEST)
        ids = {git_id(self._context.settings.mlflow, run_id): run_id for one in found if (run_id := mlflow_run_of(one))}
        known = await self._context.store.get_many(TrackedRun, sorted(ids))
        return {ids[id] for id, run in known.items() if run.status in TRACKED_ACTIVE}

    async def reconcile(self) -> None:
        """End MLflow runs of launches whose pipeline is over: a job that was killed leaves its run RUNNING for ever.

        Only runs that were made here are written to, and only a while after the end, since jobs end them by themselves.
        """
        await self._settle_rest()
        desk, lease = self._context.desk, self._context.id
        where = {"project_id": lease, "linked_by": "launch", "status": sorted(TRACKED_ACTIVE)}
        async for run in desk.each(TrackedRun, where, limit=MAX_OPEN, query=Field("is", ("left",))):
            pipeline = await self._context.store.get(PipelineRun, run.pipeline_run_id)
            standing = judge(run, None, pipeline, datetime.now(UTC))
            if not standing.ended_as or standing.end is None or SUBMISSION_TAG not in run.tags:
                continue
            status, end = OUTCOMES[standing.ended_as], standing.end
            ended = await self._write(lambda source: end_run(source, run.run_id, status, end))  # noqa: B023
            await desk.merge(lease, TrackedRun, [ended.run], merge.tracked)
            log.info("MLflow run %s: %s, as its pipeline is %s", run.run_id, ended.run.status, standing.ended_as)

    async def _write(self, ask: Callable[[TrackingSource], T]) -> T:
        return await self._server.write(self._context.permit, ask)

    async def _interrupted(self, command: Command, experiment: str) -> TrackedRun | None:
        """The run that an attempt before this one made."""
        since = command.created - SLACK
        page = await self._server.call(lambda source: source.runs([experiment], started_after=since))
        return next((run for run in page.runs if run.tags.get(SUBMISSION_TAG) == command.id), None)

    def _tags(self, submission: Submission) -> dict[str, str]:
        """What MLflow's client would write if it made the run, and what leads from the run to its launch."""
        project = self._context.project
        tags = {
            "mlflow.user": submission.requester,
            "mlflow.source.name": project.path,
            "mlflow.source.type": "PROJECT",
            COMMIT_TAG: submission.repo_hash,
            "mlflow.source.git.branch": submission.ref,
            "mlflow.source.git.repoURL": project.web_url,
            RUN_ID: submission.run_id,
            SUBMISSION_TAG: submission.id,
        }
        return {key: value for key, value in tags.items() if value}
