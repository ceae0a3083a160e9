"""Validates the CI configuration of a project's pipelines, when the commit at their ref is another one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from data.engine import definitions
from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.engine.progress import Progress
from data.errors import Forbidden, NotFound, Refused, UsageError
from data.model import Pipeline, PipelineAPI, PipelineJob, PipelineRun, Variable
from data.sources.gitlab import LintResult
from data.sources.gitlab.facts import is_elsewhere
from data.sources.gitlab.inputs import declared_inputs
from data.store.port import Sort

log = logging.getLogger(__name__)

MAX_RECORDS: Final = 1000
"""Jobs or APIs of a pipeline that are looked at."""
NEWEST: Final = Sort("created", descending=True)


class Source(NamedTuple):
    """Where a configuration comes from."""

    ref: str
    file: str


class Linter:
    """Knows at which commit each pipeline's configuration was validated last, or found not to be valid."""

    def __init__(self, context: ProjectContext, progress: Progress) -> None:
        self._context, self._progress = context, progress
        self._tried: dict[str, str] = {}

    def load(self) -> None:
        """Take up what the pipelines' records say."""
        self._tried = {one.id: one.last_commit_hash for one in self._context.pipelines if one.last_commit_hash}

    def again(self) -> None:
        """Validate pipelines once more whose records have lost what was found: people changed them."""
        for one in self._context.pipelines:
            if not one.last_commit_hash:
                self._tried.pop(one.id, None)

    def is_news(self, run: PipelineRun) -> bool:
        """Whether a run shows a commit of a pipeline's ref at which it was not validated."""
        return any(
            run.ref == self._ref(one) != "" and run.git_commit_hash != self._tried.get(one.id)
            for one in self._context.pipelines
        )

    async def lint(self, rank: Rank) -> bool:
        """Validate what has changed; says whether anything was written."""
        wanted: dict[Source, list[Pipeline]] = {}
        for pipeline in self._context.pipelines:
            source = Source(self._ref(pipeline), pipeline.pipeline_file_name)
            if source.ref and not is_elsewhere(source.file):
                wanted.setdefault(source, []).append(pipeline)
        written = False
        for source, pipelines in wanted.items():
            commit = await self._commit(source.ref, rank)
            stale = [one for one in pipelines if self._tried.get(one.id) != commit]
            if stale and await self._validate(source, commit, stale, rank):
                written = True
        return written

    def _ref(self, pipeline: Pipeline) -> str:
        return pipeline.default_ref or self._context.project.default_ref

    async def _commit(self, ref: str, rank: Rank) -> str:
        """The newest commit of a ref as far as its runs tell, else as the server does; empty where nobody tells."""
        where = {"project_id": self._context.id, "ref": ref}
        newest = await self._context.store.page(PipelineRun, where=where, sort=NEWEST, limit=1)
        if newest.records:
            return newest.records[0].git_commit_hash
        git = self._context.git
        try:
            return await self._context.server.call(lambda source: source.head(git, ref), rank=rank)
        except (NotFound, Forbidden, Refused):
            return ""

    async def _validate(self, source: Source, commit: str, pipelines: Sequence[Pipeline], rank: Rank) -> bool:
        """Ask the server; a configuration that is not valid, or that we may not ask for, is not asked for again."""
        try:
            lint, inputs = await self._ask(source, commit, pipelines[0].id, rank)
        except (NotFound, Forbidden, Refused) as error:
            log.info("%s: %s is not validated: %s", self._context.project.path, source.file, error)
            self._tried |= {one.id: commit for one in pipelines}
            return False
        self._tried |= {one.id: commit for one in pipelines}
        named = "CI configuration" if source.file == definitions.CI_FILE else f"CI configuration {source.file}"
        invalid = UsageError(f"the {named} at {source.ref} is not valid: {'; '.join(lint.errors)}")
        await self._progress.outcome(f"lint {source.file}", None if lint.valid else invalid)
        if not lint.valid:
            log.warning("%s: %s", self._context.project.path, invalid)
            return False
        for pipeline in pipelines:
            await self._write(pipeline, lint, commit, inputs)
        return True

    async def _ask(
        self, source: Source, commit: str, pipeline_id: str, rank: Rank
    ) -> tuple[LintResult, Sequence[Variable]]:
        """Lint, and the inputs that the file declares. GitLab reads its own CI file; the text of another is sent."""
        server, git, at = self._context.server, self._context.git, commit or source.ref
        content: str | None = None
        if source.file != definitions.CI_FILE:
            content = await server.call(lambda one: one.file(git, at, source.file), rank=rank)
        lint = await server.call(
            lambda one: one.lint(git, source.ref, pipeline_id=pipeline_id, content=content), rank=rank
        )
        if content is not None:
            return lint, declared_inputs(content)
        return lint, await server.call(lambda one: one.inputs(git, at, source.file), rank=rank) if lint.valid else []

    async def _write(self, pipeline: Pipeline, lint: LintResult, commit: str, inputs: Sequence[Variable]) -> None:
        """Store what was accepted. Jobs that people made or changed are left as they are.

        Of a pipeline that somebody deletes meanwhile nothing is left.
        """
        context, desk = self._context, self._context.desk

        def accepted(now: Pipeline) -> Pipeline:
            return replace(definitions.with_lint(now, lint, commit), inputs=tuple(inputs))

        if await context.store.get(Pipeline, pipeline.id) is None:
            return
        found = [replace(job, id=f"{pipeline.id}:{job.name}", pipeline_id=pipeline.id) for job in lint.jobs]
        # Merged with what is there then: somebody may change a definition at this moment.
        await desk.merge(context.id, PipelineJob, found, _laid_under)
        stored = await desk.all(PipelineJob, {"pipeline_id": pipeline.id}, limit=MAX_RECORDS)
        jobs = definitions.jobs_laid_under(stored, found)
        gone = {job.id for job in stored} - {job.id for job in jobs}
        await desk.delete(context.id, PipelineJob, sorted(gone))
        names = [job.name for job in jobs]
        apis = await desk.all(PipelineAPI, {"pipeline_id": pipeline.id}, limit=MAX_RECORDS)
        for api in apis:
            await desk.edit(
                context.id, PipelineAPI, api.id, lambda now: definitions.with_variables(now, lint.variables, names)
            )
        # Last, since it says that all of this was written.
        deleted = await desk.edit(context.id, Pipeline, pipeline.id, accepted) is None
        if deleted:
            await desk.delete(context.id, PipelineJob, [job.id for job in found])


def _laid_under(stored: PipelineJob | None, fresh: PipelineJob) -> PipelineJob:
    return definitions.jobs_laid_under([stored] if stored is not None else [], [fresh])[0]
