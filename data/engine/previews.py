"""What can be launched in a project: its branches and tags, and the jobs that would run on one of them."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final, TypeVar

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.definitions import CI_FILE
from data.errors import Forbidden, NotFound, Refused
from data.model import CiPreview, PipelineJob, Refs, TestReport, Variable
from data.sources.gitlab import LintResult

log = logging.getLogger(__name__)

Dated = TypeVar("Dated", Refs, CiPreview, TestReport)
NO_REF: Final = "Reference not found"
"""GitLab's own sentence to a launch on what is no branch or tag (chain/validate/repository.rb)."""
SHARE: Final = 200
"""Branches and tags that are read at the pace `refs`; of more, each reading takes more requests."""
MAX_PREVIEWS: Final = 1_000
"""Previews of a project that are looked at when those of refs that are gone are deleted."""


def unless_same(stored: Dated | None, fresh: Dated) -> Dated:
    """What was read, unless nothing but the time of reading is new: then nothing is written."""
    return fresh if stored is None or replace(fresh, read=stored.read) != stored else stored


class RefReader:
    """Reads the branches and tags of one project."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._count = 0

    def pace(self) -> float:
        """Seconds between two readings."""
        return self._context.timing.refs * max(1.0, self._count / SHARE)

    async def read(self, looked_at: Collection[str]) -> Refs:
        """Read them, and forget the previews of those that are gone, but for those that are looked at."""
        context = self._context
        git, level = context.git, context.project.access_level
        found = await context.server.call(lambda source: source.refs(git, access_level=level), rank=Rank.PERSON)
        self._count = len(found.branches) + len(found.tags)
        found = replace(found, read=datetime.now(UTC))
        [stored] = await context.desk.merge(context.id, Refs, [found], unless_same)
        if stored is found:
            await self._forget({one.name for one in (*found.branches, *found.tags)} | set(looked_at))
        return stored

    async def _forget(self, kept: set[str]) -> None:
        context = self._context
        stored = await context.desk.all(CiPreview, {"project_id": context.id}, limit=MAX_PREVIEWS)
        gone = [one.id for one in stored if one.ref not in kept]
        await context.desk.delete(context.id, CiPreview, gone)


class Previewer:
    """Asks CI lint what would run."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._denied: dict[str, str] = {}
        self._inputs: dict[tuple[str, str], tuple[Variable, ...]] = {}

    async def read(self, ref: str) -> None:
        """Ask for a ref; what is none makes a preview that is not valid."""
        context = self._context
        try:
            sha = await context.server.call(lambda source: source.head(context.git, ref), rank=Rank.PERSON)
        except (NotFound, Refused):
            fresh = self._invalid(ref, "", NO_REF)
        except Forbidden as error:
            fresh = self._invalid(ref, "", error.message)
        else:
            fresh = await self._preview(ref, sha)
        await context.desk.merge(context.id, CiPreview, [fresh], unless_same)

    async def _preview(self, ref: str, sha: str) -> CiPreview:
        try:
            lint = await self._lint(ref, sha)
            inputs = await self._declared(sha)
        except (Forbidden, NotFound, Refused) as error:
            return self._invalid(ref, sha, error.message)
        return CiPreview(
            id=f"{self._context.id}@{ref}",
            project_id=self._context.id,
            ref=ref,
            sha=sha,
            valid=lint.valid,
            errors=tuple(lint.errors),
            warnings=tuple(lint.warnings),
            jobs=tuple(self._typed(job) for job in lint.jobs),
            inputs=inputs,
            dry_run=ref not in self._denied,
            read=datetime.now(UTC),
        )

    async def _lint(self, ref: str, sha: str) -> LintResult:
        """With a dry run; without one where this login may not have it, until the commit is another one."""
        context, git = self._context, self._context.git
        pipeline = context.pipelines[0].id if context.pipelines else context.id
        if self._denied.get(ref) != sha:
            self._denied.pop(ref, None)
            try:
                lint = await context.server.call(
                    lambda source: source.lint(git, ref, dry_run=True, pipeline_id=pipeline), rank=Rank.PERSON
                )
                if not lint.denied:
                    return lint
            except Forbidden as error:
                log.info("%s: no dry run on %s: %s", context.project.path, ref, error)
            self._denied[ref] = sha
        return await context.server.call(lambda source: source.lint(git, ref, pipeline_id=pipeline), rank=Rank.PERSON)

    async def _declared(self, sha: str) -> tuple[Variable, ...]:
        """The inputs of the CI file at a commit, which never change."""
        pipelines, git = self._context.pipelines, self._context.git
        key = sha, pipelines[0].pipeline_file_name if pipelines else CI_FILE
        if key not in self._inputs:
            found = await self._context.server.call(lambda source: source.inputs(git, *key), rank=Rank.PERSON)
            self._inputs = {key: tuple(found)} | dict(list(self._inputs.items())[:SHARE])
        return self._inputs[key]

    def _typed(self, job: PipelineJob) -> PipelineJob:
        """A job with the stage type that people or the configuration gave it."""
        known = self._context.blueprints.get(job.name)
        return replace(job, stage_type=known.stage_type) if known is not None else job

    def _invalid(self, ref: str, sha: str, error: str) -> CiPreview:
        id = f"{self._context.id}@{ref}"
        return CiPreview(id=id, project_id=self._context.id, ref=ref, sha=sha, errors=(error,), read=datetime.now(UTC))
