"""Applies the rules of `data.engine.link` to a project's runs, whichever side appears first."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from data.engine import link
from data.engine.context import ProjectContext
from data.model import JobRun, PipelineRun, TrackedRun, git_id
from data.store.port import Sort

log = logging.getLogger(__name__)

MAX_WAITING: Final = 20_000
"""MLflow runs without a certain run that are remembered, the newest; older ones are linked when they change."""
MAX_LINKED: Final = 500
"""MLflow runs that make up the metrics of one run."""
MAX_SAME: Final = 50
"""Runs of one RUN_ID or commit that are considered."""
NEWEST: Final = Sort("created", descending=True)
STARTED: Final = Sort("start", descending=True)


class Linker:
    """Joins the MLflow runs and the runs of one project. Its engine holds the project's lease."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._tracking = context.settings.mlflow
        self._waiting: dict[str, set[str]] = {}
        self._tokens: dict[str, set[str]] = {}
        self._launched: dict[str, str] = {}

    async def load(self) -> None:
        """Look at all MLflow runs that have no run yet."""
        if not self._tracking:
            return
        where = {"connection": self._tracking, "pipeline_run_id": ""}
        found = await self._context.desk.all(TrackedRun, where, limit=MAX_WAITING, sort=STARTED)
        await self._consider(found)

    async def tracked_changed(self, ids: Collection[str]) -> None:
        """MLflow runs came or changed."""
        if self._tracking and ids:
            prefix = f"{self._tracking}:"
            ours = [id for id in ids if id.startswith(prefix)]
            await self._consider((await self._context.store.get_many(TrackedRun, ours)).values())

    async def runs_changed(self, runs: Collection[str], jobs: Collection[str]) -> None:
        """Runs or jobs came or changed: MLflow runs that wait for them are looked at again."""
        if not self._tracking:
            return
        prefix = f"{self._context.id}:"
        tokens = {f"job:{id.rpartition(':')[2]}" for id in jobs if id.startswith(prefix)}
        ours = [id for id in runs if id.startswith(prefix)]
        tokens |= {f"pipeline:{id.rpartition(':')[2]}" for id in ours}
        for run in (await self._context.store.get_many(PipelineRun, ours)).values():
            tokens |= {f"run:{run.run_info_id}", f"commit:{run.git_commit_hash}"}
            if run.link is not None and run.link.by == "launch":
                self._launched |= dict.fromkeys(run.mlflow_run_ids, run.id)
                tokens |= {f"launch:{id.rpartition(':')[2]}" for id in run.mlflow_run_ids}
        again = {id for token in tokens for id in self._waiting.get(token, ())}
        if again:
            await self._consider((await self._context.store.get_many(TrackedRun, sorted(again))).values())

    async def _consider(self, runs: Iterable[TrackedRun]) -> None:
        affected: set[str] = set()
        parents: set[str] = set()
        for run in runs:
            linked = await self._link(run)
            before = run.pipeline_run_id
            affected |= {id for id in (before, linked.pipeline_run_id) if id.startswith(f"{self._context.id}:")}
            if linked.pipeline_run_id != before:
                parents.add(f"parent:{run.run_id}")
        for run_id in sorted(affected):
            await self._summarise(run_id)
        children = {id for token in parents for id in self._waiting.get(token, ())}
        if children:
            await self._consider((await self._context.store.get_many(TrackedRun, sorted(children))).values())

    async def _link(self, run: TrackedRun) -> TrackedRun:
        keys = link.keys(run, self._context.settings.link_tags)
        elsewhere = bool(run.pipeline_run_id) and not run.pipeline_run_id.startswith(f"{self._context.id}:")
        if link.is_settled(run, keys) or (elsewhere and run.linked_by != "commit"):
            self._forget(run.id)
            return run
        found = link.match(run, keys, await self._candidates(run, keys), datetime.now(UTC))
        if link.is_settled(link.apply(run, found, self._context.id), keys):
            self._forget(run.id)
        else:
            self._remember(run, keys)
        if found is None and not self._in_our_experiment(run):
            return run
        if link.apply(run, found, self._context.id) == run:
            return run
        if found is not None:
            log.info("MLflow run %s belongs to run %s (by %s)", run.run_id, found.pipeline_run_id, found.by)
        edited = await self._context.desk.edit(
            self._context.id, TrackedRun, run.id, lambda now: link.apply(now, found, self._context.id)
        )
        return edited or run

    async def _candidates(self, run: TrackedRun, keys: link.Keys) -> link.Candidates:
        context, store = self._context, self._context.store
        launched = self._launched.get(run.id, "") or (run.pipeline_run_id if run.linked_by == "launch" else "")
        jobs = [job for job in (keys.job, *keys.tagged_jobs) if job]
        connection = context.project.connection
        job_ids = {git_id(connection, context.git, "job", job): job for job in jobs}
        run_ids = {git_id(connection, context.git, pipeline): pipeline for pipeline in keys.pipelines}
        parent = git_id(self._tracking, run.parent_run_id) if run.parent_run_id else ""
        found_jobs = await store.get_many(JobRun, list(job_ids)) if job_ids else {}
        found_runs = await store.get_many(PipelineRun, list(run_ids)) if run_ids else {}
        return link.Candidates(
            launched=await store.get(PipelineRun, launched) if launched else None,
            jobs={job_ids[id]: job for id, job in found_jobs.items()},
            pipelines={run_ids[id]: one for id, one in found_runs.items()},
            of_run_info=await self._same("run_info_id", keys.run_infos),
            of_commit=await self._same("git_commit_hash", (keys.commit,) if keys.commit else ()),
            parent=await store.get(TrackedRun, parent) if parent else None,
        )

    async def _same(self, field: str, values: tuple[str, ...]) -> list[PipelineRun]:
        if not values:
            return []
        where = {"project_id": self._context.id, field: list(values)}
        return await self._context.desk.all(PipelineRun, where, limit=MAX_SAME, sort=NEWEST)

    async def _summarise(self, run_id: str) -> None:
        linked = await self._context.desk.all(TrackedRun, {"pipeline_run_id": run_id}, limit=MAX_LINKED, sort=STARTED)
        await self._context.desk.edit(self._context.id, PipelineRun, run_id, lambda now: link.summarise(now, linked))
        for job_id in sorted({one.job_run_id for one in linked if one.job_run_id}):
            of_job = [one for one in linked if one.job_run_id == job_id]
            await self._context.desk.edit(self._context.id, JobRun, job_id, lambda now: _used(now, of_job))  # noqa: B023

    def _in_our_experiment(self, run: TrackedRun) -> bool:
        project = self._context.project
        return bool(run.experiment_id) and run.experiment_id in {
            project.mlflow_experiment_id, project.test_mlflow_experiment_id
        }  # fmt: skip

    def _remember(self, run: TrackedRun, keys: link.Keys) -> None:
        self._forget(run.id)
        if len(self._tokens) < MAX_WAITING:
            self._tokens[run.id] = keys.tokens(run)
            for token in self._tokens[run.id]:
                self._waiting.setdefault(token, set()).add(run.id)

    def _forget(self, tracked_id: str) -> None:
        for token in self._tokens.pop(tracked_id, ()):
            waiting = self._waiting[token]
            waiting.discard(tracked_id)
            if not waiting:
                del self._waiting[token]


def _used(job: JobRun, linked: list[TrackedRun]) -> JobRun:
    return replace(
        job,
        memory_usage=link.greatest(linked, link.MEMORY_METRIC, job.memory_usage),
        cpu_usage=link.greatest(linked, link.CPU_METRIC, job.cpu_usage),
    )
