"""The command `define`: pipelines, jobs and APIs that people make, change and delete. No server is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from data.define.fields import KINDS, Definitions
from data.engine import definitions
from data.engine.context import ProjectContext
from data.engine.defining import order_of, outcome
from data.engine.verdict import Done, Immediate
from data.model import Command, Pipeline, PipelineAPI, PipelineJob, Record
from data.store.port import Where

R = TypeVar("R", bound=Record)
MAX_RECORDS: Final = 1000
"""Pipelines, APIs, jobs or experiments of a project that are looked at."""


class Define(Immediate):
    """Changes definitions in one piece, unless somebody changed one of them meanwhile."""

    def __init__(self, context: ProjectContext, describe: Callable[[], None]) -> None:
        """`describe` has the project described again soon: the CI file is read where that is needed."""
        self._context, self._describe = context, describe

    async def perform(self, command: Command) -> Done:
        """Write what is wanted; the lists of the context follow at once."""
        context, order = self._context, order_of(command)
        # Nothing else of this engine may change a definition between the look and the writing.
        async with context.desk.alone:
            done = outcome(order, await stored_definitions(context), context.settings)
            if done.put:
                await context.store.put(done.put, fence=context.leases.fence(context.id))
            for kind in KINDS.values():
                if ids := [id for of, id in done.delete if of is kind]:
                    await context.store.delete(kind, ids, fence=context.leases.fence(context.id))
        await reload(context)
        self._describe()
        return Done(done.answer, command.target_id)

    async def check(self, command: Command) -> Done | None:
        """Writing it once more changes nothing."""
        return await self.perform(command)


async def stored_definitions(context: ProjectContext) -> Definitions:
    """All that is defined in a project."""
    pipelines = await _all(context, Pipeline, {"project_id": context.id})
    ids = [one.id for one in pipelines]
    return Definitions(
        context.project,
        tuple(pipelines),
        tuple(await _all(context, PipelineJob, {"pipeline_id": ids})),
        tuple(await _all(context, PipelineAPI, {"pipeline_id": ids})),
    )


async def reload(context: ProjectContext) -> None:
    """Take up what the store knows of pipelines, APIs and jobs."""
    stored = await stored_definitions(context)
    known = {one.id: one for one in stored.pipelines}
    context.pipelines = definitions.pipelines(context.project, context.settings, known)
    context.apis = list(stored.apis)
    order = {one.id: place for place, one in enumerate(context.pipelines)}
    # Where two pipelines have a job of one name, the first pipeline's counts.
    jobs = sorted(stored.jobs, key=lambda job: -order.get(job.pipeline_id, 0))
    context.blueprints = {job.name: job for job in jobs}


async def _all(context: ProjectContext, kind: type[R], where: Where) -> list[R]:
    found: list[R] = []
    after: str | None = None
    while len(found) < MAX_RECORDS:
        page = await context.store.page(kind, where=where, after=after, limit=MAX_RECORDS)
        found += page.records
        after = page.after
        if after is None:
            break
    return found
