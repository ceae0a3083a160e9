"""Commands that tidy up: erase a job, keep its artifacts, delete or rename a run; and a schedule that is run now."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from data.clean import clean
from data.engine import merge
from data.engine.actions import SLACK, Action
from data.engine.actions_words import WAS_GONE
from data.engine.budget import Rank
from data.engine.verdict import Done, Rejected, Undecided
from data.errors import NotFound, SourceError
from data.model import Artifact, Command, JobRun, PipelineRun, Schedule

MAX_ARTIFACTS: Final = 10_000
"""Records of what one job left behind."""
SEARCH: Final = timedelta(minutes=15)
"""How far back the runs of a schedule are read before it is run: our clock and the server's may differ a lot."""
ERASED: Final = "erased"
"""Status of an artifact that was erased on the server."""


class Erase(Action):
    """Erases the log and the artifacts of a job on the server. What is held of its log here stays."""

    async def perform(self, command: Command) -> Done:
        """One request; a job that has nothing to erase is refused by the server."""
        job = await self._job(command)
        after = await self._context.write(lambda one: one.erase_job(job.git_project_id, job.git_job_id))
        return await self._erased(job, after.erased or datetime.now(UTC))

    async def check(self, command: Command) -> Done | None:
        """It took effect when the server says since when."""
        job = await self._job(command)
        erased = next((one.erased for one in await self._jobs_now(job) if one.id == job.id), None)
        return await self._erased(job, erased) if erased is not None else None

    async def _erased(self, job: JobRun, since: datetime) -> Done:
        desk, lease = self._context.desk, self._context.id
        left = await desk.all(Artifact, {"job_run_id": job.id}, limit=MAX_ARTIFACTS)
        await desk.edit_many(
            lease, Artifact, {one.id: lambda now: replace(now, is_active=False, status=ERASED) for one in left}
        )
        now = await desk.edit(lease, JobRun, job.id, lambda now: _without_log(now, since))
        self._touch(job.pipeline_run_id)
        held = now.log.size if now is not None else 0
        copy = f"{held:,} bytes of its log are held here and stay" if held else "nothing of its log is held here"
        return Done(f"erased on the server; {copy}", job.id)


class Keep(Action):
    """Keeps the artifacts of a job: they expire no more."""

    async def perform(self, command: Command) -> Done:
        """One request."""
        job = await self._job(command)
        await self._context.write(lambda one: one.keep_artifacts(job.git_project_id, job.git_job_id))
        return await self._kept(job)

    async def check(self, command: Command) -> Done | None:
        """It took effect when the artifacts have no end any more."""
        job = await self._job(command)
        found = await self._context.server.call(
            lambda source: source.artifacts(job.git_project_id, job.git_job_id), rank=Rank.PERSON
        )
        return await self._kept(job) if found and all(one.expires is None for one in found) else None

    async def _kept(self, job: JobRun) -> Done:
        desk = self._context.desk
        known = await desk.all(Artifact, {"job_run_id": job.id}, limit=MAX_ARTIFACTS)
        await desk.edit_many(
            self._context.id, Artifact, {one.id: lambda now: replace(now, expires=None) for one in known}
        )
        return Done("its artifacts are kept: they expire no more", job.id)


class Delete(Action):
    """Deletes a run on the server, with its jobs, logs and artifacts. What is held of it here stays."""

    async def perform(self, command: Command) -> Done:
        """One request; a run that is gone is no failure."""
        run = await self._run(command)
        answer = "deleted on the server; the copy here stays"
        try:
            await self._context.write(lambda one: one.delete_run(run.git_project_id, run.git_pipeline_id))
        except NotFound:
            answer = f"{WAS_GONE}; the copy here stays"
        return await self._gone(run, answer)

    async def check(self, command: Command) -> Done | None:
        """It took effect when the server does not know the run any more."""
        run = await self._run(command)
        try:
            await self._run_now(run)
        except NotFound:
            return await self._gone(run, "deleted on the server; the copy here stays")
        return None

    async def _gone(self, run: PipelineRun, answer: str) -> Done:
        await self._context.desk.edit(self._context.id, PipelineRun, run.id, lambda now: replace(now, gone=True))
        self._touch(run.id)
        return Done(answer, run.id)


