"""Reads what describes a project: its record, CI configuration, members, groups and deployments."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from msgspec.structs import replace

from data.engine import definitions
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.define import MAX_RECORDS, reload
from data.engine.linting import Linter
from data.engine.progress import Progress
from data.errors import Forbidden, NotFound, Refused
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
from data.sources.gitlab.ci import lint_result
from data.store.port import Sort, Where

log = logging.getLogger(__name__)

T = TypeVar("T")
MAX_MEMBERS: Final = 5000
"""Members of a project whose roles are compared with the server's."""
RECENT: Final = 20
"""Newest runs that a pipeline's record names."""
NEWEST: Final = Sort("created", descending=True)


class Describer:
    """The slowly changing part of one project."""

    def __init__(self, context: ProjectContext, progress: Progress) -> None:
        self._context, self._progress = context, progress
        self._linter = Linter(context, progress)
        self._passed_over: set[str] = set()
        self._unvalidated: set[str] | None = None
        self.rank = Rank.BACKGROUND
        """Rank of what nobody waits for: members, groups, deployments."""
        self.stale = True
        """Whether runs came or ended since the pipelines' records were written."""

    async def load(self) -> None:
        """Take up what the store knows of pipelines, APIs and jobs."""
        context = self._context
        await reload(context)
        self._linter.load()

    async def describe(self, rank: Rank = Rank.ROUTINE) -> None:
        """Read the project's record again, and write what the configuration says of it."""
        context, git = self._context, self._context.git
        found = await context.server.call(lambda source: source.project(git), rank=rank)
        experiments = await self._experiments()
        stored = await context.store.get(Project, found.id)
        context.project = definitions.project(found, context.settings, stored, experiments)
        found_too = definitions.repositories(context.project, context.settings, experiments)
        await context.desk.put(context.id, [context.project, *found_too])
        await self._define()
        await self._name_stages()
        await reload(context)
        known, wanted = self._unvalidated, self._not_validated()
        if known is not None and wanted - known:
            # People changed something that the CI file has to tell once more.
            self._linter.again()
            await self.lint(rank)
        self._unvalidated = self._not_validated()

    async def _define(self) -> None:
        """Write the pipelines and APIs of the configuration; those that people changed stay as they are."""
        context, desk = self._context, self._context.desk
        stored = await desk.all(Pipeline, {"project_id": context.id}, limit=MAX_RECORDS)
        laid = definitions.pipelines(context.project, context.settings, {one.id: one for one in stored})
        for pipeline in laid:
            apis = await desk.all(PipelineAPI, {"pipeline_id": pipeline.id}, limit=MAX_RECORDS)
            fresh = definitions.apis(pipeline, context.settings, apis)
            if pipeline.pipeline_config:
                jobs = await desk.all(PipelineJob, {"pipeline_id": pipeline.id}, limit=MAX_RECORDS)
                declared = lint_result(pipeline.id, {"merged_yaml": pipeline.pipeline_config}).variables
                names = [job.name for job in jobs]
                fresh = [definitions.with_variables(one, declared, names) for one in fresh]
            await desk.merge(context.id, PipelineAPI, fresh, definitions.api_laid_under)
        # Last, so that whoever sees a pipeline sees its APIs, and merged with what is there then: somebody may change
        # a definition at this moment.
        named = definitions.configured(context.project, context.settings, stored)
        await desk.merge(context.id, Pipeline, named, definitions.laid_under)

    async def _name_stages(self) -> None:
        """Write the stage types that the configuration gives jobs."""
        context = self._context
        named = {job for one in context.settings.pipelines for job in one.stage_types}
        for pipeline in context.pipelines if named else ():
            jobs = await context.desk.all(PipelineJob, {"pipeline_id": pipeline.id}, limit=MAX_RECORDS)
            edits = {
                job.id: lambda now: definitions.with_stage_type(now, context.settings)
                for job in jobs
                if job.name in named
            }
            await context.desk.edit_many(context.id, PipelineJob, edits)

    def _not_validated(self) -> set[str]:
        return {one.id for one in self._context.pipelines if not one.last_commit_hash}

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

    async def _experiments(self) -> list[Experiment]:
        if not self._context.settings.mlflow:
            return []
        where = {"connection": self._context.settings.mlflow}
        return await self._context.desk.all(Experiment, where, limit=MAX_RECORDS)

    def is_news(self, run: PipelineRun) -> bool:
        """Whether a run shows a commit at which a configuration was not validated."""
        return self._linter.is_news(run)

    async def lint(self, rank: Rank = Rank.ROUTINE) -> None:
        """Validate the CI configurations whose ref has moved."""
        if await self._linter.lint(rank):
            await self._name_stages()
            await reload(self._context)

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
        await self._context.desk.delete(self._context.id, kind, gone)


def _once(records: Sequence[Deployment]) -> list[Deployment]:
    return list({one.id: one for one in records}.values())
