"""Launches: what is written before the request, the request, and what is written of the run that comes of it."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final

from msgspec.structs import replace

from data.engine.actions import Touch
from data.engine.capacity import Capacity
from data.engine.context import ProjectContext
from data.engine.gathering import gather
from data.engine.handover import TOPIC
from data.engine.launch_lookup import find_run, known_run
from data.engine.launch_records import (
    Known,
    joined,
    launched,
    marks_of,
    mlflow_run_of,
    run_info_of,
    submission_of,
    tracking_of,
    with_tracking,
)
from data.engine.launch_tracking import LaunchTracking
from data.engine.secrets import Secrets
from data.engine.testing import adopted, place_of
from data.engine.verdict import Done, Hold, Rejected, Wait
from data.errors import LinesideError, RecordError
from data.launch.naming import MLFLOW_RUN_ID, called
from data.launch.payload import Payload, payload_of
from data.launch.permissions import why_not_variables
from data.model import (
    CiPreview,
    Command,
    Pipeline,
    PipelineAPI,
    PipelineRun,
    Record,
    Refs,
    RunInfo,
    Submission,
    TrackedRun,
    Variable,
    git_id,
)

log = logging.getLogger(__name__)

OPEN: Final = ("queued", "sending")
"""States of submissions whose command may have ended without a word to them."""
ELSEWHERE: Final = "the engine that has the values of its secret variables takes over"
"""Why a launch waits whose secrets another engine has."""
MAX_OPEN: Final = 1000
"""Open submissions of a project that are looked at when an engine takes over."""


class Launch:
    """Starts pipelines of one project."""

    def __init__(
        self,
        context: ProjectContext,
        tracking: LaunchTracking | None,
        secrets: Secrets,
        touch: Touch,
        capacity: Capacity,
    ) -> None:
        self._context, self._tracking, self._secrets, self._touch = context, tracking, secrets, touch
        self._capacity = capacity
        self._handed_over = context.handed_over

    # Waiting

    def queue(self, command: Command) -> str:
        """Launches of a pipeline go in their order."""
        return self._pipeline_id(_payload(command)) or self._context.id

    async def hold(self, command: Command) -> Hold | None:
        """It waits while its pipeline or its connection is full, or its project had too many in the last minute.

        Where another engine has the values of its secret variables, that one gets the project, once.
        """
        if self._is_elsewhere(command):
            self._handed_over.add(command.id)
            await self._context.leases.hand_over(self._context.id)
            return Hold(ELSEWHERE, blocks=True)
        pipeline = await self._context.store.get(Pipeline, self._pipeline_id(_payload(command)))
        hold = await self._capacity.pipeline_full(pipeline) if pipeline is not None else None
        return hold or await self._capacity.full() or await self._capacity.too_many(self._context.id)

    def turn(self, command: Command) -> AbstractAsyncContextManager[None]:
        """One launch of a connection at a time, so that the last place is taken once."""
        del command
        return self._capacity.turn()

    # Sending

    async def perform(self, command: Command) -> Done:
        """Write down what is asked for, make the MLflow run, then send the one request."""
        payload = _payload(command)
        api = await self._api(payload)
        secret = await self._secret_values(command, payload)
        place = await place_of(self._context, payload, api)
        submission, remark = await self._tracked(command, payload, await self._submission(command, payload))
        await self._write_down(submission)
        values = {one.key: one.value for one in payload.variables} | secret
        plain = [*submission.variables, *(one for one in place.variables if not _has(submission.variables, one.key))]
        sent = [replace(one, value=values.get(one.key, one.value)) for one in plain]
        run = await self._context.write(
            lambda source: source.create_pipeline(place.git_project_id, place.ref, sent, payload.inputs)
        )
        return await self._started(command, submission, run, remark)

    async def check(self, command: Command) -> Done | None:
        """Look for the run of a launch whose answer was lost."""
        payload = _payload(command)
        submission = await self._submission(command, payload)
        known = await known_run(self._context, command)
        if known is not None:
            return await self._started(command, submission, known, "")
        place = await place_of(self._context, payload, await self._api(payload))
        run = await find_run(self._context, command, payload, place, submission.variables)
        return await self._started(command, submission, run, "") if run is not None else None

    async def _secret_values(self, command: Command, payload: Payload) -> dict[str, str]:
        if not payload.secrets:
            return {}
        deadline = time.monotonic() + self._context.timing.secrets
        while True:
            found = await self._secrets.take(command.id, payload.secrets, self._context.timing.watch)
            if found is not None:
                return {key: value.reveal() for key, value in found.items()}
            if self._is_elsewhere(command):
                raise Wait(ELSEWHERE, 0.0)
            if time.monotonic() >= deadline:
                if command.id in self._context.board.ids(TOPIC):  # the other one did not take the project in time
                    self._handed_over.discard(command.id)
                    raise Wait(ELSEWHERE, 0.0)
                names = ", ".join(payload.secrets)
                raise Rejected(
                    f"the values of {names} are secret and are not kept: launch it again where they can be typed"
                )

    def _is_elsewhere(self, command: Command) -> bool:
        """Whether another engine has the values of its secret variables, and was not given the project for it yet."""
        known = command.id in self._secrets.held or command.id in self._handed_over
        return not known and command.id in self._context.board.ids(TOPIC)

    async def _tracked(self, command: Command, payload: Payload, submission: Submission) -> tuple[Submission, str]:
        """The launch with its MLflow run; without MLflow the pipeline is started all the same, with a remark.

        A test repository's pipeline gets none: all its cases would resume it at once.
        """
        if self._tracking is None or not payload.track or payload.test_repository:
            return submission, ""
        if _has(submission.variables, MLFLOW_RUN_ID):
            return submission, ""
        if closed := why_not_variables(self._context.project):
            return submission, f"; without an MLflow run: {closed}"
        try:
            made = await self._tracking.create(command, submission)
        except LinesideError as error:
            log.warning("%s: no MLflow run: %s", command.title, error)
            return submission, f"; without an MLflow run: {error.message}"
        return with_tracking(submission, made), ""

    # Writing down

    async def follow(self, command: Command) -> None:
        """The submission has the state and the answer of its command, from the first moment on."""
        desk, lease = self._context.desk, self._context.id
        told = await desk.edit(
            lease, Submission, command.id, lambda now: replace(now, state=command.state, answer=command.answer)
        )
        if told is None:
            with suppress(Rejected):  # what cannot be read is no submission
                await desk.put(lease, [await self._submission(command, _payload(command))])

    async def dropped(self, command: Command) -> None:
        """Forget its secrets, and settle the MLflow run that was made for it."""
        self._secrets.forget(command.id)
        submission = await self._context.store.get(Submission, command.id)
        if submission is not None and self._tracking is not None and (mlflow := mlflow_run_of(submission)):
            await self._tracking.settle(mlflow)

    async def tidy(self) -> None:
        """Tell submissions what became of their commands while no engine could."""
        where = {"project_id": self._context.id, "state": list(OPEN)}
        stale = {one.id: one for one in await self._context.desk.all(Submission, where, limit=MAX_OPEN)}
        for command in (await self._context.store.get_many(Command, list(stale))).values():
            if command.state in OPEN:
                continue
            await self.follow(command)
            if command.state in ("refused", "withdrawn"):
                await self.dropped(command)

    async def _submission(self, command: Command, payload: Payload) -> Submission:
        """What was asked for, with what is known of it now; the MLflow run that was made for it stays its own.

        Raises:
            Rejected: something in it breaks a rule of records.
        """
        store = self._context.store
        stored = await store.get(Submission, command.id)
        api = await self._api(payload)
        pipeline_id = api.pipeline_id if api is not None else self._pipeline_id(payload)
        jobs = list(self._context.blueprints.values())
        known = Known(
            project_id=self._context.id,
            pipeline_id=pipeline_id,
            api=api,
            refs=await store.get(Refs, self._context.id),
            preview=await store.get(CiPreview, f"{self._context.id}@{payload.ref}"),
            jobs=[job for job in jobs if job.pipeline_id == pipeline_id] or jobs,
        )
        try:
            return with_tracking(submission_of(command, payload, known), tracking_of(stored))
        except RecordError as error:
            raise Rejected(f"this launch cannot be read: {error.message}") from None

    async def _write_down(self, submission: Submission) -> None:
        await self._context.desk.put(self._context.id, [submission])
        if submission.run_id:
            await self._context.desk.merge(self._context.id, RunInfo, [run_info_of(submission)], joined)

    async def _started(self, command: Command, submission: Submission, run: PipelineRun, remark: str) -> Done:
        """Write down the run that came of a launch."""
        context, desk = self._context, self._context.desk
        self._secrets.forget(command.id)
        payload = _payload(command)
        api = await self._api(payload)
        if payload.test_repository:
            run = adopted(context, run, api)
        mlflow, connection = mlflow_run_of(submission), context.settings.mlflow
        tracked = git_id(connection, mlflow) if mlflow and connection else ""
        stored = (
            await desk.merge(
                context.id, PipelineRun, [run], lambda old, new: launched(old, new, submission, api, tracked)
            )
        )[0]
        answer = f"pipeline {called(run)} was started ({run.status}){remark}"
        ended = replace(
            submission, state="done", answer=answer, pipeline_run_id=run.id,
            repo_hash=submission.repo_hash if payload.test_repository else run.git_commit_hash,
        )  # fmt: skip
        records: list[Record] = [ended, *marks_of(submission, stored)]
        await desk.put(context.id, records)
        if submission.run_id:
            await gather(context, stored, test_run=bool(payload.test_repository))
        if tracked:
            await self._join(mlflow, tracked, stored)
        self._touch(run.id)
        return Done(answer, run.id)

    async def _join(self, mlflow: str, tracked: str, run: PipelineRun) -> None:
        """Let the MLflow run and the run know of each other."""
        await self._context.desk.edit(
            self._context.id, TrackedRun, tracked,
            lambda one: replace(one, project_id=self._context.id, pipeline_run_id=run.id, linked_by="launch"),
        )  # fmt: skip
        if self._tracking is not None:
            await self._tracking.tell(mlflow, run)

    # What it is about

    async def _api(self, payload: Payload) -> PipelineAPI | None:
        if not payload.api:
            return None
        known = next((one for one in self._context.apis if payload.api in (one.id, one.name)), None)
        return known or await self._context.store.get(PipelineAPI, payload.api)

    def _pipeline_id(self, payload: Payload) -> str:
        api = next((one for one in self._context.apis if payload.api and payload.api in (one.id, one.name)), None)
        if api is not None:
            return api.pipeline_id
        pipelines = self._context.pipelines
        named = next((one.id for one in pipelines if payload.pipeline and payload.pipeline in (one.id, one.name)), "")
        return named or (pipelines[0].id if pipelines else "")


def _payload(command: Command) -> Payload:
    """The payload of a command.

    Raises:
        Rejected: it cannot be read, or names no ref.
    """
    try:
        return payload_of(command)
    except ValueError as error:
        raise Rejected(f"this launch cannot be read: {error}") from None


def _has(variables: tuple[Variable, ...], key: str) -> bool:
    return any(one.key == key for one in variables)
