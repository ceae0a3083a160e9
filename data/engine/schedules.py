"""Keeps the pipeline schedules of a project equal to its server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.context import ProjectContext
from data.errors import Forbidden, NotFound, Refused
from data.model import PipelineRun, Schedule
from data.model.vocabulary import ACTIVE
from data.sources.gitlab import ListedSchedule

MAX_SCHEDULES: Final = 1_000
"""Schedules of a project that are compared with the server's."""
SCHEDULED: Final = "schedule"
"""GitLab's source of pipelines that a schedule started."""


class ScheduleReader:
    """Reads them. What only the answer about one of them tells is asked for when that may have changed."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._known: dict[str, ListedSchedule] = {}
        self._newest = 0
        self._lock = asyncio.Lock()

    async def read(self, rank: Rank) -> None:
        """Read all; nothing where this login may not."""
        async with self._lock:
            await self._read_all(rank)

    async def _read_all(self, rank: Rank) -> None:
        context, git = self._context, self._context.git
        try:
            listed = await context.server.call(lambda source: source.schedules(git), rank=rank)
        except (Forbidden, NotFound, Refused):
            listed = []
        stored = await context.desk.all(Schedule, {"project_id": context.id}, limit=MAX_SCHEDULES)
        before = {one.id: one for one in stored}
        found = [await self._read(one, before.get(one.schedule.id), rank) for one in listed]
        await context.desk.put(context.id, found)
        self._known = {one.schedule.id: one for one in listed}
        await context.desk.delete(context.id, Schedule, sorted(set(before) - set(self._known)))

    def again(self, schedule_id: str) -> None:
        """Somebody has just run this one."""
        self._known.pop(schedule_id, None)

    def ran(self, runs: Iterable[PipelineRun]) -> bool:
        """Take note of runs that were listed; says whether a schedule has started one that is new."""
        newest = max((run.git_pipeline_id for run in runs if run.trigger_type == SCHEDULED), default=0)
        if newest <= self._newest:
            return False
        self._newest = newest
        self._known.clear()
        return True

    async def _read(self, listed: ListedSchedule, before: Schedule | None, rank: Rank) -> Schedule:
        if before is not None and self._known.get(before.id) == listed:
            run = await self._context.store.get(PipelineRun, before.last_run_id) if before.last_run_id else None
            if run is not None:
                return replace(before, last_status=run.status)
            if before.last_status not in ACTIVE:
                return before
        git, number = self._context.git, listed.schedule.git_schedule_id
        return await self._context.server.call(lambda source: source.schedule(git, number), rank=rank)
