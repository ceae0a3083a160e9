"""Ends MLflow runs that were left behind by their jobs: when somebody asks for it, and only where MLflow agrees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from data.engine import merge
from data.engine.context import TrackingContext
from data.engine.left import OUTCOMES, judge
from data.engine.verdict import HAD_ENDED, Done, Immediate, Rejected
from data.model import Command, JobRun, PipelineRun, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from data.sources.mlflow import TrackingSource


class Ended(NamedTuple):
    """An MLflow run that has ended, and whether we wrote that."""

    run: TrackedRun
    written: bool


def end_run(source: TrackingSource, run_id: str, status: str, end: datetime | None) -> Ended:
    """Write how a run ended, unless MLflow shows that it has ended meanwhile. Blocks; for worker threads."""
    found = source.run(run_id)
    if found.status not in TRACKED_ACTIVE:
        return Ended(found, written=False)
    end = end or datetime.now(UTC)
    source.set_status(run_id, status, end)
    return Ended(replace(found, status=status, end=end), written=True)


class Settle(Immediate):
    """Writes the outcome of its job to an MLflow run that was left behind."""

    def __init__(self, context: TrackingContext) -> None:
        self._context = context

    async def perform(self, command: Command) -> Done:
        """One request writes; none where the job goes on, or MLflow shows the run as ended."""
        run = await self._run(command)
        if run.status not in TRACKED_ACTIVE:
            return Done(f"{HAD_ENDED} ({run.status})", run.id)
        status, end = await self._outcome(command, run)
        ended = await self._context.write(lambda source: end_run(source, run.run_id, status, end))
        await self._took(ended.run)
        answer = f"MLflow shows it as {status} now" if ended.written else f"{HAD_ENDED} ({ended.run.status})"
        return Done(answer, run.id)

    async def check(self, command: Command) -> Done | None:
        """It took effect when MLflow shows the run as ended."""
        run = await self._run(command)
        now = await self._context.server.call(lambda source: source.run(run.run_id))
        if now.status in TRACKED_ACTIVE:
            return None
        await self._took(now)
        return Done(f"MLflow shows it as {now.status} now", run.id)

    async def _run(self, command: Command) -> TrackedRun:
        run = await self._context.store.get(TrackedRun, command.target_id)
        if run is None:
            raise Rejected(f"there is no MLflow run `{command.target_id}` here any more")
        return run

    async def _outcome(self, command: Command, run: TrackedRun) -> tuple[str, datetime | None]:
        """The status to write, and the end: what the user agreed to must still be so."""
        store = self._context.store
        job = await store.get(JobRun, run.job_run_id) if run.job_run_id else None
        pipeline = await store.get(PipelineRun, run.pipeline_run_id) if run.pipeline_run_id else None
        standing = judge(run, job, pipeline, datetime.now(UTC))
        if not standing.ended_as:
            raise Rejected(standing.why)
        status = OUTCOMES[standing.ended_as]
        if command.payload.get("status", status) != status:
            raise Rejected(f"what it belongs to ended as {standing.ended_as} meanwhile; ask again")
        return status, standing.end

    async def _took(self, now: TrackedRun) -> None:
        def ended(stored: TrackedRun) -> TrackedRun:
            return replace(merge.tracked(stored, now), ended_as="")

        await self._context.desk.edit(self._context.id, TrackedRun, now.id, ended)