class Rename(Action):
    """Gives a run another name."""

    async def perform(self, command: Command) -> Done:
        """One request."""
        run, name = await self._run(command), _name_in(command)
        after = await self._context.write(lambda one: one.rename_run(run.git_project_id, run.git_pipeline_id, name))
        await self._took_run(after)
        return Done(f"it is called {after.name or name} now", run.id)

    async def check(self, command: Command) -> Done | None:
        """It took effect when the run has the name."""
        name = _name_in(command)
        now = await self._run_now(await self._run(command))
        return Done(f"it is called {name} now", now.id) if now.name == name else None


class RunSchedule(Action):
    """Runs a schedule now, and finds the run that comes of it: GitLab makes that after its answer (api docs)."""

    async def perform(self, command: Command) -> Done:
        """One request that changes something; before and after it the schedule's runs are read.

        What goes wrong with the reading afterwards must not have the schedule run once more.
        """
        schedule = await self._schedule(command)
        since = datetime.now(UTC) - SEARCH
        before = {run.id for run in await self._runs(schedule, since)}
        await self._context.write(lambda one: one.play_schedule(schedule.git_project_id, schedule.git_schedule_id))
        timing = self._context.timing
        deadline = time.monotonic() + timing.settle
        while True:
            fault: SourceError | None = None
            try:
                fresh = [run for run in await self._runs(schedule, since) if run.id not in before]
            except SourceError as error:
                fresh, fault = [], error
            if fresh:
                return await self._made(schedule, fresh[0])
            if time.monotonic() >= deadline:
                if fault is not None:
                    raise Undecided(f"GitLab took the request; what came of it cannot be read: {fault.message}")
                raise Rejected(
                    f"GitLab took the request, but made no pipeline within {timing.settle:g} s: its rules may leave no "
                    f"job on {schedule.ref}, or that may be protected; it does not tell"
                )
            await asyncio.sleep(timing.search)

    async def check(self, command: Command) -> Done | None:
        """It took effect when the schedule has a run that was made since.

        Raises:
            Undecided: several were, or none while GitLab may still be late with it.
        """
        schedule = await self._schedule(command)
        sent = command.sent or command.created
        fresh = await self._runs(schedule, sent - SLACK)
        if len(fresh) == 1:
            return await self._made(schedule, fresh[0])
        where = f"look at the pipelines of the schedule {schedule.description} on GitLab"
        if fresh:
            raise Undecided(f"{len(fresh)} pipelines came of it meanwhile; {where}")
        if datetime.now(UTC) >= sent + timedelta(seconds=self._context.timing.settle):
            raise Undecided(f"no pipeline came of it so far, which may still be late; {where}")
        return None

    async def dropped(self, command: Command) -> None:
        """Nothing was prepared."""

    async def _schedule(self, command: Command) -> Schedule:
        found = await self._context.store.get(Schedule, command.target_id)
        if found is None:
            raise Rejected(f"there is no schedule `{command.target_id}` here any more")
        return found

    async def _runs(self, schedule: Schedule, since: datetime) -> list[PipelineRun]:
        """Those that it made since, the oldest first."""
        git, number = schedule.git_project_id, schedule.git_schedule_id
        found = await self._context.server.call(
            lambda source: source.schedule_runs(git, number, created_after=since), rank=Rank.PERSON
        )
        return found[::-1]

    async def _made(self, schedule: Schedule, run: PipelineRun) -> Done:
        desk, lease = self._context.desk, self._context.id
        await desk.merge(lease, PipelineRun, [self._context.own(run)], merge.glance)
        await desk.edit(
            lease, Schedule, schedule.id, lambda now: replace(now, last_run_id=run.id, last_status=run.status)
        )
        self._touch(run.id)
        return Done(f"pipeline {run.git_pipeline_id} was started ({run.status})", run.id)


def _without_log(job: JobRun, since: datetime) -> JobRun:
    return replace(job, erased=since, artifacts_size=0, log=replace(job.log, erased=True))


def _name_in(command: Command) -> str:
    name = clean(str(command.payload.get("name", ""))).strip()
    if not name:
        raise Rejected("a run needs a name")
    return name
