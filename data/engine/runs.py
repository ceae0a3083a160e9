"""Reads one run with its jobs and child pipelines, and what is asked for once: its variables and its commit's title."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from data.engine import merge
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.desk import Along
from data.engine.gathering import gather
from data.engine.jobfacts import deployed_to, with_environment
from data.engine.link import MLFLOW_RUN_ID, RUN_ID
from data.engine.needs import Needs
from data.engine.testing import as_case, inherited, is_adopted
from data.errors import Forbidden, NotFound, SourceError
from data.launch.naming import TESTED_API
from data.model import JobRun, Link, PipelineRun, git_id
from data.model.vocabulary import FINISHED, TEST
from data.sources.gitlab import composite, summarise

log = logging.getLogger(__name__)

MAX_DEPTH: Final = 10
"""How many generations of child pipelines are followed; GitLab allows two, and more across projects."""
MAINTAINER: Final = 40
"""Access level from which the variables of other people's runs may be read (GitLab docs, api/pipelines)."""
MAX_ID: Final = 200
"""Longest RUN_ID or MLFLOW_RUN_ID that is believed."""
ASKED: Final = 100_000
"""Runs that are remembered as asked for what no list tells."""
TITLES: Final = 2000
"""Commit titles that are remembered, so that runs of one commit ask once."""


