"""Reads what describes a project: its record, CI configuration, members, groups and deployments."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from msgspec.structs import replace

from data.engine import definitions
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.progress import Progress
from data.errors import Forbidden, NotFound, Refused, UsageError
from data.model import (
    Deployment,
    Experiment,
    Membership,
    Pipeline,
    PipelineAPI,
    PipelineJob,
    PipelineRun,
    Project,
    Record,
)
from data.model.vocabulary import ACTIVE
from data.sources.gitlab import GitLabSource
from data.store.port import Sort, Where

log = logging.getLogger(__name__)

T = TypeVar("T")
MAX_MEMBERS: Final = 5000
"""Members of a project whose roles are compared with the server's."""
MAX_RECORDS: Final = 1000
"""Pipelines, APIs, jobs or experiments of a project that are looked at."""
RECENT: Final = 20
"""Newest runs that a pipeline's record names."""
NEWEST: Final = Sort("created", descending=True)


class Describer:
    """The slowly changing part of one project."""

    def __init__(self, context: ProjectContext, progress: Progress) -> None:
        self._context, self._progress = context, progress
        self._linted: str | None = None
        self._passed_over: set[str] = set()
        self.rank = Rank.BACKGROUND
        """Rank of what nobody waits for: members, groups, deployments."""
        self.stale = True
        """Whether runs came or ended since the pipelines' records were written."""

    async def load(self) -> None:
        """Take up what the store knows of pipelines, APIs and jobs."""
        context = self._context
        stored = await self._stored()
        context.pipelines = definitions.pipelines(context.project, context.settings, stored)
        await self._load_parts()
        newest = next((one.last_commit_hash for one in context.pipelines if one.last_commit_hash), None)
        self._linted = newest

    async def describe(self, rank: Rank = Rank.ROUTINE) -> None:
        """Read the project's record again, and write what the configuration says of it."""
        context, git = self._context, self._context.git
        found = await context.server.call(lambda source: source.project(git), rank=rank)
        experiments = await self._experiments()
        stored = await context.store.get(Project, found.id)
        context.project = definitions.project(found, context.settings, stored, experiments)
        pipelines = definitions.pipelines(context.project, context.settings, await self._stored())
        context.pipelines = pipelines
        records: list[Record] = [context.project, *pipelines]
        records += definitions.repositories(context.project, context.settings, experiments)
        records += await self._apis(pipelines)
        await context.desk.put(context.id, records)
        await self._load_parts()

    async def surroundings(self) -> None:
        """Read members, groups and deployments again."""
        await self._people()
        await self._deployments()

    async def roll_up(self) -> None:
        """Write which runs of each pipeline are the newest, and whether one is running."""
        if not self.stale:
            return
        self.stale = False
        for pipeline in self._context.pipelines:
            newest = await self._context.store.page(
                PipelineRun,
                where={"pipeline_id": pipeline.id, "gone": False, "parent_run_id": ""},
                sort=NEWEST,
                limit=RECENT,
            )
            active: Where = {"pipeline_id": pipeline.id, "status": sorted(ACTIVE), "gone": False}
            running = bool((await self._context.store.page(PipelineRun, where=active, limit=1)).records)
            runs = tuple(run.id for run in newest.records)

            def edit(now: Pipeline, running: bool = running, runs: tuple[str, ...] = runs) -> Pipeline:
                return replace(now, running=running, job_run_history=runs)

            await self._context.desk.edit(self._context.id, Pipeline, pipeline.id, edit)

    async def _stored(self) -> dict[str, Pipeline]:
        found = await self._context.desk.all(Pipeline, {"project_id": self._context.id}, limit=MAX_RECORDS)
        return {one.id: one for one in found}

    async def _experiments(self) -> list[Experiment]:
        if not self._context.settings.mlflow:
            return []
        where = {"connection": self._context.settings.mlflow}
        return await self._context.desk.all(Experiment, where, limit=MAX_RECORDS)

    async def _apis(self, pipelines: Sequence[Pipeline]) -> list[PipelineAPI]:
        """APIs of the configuration as it says; the one that we made up ourselves stays as users changed it."""
        made: list[PipelineAPI] = []
        for pipeline in pipelines:
            named = {one.name for one in self._context.settings.pipelines}
            for api in definitions.apis(pipeline, self._context.settings):
                stored = await self._context.store.get(PipelineAPI, api.id)
                ours = pipeline.name in named and any(
                    one.apis for one in self._context.settings.pipelines if one.name == pipeline.name
                )
                if stored is None or ours:
                    kept = stored.jobs if stored is not None else ()
                    made.append(replace(api, jobs=api.jobs or kept))
        return made

    async def _load_parts(self) -> None:
        context = self._context
        ids = [one.id for one in context.pipelines]
        jobs = await context.desk.all(PipelineJob, {"pipeline_id": ids}, limit=MAX_RECORDS)
        context.blueprints = {job.name: job for job in jobs}
        context.apis = await context.desk.all(PipelineAPI, {"pipeline_id": ids}, limit=MAX_RECORDS)

    def is_news(self, run: PipelineRun) -> bool:
        """Whether a run shows a commit of the default ref that was not validated."""
        project = self._context.project
        return run.ref == project.default_ref != "" and run.git_commit_hash != self._linted

    async def lint(self, rank: Rank = Rank.ROUTINE) -> None:
        """Validate the CI configuration when the default ref has moved, as far as its runs tell."""
        context = self._context
        ref = context.project.default_ref
        pipelines = [one for one in context.pipelines if one.pipeline_file_name == definitions.CI_FILE]
        if not ref or not pipelines:
            return
        newest = await context.store.page(
            PipelineRun, where={"project_id": context.id, "ref": ref}, sort=NEWEST, limit=1
        )
        commit = newest.records[0].git_commit_hash if newest.records else ""
        if commit == self._linted:
            return
        lint = await self._try(
            "lint", lambda source: source.lint(context.git, ref, dry_run=False, pipeline_id=pipelines[0].id), rank
        )
        if lint is None:
            return
        self._linted = commit
        invalid = UsageError(f"the CI configuration at {ref} is not valid: {'; '.join(lint.errors)}")
        await self._progress.outcome("lint", None if lint.valid else invalid)
        if not lint.valid:
            log.warning("%s: %s", context.project.path, invalid)
            return
        for pipeline in pipelines:
            jobs = [replace(job, id=f"{pipeline.id}:{job.name}", pipeline_id=pipeline.id) for job in lint.jobs]
            await context.desk.put(context.id, [definitions.with_lint(pipeline, lint, commit), *jobs])
            await self._forget(PipelineJob, {"pipeline_id": pipeline.id}, {job.id for job in jobs})
            apis = await context.desk.all(PipelineAPI, {"pipeline_id": pipeline.id}, limit=MAX_RECORDS)
            names = [job.name for job in jobs]
            await context.desk.put(context.id, [definitions.with_variables(api, lint.variables, names) for api in apis])
        context.pipelines = list((await self._stored()).values())
        await self._load_parts()

    async def _people(self) -> None:
        git = self._context.git
        found = await self._try("members", lambda source: source.members(git), self.rank)
        if found is not None:
            users, members = found
            await self._context.desk.put(self._context.id, [*users, *members])
            await self._forget(Membership, {"project_id": self._context.id}, {one.id for one in members})
        groups = await self._try("groups", lambda source: source.groups(git), self.rank)
        if groups is not None:
            await self._context.desk.put(self._context.id, [*groups[0], *groups[1]])

    async def _deployments(self) -> None:
        git = self._context.git
        places = await self._try("environments", lambda source: source.environments(git), self.rank)
        if not places:
            return
        tiers = {int(tail): one.tier for one in places if (tail := one.id.rpartition(":")[2]).isdecimal()}
        made = await self._try("deployments", lambda source: source.deployments(git, tiers=tiers), self.rank)
        await self._context.desk.put(self._context.id, _once([*places, *(made or [])]))

    async def _try(self, what: str, ask: Callable[[GitLabSource], T], rank: Rank) -> T | None:
        """The answer, None where this login may not ask or the server does not know the call; that is asked once."""
        if what in self._passed_over:
            return None
        try:
            return await self._context.server.call(ask, rank=rank)
        except (Forbidden, NotFound, Refused) as error:
            log.info("%s: %s are not read: %s", self._context.project.path, what, error)
            self._passed_over.add(what)
            return None

    async def _forget(self, kind: type[Record], where: dict[str, str], kept: set[str]) -> None:
        """Delete what the server no longer has."""
        stored = await self._context.desk.all(kind, where, limit=MAX_MEMBERS)
        gone = [one.id for one in stored if one.id not in kept]
        if gone and self._context.leases.holds(self._context.id):
            await self._context.store.delete(kind, gone)


def _once(records: Sequence[Deployment]) -> list[Deployment]:
    return list({one.id: one for one in records}.values())
