"""Commands on runs and jobs that exist: cancel, retry, play."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar

import msgspec

from data.engine import merge
from data.engine.actions_words import CANCELED, UNDER_WAY
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.verdict import HAD_ENDED, NOTHING_TO_RETRY, Done, Immediate, Rejected
from data.model import Command, JobRun, PipelineRun, Record, Variable
from data.model.vocabulary import BLOCKED, FINISHED

SLACK: Final = timedelta(seconds=30)
"""How far our clock and the server's may differ."""
R = TypeVar("R", bound=Record)
Touch = Callable[[str], None]
"""Told of a run that was changed on the server."""


def is_job(target_id: str) -> bool:
    """Whether a target is a `JobRun` (see `git_id`)."""
    return ":job:" in target_id


class Action(Immediate):
    """What cancel, retry and play have in common."""

    def __init__(self, context: ProjectContext, touch: Touch) -> None:
        self._context, self._touch = context, touch

    async def dropped(self, command: Command) -> None:
        """Show what the server has: the screen's picture may have been wrong."""
        if not is_job(command.target_id):
            self._touch(command.target_id)
        elif (job := await self._context.store.get(JobRun, command.target_id)) is not None:
            self._touch(job.pipeline_run_id)

    async def _run(self, command: Command) -> PipelineRun:
        return await self._get(PipelineRun, command.target_id)

    async def _job(self, command: Command) -> JobRun:
        return await self._get(JobRun, command.target_id)

    async def _get(self, kind: type[R], id: str) -> R:
        found = await self._context.store.get(kind, id)
        if found is None:
            raise Rejected(f"there is no run or job `{id}` here any more")
        return found

    async def _took_run(self, run: PipelineRun) -> None:
        await self._context.desk.merge(self._context.id, PipelineRun, [run], merge.detail)
        self._touch(run.id)

    async def _run_now(self, run: PipelineRun) -> PipelineRun:
        now = await self._context.server.call(
            lambda source: source.run(run.git_project_id, run.git_pipeline_id), rank=Rank.PERSON
        )
        await self._took_run(now)
        return now

    async def _jobs_now(self, job: JobRun) -> list[JobRun]:
        run = await self._get(PipelineRun, job.pipeline_run_id)
        self._touch(run.id)
        return await self._context.server.call(lambda source: source.jobs(run), rank=Rank.PERSON)


class Cancel(Action):
    """Cancels a run or a job."""

    async def perform(self, command: Command) -> Done:
        """One request; a finished target stays as it is."""
        if is_job(command.target_id):
            job = await self._job(command)
            after = await self._context.write(lambda one: one.cancel_job(job.git_project_id, job.git_job_id))
            self._touch(job.pipeline_run_id)
            return Done(_canceled(after.status), job.id)
        run = await self._run(command)
        stopped = await self._context.write(lambda one: one.cancel_run(run.git_project_id, run.git_pipeline_id))
        await self._took_run(stopped)
        return Done(_canceled(stopped.status), run.id)

    async def check(self, command: Command) -> Done | None:
        """It took effect when the target is over or about to be."""
        if is_job(command.target_id):
            job = await self._job(command)
            status = next((one.status for one in await self._jobs_now(job) if one.id == job.id), "")
        else:
            status = (await self._run_now(await self._run(command))).status
        return Done(_canceled(status), command.target_id) if status in FINISHED | {"canceling"} else None


class Retry(Action):
    """Runs the failed jobs of a run again, or one job."""

    async def perform(self, command: Command) -> Done:
        """One request; a retried job is a new one."""
        if is_job(command.target_id):
            job = await self._job(command)
            made = await self._context.write(lambda one: one.retry_job(job.git_project_id, job.git_job_id))
            self._touch(job.pipeline_run_id)
            return Done(f"job {made.git_job_id} was started ({made.status})", made.id)
        run = await self._run(command)
        after = await self._context.write(lambda one: one.retry_run(run.git_project_id, run.git_pipeline_id))
        await self._took_run(after)
        return Done(_retried(after.status), run.id)

    async def check(self, command: Command) -> Done | None:
        """It took effect when there is a newer attempt, or when the run is under way again."""
        if is_job(command.target_id):
            job = await self._job(command)
            newer = [one for one in await self._jobs_now(job) if one.retry_of == job.id]
            return Done(f"job {newer[0].git_job_id} was started ({newer[0].status})", newer[0].id) if newer else None
        now = await self._run_now(await self._run(command))
        changed = now.updated is not None and command.sent is not None and now.updated >= command.sent - SLACK
        return Done(_retried(now.status), now.id) if now.status not in FINISHED or changed else None


class Play(Action):
    """Starts a job that waits for a person."""

    async def perform(self, command: Command) -> Done:
        """One request."""
        job = await self._job(command)
        variables = variables_of(command)
        made = await self._context.write(lambda one: one.play_job(job.git_project_id, job.git_job_id, variables))
        self._touch(job.pipeline_run_id)
        return Done(f"job {made.git_job_id} was started ({made.status})", made.id)

    async def check(self, command: Command) -> Done | None:
        """It took effect when the job does not wait any more."""
        job = await self._job(command)
        status = next((one.status for one in await self._jobs_now(job) if one.id == job.id), "")
        return Done(f"job {job.git_job_id} was started ({status})", job.id) if status not in BLOCKED else None


def variables_of(command: Command) -> list[Variable]:
    """The variables in a command's payload.

    Raises:
        Rejected: they are none.
    """
    try:
        return msgspec.convert(command.payload.get("variables", []), list[Variable])
    except msgspec.ValidationError as error:
        raise Rejected(f"the variables of this command cannot be read: {error}") from None


def _canceled(status: str) -> str:
    if status in ("canceled", "canceling"):
        return CANCELED if status == "canceled" else UNDER_WAY
    return f"{HAD_ENDED} ({status})" if status in FINISHED else f"cancel accepted; it is still {status}"


def _retried(status: str) -> str:
    return f"{NOTHING_TO_RETRY} ({status})" if status in FINISHED else f"started again ({status})"