class RunReader:
    """Reads runs of one project and the runs that they start. `found` is told of every run that was read."""

    def __init__(self, context: ProjectContext, found: Callable[[PipelineRun], None]) -> None:
        self._context, self._found = context, found
        self.needs = Needs(context)
        self._invisible: set[str] = set()
        self._titles: dict[str, str] = {}
        self._asked: set[str] = set()
        self._others_forbidden = False

    async def refresh(self, run_id: str, rank: Rank) -> PipelineRun | None:
        """Read a stored run again: its detail where it may have changed, its jobs, its children that are new."""
        run = await self._context.store.get(PipelineRun, run_id)
        if run is None or run.gone:
            return None
        return await self._read(run, rank, detail=not run.jobs_synced or bool(run.parent_run_id), above=(run.id,))

    async def discover(self, run_id: str, parent: PipelineRun, rank: Rank, above: tuple[str, ...]) -> None:
        """Read a run that a trigger job started. One that this login may not see is passed over."""
        if run_id in self._invisible:
            return
        project, pipeline = (int(part) for part in run_id.rsplit(":", 2)[1:])
        stored = await self._context.store.get(PipelineRun, run_id)
        try:
            fresh = await self._context.server.call(lambda source: source.run(project, pipeline), rank=rank)
        except (NotFound, Forbidden):
            self._invisible.add(run_id)
            return
        child = as_case(replace(merge.detail(stored, self._context.own(fresh)), parent_run_id=parent.id), parent)
        if self._foreign(child):
            # Its own project's engine reads it; only the parent is not to be learned there.
            await self._context.desk.merge(self._context.id, PipelineRun, [child], _with_parent)
            return
        await self._read(child, rank, detail=False, above=(*above, child.id))

    async def enrich(self, run: PipelineRun, rank: Rank) -> None:
        """Ask once for what a list does not tell: the commit's title, and the variables where we may read them."""
        if run.id in self._asked:
            return
        if len(self._asked) >= ASKED:
            self._asked.clear()
        self._asked.add(run.id)
        title = run.commit_title or await self._title(run, rank)
        variables = None if run.variables_known else await self._variables(run, rank)
        edited = await self._context.desk.edit(
            self._context.id, PipelineRun, run.id, lambda now: self._enriched(now, title, variables)
        )
        if edited is not None and edited.run_info_id and not run.run_info_id:
            await gather(self._context, edited)

    async def _read(self, run: PipelineRun, rank: Rank, *, detail: bool, above: tuple[str, ...]) -> PipelineRun | None:
        server = self._context.server
        if detail:
            fresh = await self._detail(run, rank)
            if fresh is None:
                return None
            run = merge.detail(run, self._context.own(fresh))
        try:
            jobs = await server.call(lambda source: source.jobs(run), rank=rank)
        except NotFound:
            if await self._detail(run, rank) is None:
                return None
            raise
        newest = [job for job in jobs if not job.retried]
        if not detail and newest and run.status not in FINISHED and composite(newest) in FINISHED:
            # All jobs ended since the list was read: the run has too, or is about to.
            fresh = await self._detail(run, rank)
            run = merge.detail(run, self._context.own(fresh)) if fresh is not None else run
        stored = await self._store(run, jobs)
        self._found(stored)
        for job in jobs:
            if job.downstream and job.downstream not in above and len(above) < MAX_DEPTH:
                await self._descend(job, stored, rank, above)
        return stored

    async def _detail(self, run: PipelineRun, rank: Rank) -> PipelineRun | None:
        try:
            return await self._context.server.call(
                lambda source: source.run(run.git_project_id, run.git_pipeline_id), rank=rank
            )
        except NotFound:
            log.info("run %s is no longer on the server; kept here", run.id)
            gone = await self._context.desk.edit(
                self._context.id, PipelineRun, run.id, lambda now: replace(now, gone=True)
            )
            if gone is not None:
                self._found(gone)
            return None

    async def _descend(self, job: JobRun, parent: PipelineRun, rank: Rank, above: tuple[str, ...]) -> None:
        child = await self._context.store.get(PipelineRun, job.downstream)
        if child is None or not child.parent_run_id:
            await self.discover(job.downstream, parent, rank, above)
        elif self._foreign(child) or child.gone:
            return
        elif not child.jobs_synced or (child.status in FINISHED and job.status not in FINISHED):
            # A child is in no list: that a job of it was retried shows in the job that triggered it.
            await self.discover(job.downstream, parent, rank, above)
        else:
            self._found(child)

    async def _store(self, run: PipelineRun, jobs: Sequence[JobRun]) -> PipelineRun:
        stored = run

        def change(now: PipelineRun | None) -> PipelineRun:
            nonlocal stored
            merged = merge.detail(now, run)
            stored = summarise(inherited(merged, run), jobs)
            stored = replace(stored, environment=deployed_to(self._context, own) or stored.environment)
            return stored

        own = [self.needs.filled(with_environment(self._context, self._context.own_job(job))) for job in jobs]
        if is_adopted(run):
            own = [replace(job, project_id=run.project_id) for job in own]
        along = Along(PipelineRun, run.id, change)
        await self._context.desk.merge(self._context.id, JobRun, own, merge.job, along=along)
        return stored

    def _foreign(self, run: PipelineRun) -> bool:
        return run.project_id != self._context.id and run.project_id in self._context.siblings

    async def _title(self, run: PipelineRun, rank: Rank) -> str:
        sha = run.git_commit_hash
        if not sha:
            return ""
        if sha not in self._titles:
            if len(self._titles) >= TITLES:
                self._titles.clear()
            try:
                self._titles[sha] = await self._context.server.call(
                    lambda source: source.commit_title(run.git_project_id, sha), rank=rank
                )
            except (NotFound, Forbidden):
                self._titles[sha] = ""
            except SourceError:
                self._asked.discard(run.id)
                raise
        return self._titles[sha]

    async def _variables(self, run: PipelineRun, rank: Rank) -> dict[str, str] | None:
        ours = bool(run.triggered_by) and run.triggered_by == self._context.server.health.record.user
        if run.parent_run_id or (self._others_forbidden and not ours):
            return None
        if 0 < self._context.project.access_level < MAINTAINER and not ours:
            return None
        try:
            found = await self._context.server.call(
                lambda source: source.variables(run.git_project_id, run.git_pipeline_id), rank=rank
            )
        except Forbidden:
            self._others_forbidden = self._others_forbidden or not ours
            return None
        except NotFound:
            return None
        except SourceError:
            self._asked.discard(run.id)
            raise
        return {one.key: "" if one.secret else one.value for one in found}

    def _enriched(self, run: PipelineRun, title: str, variables: dict[str, str] | None) -> PipelineRun:
        run = replace(run, commit_title=title or run.commit_title)
        if variables is None:
            return run
        run = replace(run, variables=variables, variables_known=True)
        run = replace(run, run_info_id=run.run_info_id or variables.get(RUN_ID, "")[:MAX_ID])
        mlflow, tracking = variables.get(MLFLOW_RUN_ID, ""), self._context.settings.mlflow
        if mlflow.isalnum() and len(mlflow) <= MAX_ID and tracking and not run.mlflow_run_ids:
            run = replace(run, mlflow_run_ids=(git_id(tracking, mlflow),), link=Link(by="launch"))
        return self._with_api(run)

    def _with_api(self, run: PipelineRun) -> PipelineRun:
        """A run belongs to the API whose name or whose locked variables it was started with, most of them first."""
        if run.api:
            return run
        fitting = [api for api in self._context.apis if api.name and api.name == run.variables.get(TESTED_API)] or [
            api
            for api in self._context.apis
            if api.system_variables and all(run.variables.get(one.key) == one.value for one in api.system_variables)
        ]
        if not fitting:
            return run
        best = max(fitting, key=lambda api: len(api.system_variables))
        return replace(run, api=best.name, pipeline_api_id=best.id, pipeline_id=best.pipeline_id)


def _with_parent(stored: PipelineRun | None, fresh: PipelineRun) -> PipelineRun:
    """Of a run that another engine reads, only what its own project cannot tell."""
    if stored is None:
        return fresh
    child = replace(stored, parent_run_id=fresh.parent_run_id)
    return as_case(child, fresh) if fresh.kind == TEST else child
