"""Keeps what a project's runs say of their MLflow runs (`data.engine.summary`) true, without reading them all the time.

Whenever one of hundreds of trials changes, all of them have to be read to say what their run is like. So a run rests
after that, in proportion to what it took, and all that changes meanwhile is taken in at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from data.engine.context import ProjectContext
from data.engine.summary import Summary, used
from data.engine.timing import OVERLAP
from data.model import Experiment, JobRun, PipelineRun, SyncState, TrackedRun
from data.query import Field
from data.store.port import Between, Sort, Where

MAX_LINKED: Final = 500
"""MLflow runs that make up what one run says: those that nothing is above come first, and then the newest."""
MAX_BEHIND: Final = 1_000
"""Runs without an experiment that are summed up again when an engine begins, the newest."""
MAX_COUNTED: Final = 5_000
"""Runs of which the MLflow runs are counted when an engine begins, the newest."""
EASE: Final = 9.0
"""Rest of a run after it was summed up, as a multiple of the time that it took."""
MAX_REST: Final = 60.0
"""Seconds that a run rests at most."""
SLICE: Final = 1.0
"""Seconds after which other work has its turn."""
NEWEST: Final = Sort("created", descending=True)
STARTED: Final = Sort("start", descending=True)


class Summaries:
    """Which runs of a project have to be summed up, and when. Its engine holds the project's lease."""

    def __init__(self, context: ProjectContext, clock: Callable[[], float] = time.monotonic) -> None:
        self._context, self._clock = context, clock
        self._stale: set[str] = set()
        self._rests: dict[str, float] = {}
        self._names: dict[str, str] = {}

    @property
    def pause(self) -> float | None:
        """Seconds until there is something to write; None for never."""
        if not self._stale:
            return None
        return max(min(self._rests.get(id, 0.0) for id in self._stale) - self._clock(), 0.0)

    def changed(self, run_ids: Iterable[str]) -> None:
        """MLflow runs of these runs came, changed or went."""
        self._stale.update(run_ids)

    async def renamed(self, experiments: Iterable[Experiment]) -> None:
        """Experiments changed: runs that know one by another name are summed up again."""
        for one in experiments:
            if self._names.get(one.id, one.name) != one.name:
                self._names[one.id] = one.name
                self.changed(await self._counts(connection=one.connection, experiment_id=one.experiment_id))

    async def catch_up(self) -> None:
        """Find runs that an engine before this one has left behind: it ended between a link and what follows of it."""
        where: Where = {"project_id": self._context.id, "experiment": ""}
        query, desk = Field("is", ("linked",)), self._context.desk
        async for run in desk.each(PipelineRun, where, limit=MAX_BEHIND, sort=NEWEST, query=query):
            self._stale.add(run.id)
        tracking = self._context.settings.mlflow
        state = await self._context.store.get(SyncState, f"{tracking}:runs")
        known = (state.watermark if state else None) or datetime.now(UTC)
        since = Between(known - timedelta(seconds=2 * OVERLAP))
        for field in ("start", "last_logged", "end"):
            self.changed(await self._counts(connection=tracking, **{field: since}))
        counts = await self._counts(connection=tracking)
        newest = sorted(counts, key=_number, reverse=True)[:MAX_COUNTED]
        async for run in desk.each_of(PipelineRun, newest):
            if len(run.mlflow_run_ids) != min(counts[run.id], MAX_LINKED):
                self._stale.add(run.id)

    async def write(self, *, every: bool = False) -> None:
        """Sum up what has rested enough, for a while; `every`: all that is stale."""
        began = self._clock()
        self._rests = {id: until for id, until in self._rests.items() if until > began}
        for run_id in sorted(self._stale):
            if every or run_id not in self._rests:
                await self._write(run_id)
                if not every and self._clock() - began >= SLICE:
                    return

    async def _write(self, run_id: str) -> None:
        began = self._clock()
        self._stale.discard(run_id)
        desk, lease, summary = self._context.desk, self._context.id, await self._read(run_id)
        experiment = await self._experiment(summary)
        await desk.edit(lease, PipelineRun, run_id, lambda now: summary.told(now, experiment))
        await desk.edit_many(lease, JobRun, {id: partial(used, use=use) for id, use in summary.jobs.items()})
        now = self._clock()
        self._rests[run_id] = now + min((now - began) * EASE, MAX_REST)

    async def _read(self, run_id: str) -> Summary:
        """The MLflow runs of a run, read a few at a time."""
        summary = Summary()
        where, nested = {"pipeline_run_id": run_id}, Field("is", ("nested",))
        for also, query in (({"parent_run_id": ""}, None), ({}, nested)):
            left = MAX_LINKED - len(summary)
            async for one in self._context.desk.each(
                TrackedRun, {**where, **also}, limit=left, sort=STARTED, query=query
            ):
                summary.add(one)
        return summary

    async def _experiment(self, summary: Summary) -> str:
        """Name of the experiment, empty where it is not known yet."""
        id = summary.experiment_id
        found = await self._context.store.get(Experiment, id) if id else None
        self._names[id] = found.name if found is not None else ""
        return self._names[id]

    async def _counts(self, **where: str | Between) -> dict[str, int]:
        """How many MLflow runs belong to each run of the project."""
        where["project_id"] = self._context.id
        found = await self._context.store.tally(TrackedRun, "pipeline_run_id", where=where)
        prefix = f"{self._context.id}:"
        return {id: count for id, count in found.items() if id.startswith(prefix)}


def _number(run_id: str) -> int:
    """GitLab's number of a run's pipeline, which grows with time."""
    number = run_id.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0
