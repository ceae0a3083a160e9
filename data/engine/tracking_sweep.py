"""Reads everything of an MLflow connection again, slowly: finds what was deleted, restored, renamed or tagged since.

MLflow tells none of these (MLflow docs, search runs). The more a server is asked for, the slower a sweep goes.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from data.engine.budget import Rank
from data.engine.desk import Desk
from data.engine.progress import Progress
from data.engine.server import Server
from data.engine.timing import OVERLAP
from data.engine.tracking_runs import STARTED, RunsCopy
from data.model import TrackedRun
from data.sources.mlflow import TrackedPage, TrackingSource
from data.store.port import Between, Where

EASE: Final = 19.0
"""Rest after a page, as a multiple of the time that it took: a server has better things to do."""
MAX_STORED: Final = 1_000_000
"""Stored runs between two runs of a page that are compared with it."""
MOMENT: Final = timedelta(milliseconds=1)
"""MLflow's clock tick."""


class Sweep:
    """One walk through all runs, an experiment after the other; those without a start time come last."""

    def __init__(self, name: str, server: Server[TrackingSource], desk: Desk, copy: RunsCopy) -> None:
        self._name, self._server, self._desk, self._copy = name, server, desk, copy
        self._left: list[str] | None = None
        self._since = datetime.now(UTC)
        self._token = ""
        self._reached: datetime | None = None
        self._edge: set[str] = set()
        self._took = 0.0

    @property
    def under_way(self) -> bool:
        """Whether it was begun and has not come to its end."""
        return self._left is not None

    @property
    def pause(self) -> float:
        """Seconds until its next page."""
        return self._took * EASE

    def forget(self) -> None:
        """Begin anew with the next step."""
        self._left = None

    async def step(self, progress: Progress, since: datetime) -> None:
        """Read a page, and ask for the stored runs that should be on it and are not."""
        began = time.monotonic()
        if self._left is None:
            self._left, self._since = list(self._copy.experiments), since
            self._next()
        if not self._left:
            await self._undated(progress)
        else:
            await self._dated(self._left)
        self._took = time.monotonic() - began

    async def _dated(self, left: list[str]) -> None:
        experiment, since, token = left[0], self._since, self._token
        page = await self._server.call(
            lambda source: source.runs([experiment], started_after=since, page_token=token), rank=Rank.BACKGROUND
        )
        await self._copy.take(page.runs)
        await self._compare(experiment, page)
        self._advance(page)
        if not self._token:
            left.pop(0)
            self._next()

    async def _undated(self, progress: Progress) -> None:
        experiments, token = self._copy.experiments, self._token
        page = await self._server.call(
            lambda source: source.runs(experiments, undated=True, page_token=token), rank=Rank.BACKGROUND
        )
        await self._copy.take(page.runs)
        self._token = page.next_token
        if not self._token:
            self._left = None
            await progress.passed()

    def _next(self) -> None:
        self._token, self._reached, self._edge = "", None, set()

    def _advance(self, page: TrackedPage) -> None:
        self._token = page.next_token
        starts = [run.start for run in page.runs if run.start is not None]
        if starts:
            last = min(starts)
            same = {run.id for run in page.runs if run.start == last}
            self._edge = self._edge | same if self._reached == last else same
            self._reached = last

    async def _compare(self, experiment: str, page: TrackedPage) -> None:
        here = {run.id for run in page.runs} | self._edge
        starts = [run.start for run in page.runs if run.start is not None]
        # What started at the same time as the page's last run may be on the next one.
        low = min(starts) + MOMENT if page.next_token and starts else self._since
        high = self._reached + MOMENT if self._reached else datetime.now(UTC) - timedelta(seconds=OVERLAP)
        missing = await self._missing(experiment, low, high, here)
        if missing:
            await self._copy.again(missing, Rank.BACKGROUND)

    async def _missing(self, experiment: str, low: datetime, high: datetime, here: Collection[str]) -> list[str]:
        """Run ids of stored runs of a time that are not `here`."""
        where = {"connection": self._name, "experiment_id": experiment, "lifecycle_stage": "active"}
        if low >= high:
            return []
        within: Where = {**where, "start": Between(low, high)}
        stored = self._desk.each(TrackedRun, within, limit=MAX_STORED, sort=STARTED)
        return [run.run_id async for run in stored if run.id not in here]
