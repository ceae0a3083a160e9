"""Applies the rules of `data.engine.link` to a project's runs, whichever side appears first.

An MLflow run may be hundreds of kilobytes. They are read a few at a time, and of those that still have no certain run
only what places them is kept.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from data.engine import link
from data.engine.context import ProjectContext
from data.engine.summaries import Summaries
from data.model import Experiment, JobRun, PipelineRun, TrackedRun, git_id
from data.store.port import Sort

log = logging.getLogger(__name__)

MAX_WAITING: Final = 20_000
"""MLflow runs without a certain run that are remembered, the newest; older ones are linked when they change."""
MAX_SAME: Final = 50
"""Runs of one RUN_ID or commit that are considered."""
NEWEST: Final = Sort("created", descending=True)
STARTED: Final = Sort("start", descending=True)


class Seen(NamedTuple):
    """An MLflow run as linking knows it."""

    run: TrackedRun
    """See `data.engine.link.slim`."""
    keys: link.Keys


class Linker:
    """Joins the MLflow runs and the runs of one project. Its engine holds the project's lease."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._tracking = context.settings.mlflow
        self.summaries = Summaries(context)
        self._open: dict[str, Seen] = {}
        self._waiting: dict[str, set[str]] = {}
        self._launched: dict[str, str] = {}
        self._placed: dict[str, tuple[object, ...]] = {}

    async def load(self) -> None:
        """Look at all MLflow runs that have no run yet, and write what runs say of theirs."""
        if not self._tracking:
            return
        where = {"connection": self._tracking, "pipeline_run_id": ""}
        async for run in self._context.desk.each(TrackedRun, where, limit=MAX_WAITING, sort=STARTED):
            await self._consider([self._seen(run)])
        await self.summaries.catch_up()
        await self.summaries.write(every=True)

    async def seen(self, ids: Collection[str]) -> AsyncIterator[Seen]:
        """MLflow runs of our connection that came or changed."""
        if self._tracking:
            prefix = f"{self._tracking}:"
            async for run in self._context.desk.each_of(TrackedRun, (id for id in ids if id.startswith(prefix))):
                yield self._seen(run)

    async def tracked_changed(self, runs: Iterable[Seen]) -> None:
        """MLflow runs came or changed."""
        await self._consider(runs)

    async def runs_changed(self, runs: Collection[str], jobs: Collection[str]) -> None:
        """Runs or jobs came or changed: MLflow runs that wait for them are looked at again."""
        if not self._tracking:
            return
        prefix = f"{self._context.id}:"
        tokens = {f"job:{id.rpartition(':')[2]}" for id in jobs if id.startswith(prefix)}
        ours = (id for id in runs if id.startswith(prefix))
        async for run in self._context.desk.each_of(PipelineRun, ours):
            if self._is_elsewhere(run):
                tokens |= self._tokens(run)
        again = {id for token in tokens for id in self._waiting.get(token, ())}
        await self._consider([self._open[id] for id in sorted(again)])

    async def experiments_changed(self, ids: Collection[str]) -> None:
        """Experiments came or changed: runs that know one by another name learn the new one."""
        found = await self._context.store.get_many(Experiment, sorted(ids))
        await self.summaries.renamed(found.values())

    def _seen(self, run: TrackedRun) -> Seen:
        return Seen(link.slim(run), link.keys(run, self._context.settings.link_tags))

    def _is_elsewhere(self, run: PipelineRun) -> bool:
        """Whether what MLflow runs are joined by has changed since: what a run says of them does not matter."""
        launched = run.mlflow_run_ids if run.link is not None and run.link.by == "launch" else ()
        place = (run.run_info_id, run.git_commit_hash, run.created, run.start, run.completion, launched)
        if self._placed.get(run.id) == place:
            return False
        if len(self._placed) >= MAX_WAITING:
            self._placed.clear()
        self._placed[run.id] = place
        return True

    def _tokens(self, run: PipelineRun) -> set[str]:
        """Words that MLflow runs wait for which may belong to a run."""
        tokens = {f"pipeline:{run.git_pipeline_id}", f"run:{run.run_info_id}", f"commit:{run.git_commit_hash}"}
        if run.link is None or run.link.by != "launch":
            return tokens
        self._launched |= dict.fromkeys(run.mlflow_run_ids, run.id)
        return tokens | {f"launch:{id.rpartition(':')[2]}" for id in run.mlflow_run_ids}

    async def _consider(self, runs: Iterable[Seen]) -> None:
        """Link what can be linked; what is nested in an MLflow run that was moved is looked at again."""
        prefix = f"{self._context.id}:"
        left = deque(runs)
        while left:
            seen = left.popleft()
            before, after = seen.run.pipeline_run_id, await self._link(seen)
            self.summaries.changed(id for id in (before, after) if id.startswith(prefix))
            if after != before:
                nested = self._waiting.get(f"parent:{seen.run.run_id}", ())
                left.extend(self._open[id] for id in sorted(nested))

    async def _link(self, seen: Seen) -> str:
        """Link an MLflow run; gives the id of the run that it belongs to now."""
        run, keys = seen
        elsewhere = bool(run.pipeline_run_id) and not run.pipeline_run_id.startswith(f"{self._context.id}:")
        if link.is_settled(run, keys) or (elsewhere and run.linked_by != "commit"):
            self._forget(run.id)
            return run.pipeline_run_id
        found = link.match(run, keys, await self._candidates(run, keys), datetime.now(UTC))
        linked = link.apply(run, found, self._context.id)
        if linked != run and (found is not None or run.experiment_id in self._context.experiments):
            edited = await self._context.desk.edit(
                self._context.id, TrackedRun, run.id, lambda now: link.apply(now, found, self._context.id)
            )
            run = link.slim(edited or run)
            if found is not None:
                log.info("MLflow run %s belongs to run %s (by %s)", run.run_id, found.pipeline_run_id, found.by)
        if link.is_settled(run, keys):
            self._forget(run.id)
        else:
            self._remember(Seen(run, keys))
        return run.pipeline_run_id

    async def _candidates(self, run: TrackedRun, keys: link.Keys) -> link.Candidates:
        context, store = self._context, self._context.store
        launched = self._launched.get(run.id, "") or (run.pipeline_run_id if run.linked_by == "launch" else "")
        jobs = [job for job in (keys.job, *keys.tagged_jobs) if job]
        connection = context.project.connection
        job_ids = {git_id(connection, context.git, "job", job): job for job in jobs}
        run_ids = {git_id(connection, context.git, pipeline): pipeline for pipeline in keys.pipelines}
        found_jobs = await store.get_many(JobRun, list(job_ids)) if job_ids else {}
        found_runs = await store.get_many(PipelineRun, list(run_ids)) if run_ids else {}
        return link.Candidates(
            launched=await store.get(PipelineRun, launched) if launched else None,
            jobs={job_ids[id]: job for id, job in found_jobs.items()},
            pipelines={run_ids[id]: one for id, one in found_runs.items()},
            of_run_info=await self._same("run_info_id", keys.run_infos),
            of_commit=await self._same("git_commit_hash", (keys.commit,) if keys.commit else ()),
            parent=await self._parent(run),
        )

    async def _parent(self, run: TrackedRun) -> TrackedRun | None:
        if not run.parent_run_id:
            return None
        id = git_id(self._tracking, run.parent_run_id)
        return self._open[id].run if id in self._open else await self._context.store.get(TrackedRun, id)

    async def _same(self, field: str, values: tuple[str, ...]) -> list[PipelineRun]:
        if not values:
            return []
        where = {"project_id": self._context.id, field: list(values)}
        return await self._context.desk.all(PipelineRun, where, limit=MAX_SAME, sort=NEWEST)

    def _remember(self, seen: Seen) -> None:
        self._forget(seen.run.id)
        if len(self._open) < MAX_WAITING:
            self._open[seen.run.id] = seen
            for token in seen.keys.tokens(seen.run):
                self._waiting.setdefault(token, set()).add(seen.run.id)

    def _forget(self, tracked_id: str) -> None:
        seen = self._open.pop(tracked_id, None)
        if seen is None:
            return
        for token in seen.keys.tokens(seen.run):
            waiting = self._waiting[token]
            waiting.discard(tracked_id)
            if not waiting:
                del self._waiting[token]
