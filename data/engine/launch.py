"""Launches: what is written before the request, the request, and how a lost one is found again."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from data.engine import merge
from data.engine.actions import Touch, variables_of
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.launch_tracking import LaunchTracking
from data.engine.link import MLFLOW_RUN_ID, RUN_ID
from data.engine.runs import gather
from data.engine.secrets import Secrets
from data.engine.verdict import Done, Rejected, Undecided
from data.errors import Forbidden, LinesideError, NotFound
from data.model import Command, Link, PipelineAPI, PipelineRun, RunInfo, Submission, TrackedRun, Variable, git_id, make
from data.model.vocabulary import ACTIVE, PRODUCTION
from data.store.port import Where

log = logging.getLogger(__name__)

SEARCH: Final = timedelta(minutes=15)
"""How far back a lost launch is looked for by its RUN_ID: our clock and the server's may differ a lot."""
SLACK: Final = timedelta(seconds=60)
"""How far from its request a run may have been made that is taken for a launch without looking at its variables."""
BY_API: Final = "api"
"""GitLab's source of pipelines that were started through its API."""
NO_ONE: Final = "no_one_allowed"
"""Project setting that forbids pipeline variables altogether (GitLab docs, api/projects)."""


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What a launch asks for."""

    ref: str
    variables: list[Variable] = []
    inputs: dict[str, str] = {}
    api: str = ""
    """Id or name of the API."""
    pipeline: str = ""
    """Id or name of the pipeline."""
    kind: str = PRODUCTION
    run_id: str = ""
    track: bool = False
    secrets: list[str] = []
    """Variables whose values come on another way than the command, and are never stored."""

    @classmethod
    def of(cls, command: Command) -> Payload:
        """The payload of a command.

        Raises:
            Rejected: it cannot be read, or names no ref.
        """
        try:
            found = msgspec.convert(command.payload, cls)
        except msgspec.ValidationError as error:
            raise Rejected(f"this launch cannot be read: {error}") from None
        if not found.ref:
            raise Rejected("this launch names no branch or tag")
        return found


class Launch:
    """Starts pipelines of one project."""

    def __init__(
        self, context: ProjectContext, tracking: LaunchTracking | None, secrets: Secrets, touch: Touch
    ) -> None:
        self._context, self._tracking, self._secrets, self._touch = context, tracking, secrets, touch

    async def hold(self, command: Command) -> str:
        """It waits while its pipeline has as many active runs as it may have at a time."""
        pipeline_id = self._pipeline_id(Payload.of(command))
        pipeline = next((one for one in self._context.pipelines if one.id == pipeline_id), None)
        if pipeline is None or not pipeline.max_concurrent:
            return ""
        where: Where = {"pipeline_id": pipeline_id, "status": sorted(ACTIVE), "gone": False, "parent_run_id": ""}
        active = await self._context.store.count(PipelineRun, where=where)
        if active < pipeline.max_concurrent:
            return ""
        most = f"{active} of at most {pipeline.max_concurrent} runs"
        return f"{most} of {pipeline.name} are under way; it goes when one ends"

    async def perform(self, command: Command) -> Done:
        """Write down what is asked for, make the MLflow run, then send the one request."""
        payload = Payload.of(command)
        secret = (
            await self._secrets.take(command.id, payload.secrets, self._context.timing.secrets)
            if payload.secrets
            else {}
        )
        if secret is None:
            names = ", ".join(payload.secrets)
            raise Rejected(
                f"the values of {names} are secret and are not kept: launch it again where they can be typed"
            )
        submission = await self._submission(command, payload)
        variables, remark = list(submission.variables), ""
        if self._tracking is not None and payload.track and not _has(variables, MLFLOW_RUN_ID):
            more, remark = await self._tracked(command, payload)
            variables += [one for one in more if not _has(variables, one.key)]
            submission = replace(submission, variables=tuple(variables))
        await self._write_down(submission, payload)
        sent = [replace(one, value=secret[one.key].reveal()) if one.key in secret else one for one in variables] + [
            Variable(key=key, value=secret[key].reveal()) for key in secret if not _has(variables, key)
        ]
        run = await self._context.server.write(
            lambda source: source.create_pipeline(self._context.git, payload.ref, sent, payload.inputs)
        )
        return await self._started(command, run, remark)

    async def check(self, command: Command) -> Done | None:
        """Look for the run of a launch: by its RUN_ID, or where variables may not be read by who, when and on what."""
        payload = Payload.of(command)
        where = {"submission_id": command.id}
        known = (await self._context.store.page(PipelineRun, where=where, limit=1)).records
        if known:
            return await self._started(command, known[0], "")
        server = self._context.server
        user = server.health.record.user
        sent = command.sent or command.created
        found = await server.call(
            lambda source: source.find_pipelines(
                self._context.git, created_after=sent - SEARCH, source=BY_API, username=user
            ),
            rank=Rank.PERSON,
        )
        candidates = [run for run in found if run.ref == payload.ref and not await self._is_of_other(run, command)]
        unreadable: list[PipelineRun] = []
        for run in candidates:
            same = await self._has_run_id(run, payload)
            if same:
                return await self._started(command, run, "")
            if same is None and abs(run.created - sent) <= SLACK + timedelta(seconds=self._context.timing.settle):
                unreadable.append(run)
        if not unreadable:
            return None
        if len(unreadable) == 1 and user:
            return await self._started(command, unreadable[0], "")
        names = ", ".join(f"#{run.run_number or run.git_pipeline_id}" for run in unreadable)
        raise Undecided(
            f"pipeline {names} on {payload.ref} may or may not be this launch: look at its variables on GitLab"
        )

    async def dropped(self, command: Command) -> None:
        """Settle the MLflow run that was made for it, and keep the submission as refused."""
        self._secrets.forget(command.id)
        submission = await self._context.store.get(Submission, command.id)
        if submission is None:
            return
        await self._context.desk.put(self._context.id, [replace(submission, state="refused")])
        mlflow = next((one.value for one in submission.variables if one.key == MLFLOW_RUN_ID), "")
        if mlflow and self._tracking is not None:
            await self._tracking.settle(mlflow)

    async def _tracked(self, command: Command, payload: Payload) -> tuple[list[Variable], str]:
        """The variables of a new MLflow run; without MLflow the pipeline is started all the same, with a remark."""
        assert self._tracking is not None
        if self._context.project.variables_role == NO_ONE:
            return [], "; without an MLflow run: this project allows no pipeline variables"
        try:
            return await self._tracking.create(command, payload.ref, payload.run_id, payload.kind), ""
        except LinesideError as error:
            log.warning("%s: no MLflow run: %s", command.title, error)
            return [], f"; without an MLflow run: {error.message}"

    async def _submission(self, command: Command, payload: Payload) -> Submission:
        """What was asked for; a launch that is sent again keeps its MLflow run."""
        stored = await self._context.store.get(Submission, command.id)
        if stored is not None:
            return stored
        api = self._api(payload)
        given = [
            replace(one, value="", secret=True) if one.key in payload.secrets else one for one in variables_of(command)
        ]
        jobs = list(self._context.blueprints.values())
        return make(
            Submission,
            id=command.id,
            timestamp=command.created,
            requester=command.by,
            pipeline_api_id=api.id if api else "",
            pipeline_id=self._pipeline_id(payload),
            project_id=self._context.id,
            ref=payload.ref,
            variables=given,
            inputs=payload.inputs,
            tree=[{"name": job.name, "stage": job.stage, "needs": list(job.needs)} for job in jobs] or None,
            build_plan={job.name: api.flow_control.get(job.name, True) for job in jobs} if api else None,
            kind=payload.kind,
            run_id=payload.run_id,
            state="sending",
        )

    async def _write_down(self, submission: Submission, payload: Payload) -> None:
        await self._context.desk.put(self._context.id, [submission])
        if payload.run_id:
            info = RunInfo(
                id=payload.run_id,
                pipeline_id=submission.pipeline_id,
                pipeline_api_id=submission.pipeline_api_id,
                kind=payload.kind,
                create_time=submission.timestamp,
            )
            await self._context.desk.merge(self._context.id, RunInfo, [info], lambda stored, fresh: stored or fresh)

    async def _started(self, command: Command, run: PipelineRun, remark: str) -> Done:
        """Write down the run that came of a launch."""
        self._secrets.forget(command.id)
        payload = Payload.of(command)
        submission = await self._submission(command, payload)
        api = self._api(payload)
        mlflow = next((one.value for one in submission.variables if one.key == MLFLOW_RUN_ID), "")
        tracked = git_id(self._context.settings.mlflow, mlflow) if mlflow and self._context.settings.mlflow else ""

        def launched(stored: PipelineRun | None, fresh: PipelineRun) -> PipelineRun:
            now = merge.detail(stored, fresh)
            return replace(
                now,
                pipeline_id=submission.pipeline_id,
                pipeline_api_id=submission.pipeline_api_id,
                api=api.name if api else now.api,
                run_info_id=payload.run_id,
                submission_id=command.id,
                kind=payload.kind,
                variables={one.key: "" if one.secret else one.value for one in submission.variables},
                variables_known=True,
                mlflow_run_ids=now.mlflow_run_ids or ((tracked,) if tracked else ()),
                link=now.link or (Link(by="launch") if tracked else None),
            )

        stored = (await self._context.desk.merge(self._context.id, PipelineRun, [run], launched))[0]
        ended = replace(submission, state="done", pipeline_run_id=run.id, repo_hash=run.git_commit_hash)
        await self._context.desk.put(self._context.id, [ended])
        if payload.run_id:
            await gather(self._context, stored)
        if tracked:
            await self._context.desk.edit(
                self._context.id, TrackedRun, tracked,
                lambda one: replace(one, project_id=self._context.id, pipeline_run_id=run.id, linked_by="launch"),
            )  # fmt: skip
            if self._tracking is not None:
                await self._tracking.tell(mlflow, stored)
        self._touch(run.id)
        return Done(f"pipeline #{run.run_number or run.git_pipeline_id} was started ({run.status}){remark}", run.id)

    async def _is_of_other(self, run: PipelineRun, command: Command) -> bool:
        stored = await self._context.store.get(PipelineRun, run.id)
        return stored is not None and stored.submission_id not in ("", command.id)

    async def _has_run_id(self, run: PipelineRun, payload: Payload) -> bool | None:
        """Whether it was started with this launch's RUN_ID; None when its variables cannot tell."""
        if not payload.run_id or not any(one.key == RUN_ID for one in payload.variables):
            return None
        stored = await self._context.store.get(PipelineRun, run.id)
        if stored is not None and stored.variables_known:
            return stored.variables.get(RUN_ID) == payload.run_id
        try:
            found = await self._context.server.call(
                lambda source: source.variables(run.git_project_id, run.git_pipeline_id), rank=Rank.PERSON
            )
        except (Forbidden, NotFound):
            return None
        return any(one.key == RUN_ID and one.value == payload.run_id for one in found)

    def _api(self, payload: Payload) -> PipelineAPI | None:
        return next((one for one in self._context.apis if payload.api and payload.api in (one.id, one.name)), None)

    def _pipeline_id(self, payload: Payload) -> str:
        api = self._api(payload)
        if api is not None:
            return api.pipeline_id
        pipelines = self._context.pipelines
        named = next((one.id for one in pipelines if payload.pipeline and payload.pipeline in (one.id, one.name)), "")
        return named or (pipelines[0].id if pipelines else "")


def _has(variables: list[Variable], key: str) -> bool:
    return any(one.key == key for one in variables)
