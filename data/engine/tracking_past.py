"""The past of an MLflow connection, read a page at a time, the newest runs first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from data.engine.budget import Rank
from data.engine.progress import Progress
from data.engine.server import Server
from data.engine.timing import Timing
from data.engine.tracking_runs import RunsCopy
from data.model import TrackedRun
from data.sources.mlflow import TrackedPage, TrackingSource
from data.store.port import Store

log = logging.getLogger(__name__)

SHORT: Final = 1_000
"""Runs up to which a history is read again until nothing new comes: who fills one in writes early start times."""
AHEAD: Final = timedelta(days=1)
"""How far a run may start in the future: clocks of machines that train are wrong at times."""
LATER: Final = timedelta(days=1)
"""A history that reaches back this much less than configured counts as complete: the window moves on with time."""


@dataclass(slots=True)
class Walk:
    """The way through the runs of some experiments; those without a start time come last.

    Attributes:
        whole: whether it is about all experiments.
        read: runs so far; new: those of them that were not known.
        reached: start of the last run that was read, where the server keeps to the order of starts.
    """

    experiments: tuple[str, ...]
    since: datetime
    until: datetime
    whole: bool
    token: str = ""
    undated: bool = False
    read: int = 0
    new: int = 0
    reached: datetime | None = None


class TrackedPast:
    """Fills in history; an engine that follows one that was ended on the way goes on where that was."""

    def __init__(self, name: str, server: Server[TrackingSource], store: Store, copy: RunsCopy, timing: Timing) -> None:
        self._name, self._server, self._store, self._copy, self._timing = name, server, store, copy, timing
        self._unread: set[str] = set()
        self._walk: Walk | None = None
        self._walked = False

    def wanted(self, experiments: Collection[str]) -> None:
        """The history of these experiments is wanted."""
        self._unread |= set(experiments)

    def is_complete(self, progress: Progress, since: datetime) -> bool:
        """Whether the history from `since` on is all there."""
        reached = progress.state.backfilled_to
        return reached is not None and reached <= since + LATER and not self._unread

    async def fill(self, progress: Progress, since: datetime, *, again: bool) -> bool:
        """Read a page; false when all is there. `again`: a short history is read until nothing new comes."""
        walk = self._walk or self._begin(progress, since)
        if walk is None:
            return False
        self._walk = walk
        page = await self._page(walk)
        known = await self._store.get_many(TrackedRun, [run.id for run in page.runs])
        walk.read, walk.new = walk.read + len(page.runs), walk.new + len(page.runs) - len(known)
        await self._copy.take(page.runs)
        await self._reached(walk, page, progress)
        walk.token = page.next_token
        if walk.token:
            return True
        if not walk.undated:
            walk.undated = True
            return True
        self._walk = None
        if again and walk.new and walk.read <= SHORT:
            await asyncio.sleep(self._timing.history)
            return True
        await self._end(walk, progress)
        return bool(self._unread)

    def _begin(self, progress: Progress, since: datetime) -> Walk | None:
        if not self._unread:
            return None
        experiments, reached = tuple(sorted(self._unread)), progress.state.backfilled_to
        whole = self._unread == set(self._copy.experiments)
        goes_on = whole and reached is not None and not self._walked
        until = reached if goes_on and reached is not None else datetime.now(UTC) + AHEAD
        self._walked = True
        return Walk(experiments, since, until, whole)

    async def _page(self, walk: Walk) -> TrackedPage:
        if walk.undated:
            return await self._server.call(
                lambda source: source.runs(walk.experiments, undated=True, page_token=walk.token), rank=Rank.BACKGROUND
            )
        return await self._server.call(
            lambda source: source.runs(
                walk.experiments, started_after=walk.since, started_until=walk.until, page_token=walk.token
            ),
            rank=Rank.BACKGROUND,
        )

    async def _reached(self, walk: Walk, page: TrackedPage, progress: Progress) -> None:
        """Write down how far a walk through all experiments got."""
        starts = [run.start for run in page.runs if run.start is not None]
        if not starts or not page.ordered or not walk.whole or walk.undated:
            return
        walk.reached, before = min(starts), progress.state.backfilled_to
        if before is None or walk.reached < before:
            await progress.backfilled(max(walk.reached, walk.since))

    async def _end(self, walk: Walk, progress: Progress) -> None:
        self._unread -= set(walk.experiments)
        if walk.whole:
            await progress.backfilled(walk.since)
            if progress.state.last_full is None:
                await progress.passed()
        log.info("%s: %d MLflow runs since %s", self._name, walk.read, walk.since.date())
