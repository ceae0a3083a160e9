"""Forgets finished runs that are kept no longer: in the background, a batch at a time, under the project's lease."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from data.engine.context import ProjectContext
from data.model import PipelineRun, Record
from data.store.logs import LogStore
from data.store.retention.choice import Choice, Family, Rules
from data.store.retention.forgetting import forget

log = logging.getLogger(__name__)

TOLD: Final = 30 * 86_400.0
"""Seconds for which readers are told of deletions; mirrors that were away for half of that begin anew."""
R = TypeVar("R", bound=Record)


class Leased:
    """Writes under a project's lease."""

    def __init__(self, context: ProjectContext) -> None:
        self._desk, self._lease = context.desk, context.id

    async def delete(self, kind: type[Record], ids: Sequence[str]) -> int:
        """Delete by id; returns how many there were."""
        return await self._desk.delete(self._lease, kind, ids)

    async def edit(self, kind: type[R], edits: Mapping[str, Callable[[R], R]]) -> None:
        """Change stored records, each by its own edit."""
        await self._desk.edit_many(self._lease, kind, edits)


class Retention:
    """Forgets the runs of one project that are kept no longer, while its lease is ours."""

    def __init__(self, context: ProjectContext, logs: LogStore, rules: Rules) -> None:
        self._context, self._logs, self._rules = context, logs, rules
        self._choice = self._choose()
        self._batches: AsyncIterator[list[Family]] | None = None
        self._forgotten = 0

    def is_too_old(self, run: PipelineRun) -> bool:
        """Whether a run of the server would be forgotten again, as far as is known."""
        return not self._rules.all and self._choice.is_too_old(run)

    def goes(self, run: PipelineRun) -> bool:
        """Whether a stored run is to be forgotten, as far as is known."""
        return not self._rules.all and self._choice.goes(run)

    async def step(self) -> bool:
        """Forget a batch; false when there is nothing left to do until the next time."""
        if self._rules.all:
            await self._context.store.sweep(TOLD)
            return False
        if self._batches is None:
            choice = self._choose()
            await choice.measure()
            self._choice, self._batches = choice, choice.batches()
        batch = await anext(self._batches, None)
        if batch is None:
            await self._end()
            return False
        runs = [run for family in batch for run in family.runs]
        if runs:
            await forget(self._context.store, self._logs, Leased(self._context), runs)
            self._forgotten += len(runs)
        return True

    def _choose(self) -> Choice:
        context = self._context
        return Choice(context.store, self._rules, context.id, context.siblings, datetime.now(UTC))

    async def _end(self) -> None:
        if self._forgotten:
            log.info("%s: %d runs that are kept no longer were forgotten", self._context.project.path, self._forgotten)
        self._batches, self._forgotten = None, 0
        await self._context.store.sweep(TOLD)
