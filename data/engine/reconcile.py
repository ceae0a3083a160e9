"""Marks the MLflow runs of a project that were left behind (`data.engine.left`), and takes the mark away again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from data.engine.context import ProjectContext
from data.engine.left import Standing, judge
from data.engine.link import slim
from data.engine.tracking_runs import batches
from data.model import JobRun, PipelineRun, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from data.store.port import Sort, Where

MAX_OPEN: Final = 20_000
"""Active MLflow runs of a project that are looked at when an engine begins, the newest."""
BATCH: Final = 500
"""Ids that are looked for at a time, and MLflow runs that are judged at a time, without what they logged."""
STARTED: Final = Sort("start", descending=True)
ACTIVE: Final = tuple(sorted(TRACKED_ACTIVE))


class Reconciler:
    """Keeps `TrackedRun.ended_as` of one project. Its engine holds the project's lease."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._later: dict[str, datetime] = {}
        self._ends: dict[str, tuple[str, datetime | None]] = {}

    async def load(self) -> None:
        """Look at everything that is active."""
        await self._look_at({"project_id": self._context.id, "status": ACTIVE})

    async def tracked_changed(self, runs: Sequence[TrackedRun]) -> None:
        """MLflow runs came or changed; what they logged may be left out."""
        for some in batches(runs, BATCH):
            await self._consider(some)

    async def runs_changed(self, runs: Collection[str], jobs: Collection[str]) -> None:
        """Runs or jobs ended, or are under way again."""
        ended = await self._ended(PipelineRun, runs), await self._ended(JobRun, jobs)
        for field, ids in zip(("pipeline_run_id", "job_run_id"), ended, strict=True):
            for some in batches(ids, BATCH):
                await self._look_at({field: some, "status": ACTIVE})

    async def due(self) -> None:
        """Look again at those for which the time has come."""
        now = datetime.now(UTC)
        ids = [id for id, at in self._later.items() if at <= now]
        found = [slim(run) async for run in self._context.desk.each_of(TrackedRun, ids)]
        for id in set(ids) - {run.id for run in found}:
            self._later.pop(id, None)
        await self.tracked_changed(found)

    async def _look_at(self, where: Where) -> None:
        if self._context.settings.mlflow:
            runs = self._context.desk.each(TrackedRun, where, limit=MAX_OPEN, sort=STARTED)
            await self.tracked_changed([slim(run) async for run in runs])

    async def _ended(self, kind: type[PipelineRun] | type[JobRun], ids: Collection[str]) -> list[str]:
        """Those of our runs (jobs) whose end is another one than was seen before; other changes do not matter."""
        prefix, found = f"{self._context.id}:", []
        async for one in self._context.desk.each_of(kind, (id for id in ids if id.startswith(prefix))):
            if self._ends.get(one.id) != (one.status, one.completion):
                found.append(one.id)
                if len(self._ends) >= MAX_OPEN:
                    self._ends.clear()
                self._ends[one.id] = one.status, one.completion
        return found

    async def _consider(self, runs: Sequence[TrackedRun]) -> None:
        for run in runs:
            self._later.pop(run.id, None)
        prefix = f"{self._context.id}:"
        ours = [run for run in runs if run.pipeline_run_id.startswith(prefix)]
        store, now = self._context.store, datetime.now(UTC)
        active = [run for run in ours if run.status in TRACKED_ACTIVE]
        jobs = await store.get_many(JobRun, sorted({run.job_run_id for run in active if run.job_run_id}))
        pipelines = await store.get_many(PipelineRun, sorted({run.pipeline_run_id for run in active}))
        for run in ours:
            standing = judge(run, jobs.get(run.job_run_id), pipelines.get(run.pipeline_run_id), now)
            if standing.again is not None:
                self._later[run.id] = standing.again
            if standing.ended_as != run.ended_as:
                await self._mark(run, standing)

    async def _mark(self, run: TrackedRun, standing: Standing) -> None:
        def marked(now: TrackedRun) -> TrackedRun:
            return replace(now, ended_as=standing.ended_as if now.status in TRACKED_ACTIVE else "")

        await self._context.desk.edit(self._context.id, TrackedRun, run.id, marked)
