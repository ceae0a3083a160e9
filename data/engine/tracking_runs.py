"""The MLflow runs of one connection as they are stored, and which of them may still change.

MLflow tells of no run when it was changed, so what runs has to be read again, whole (MLflow docs, search runs). To read
no more than that: runs that have said nothing for long are asked for rarely, those that ended only until they rest, and
what was read twice alike costs the store neither a reading nor a write.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, TypeVar, Unpack

import msgspec
from msgspec.structs import replace

from data.engine import merge
from data.engine.budget import Rank
from data.engine.desk import Desk
from data.engine.server import Server
from data.engine.timing import OVERLAP
from data.errors import NotFound
from data.model import TrackedRun, git_id
from data.model.vocabulary import TRACKED_ACTIVE
from data.sources.mlflow import Conditions, TrackingSource
from data.store.port import Sort

T = TypeVar("T")

QUIET: Final = 900.0
"""Seconds without news after which a running run is asked for with all others only: it may be dead, or slow."""
REST: Final = timedelta(seconds=60)
"""How long after its end a run is read again: the last metrics and tags of a job come late."""
MAX_WITHOUT: Final = 100
"""Runs that a question leaves out by name; more would make it long."""
TOGETHER: Final = 100
"""Runs that are asked for by name in one question."""
MAX_ACTIVE: Final = 100_000
"""Active runs that are taken up from the store."""
DELETED: Final = "deleted"
"""MLflow's lifecycle stage of what was deleted; what was removed altogether gets it, too."""
STARTED: Final = Sort("start", descending=True)


class Known(NamedTuple):
    """What is remembered of a run that is active or has just ended."""

    start: datetime | None
    status: str
    digest: bytes
    news: float
    """When it last said something, by the monotonic clock."""

    @property
    def active(self) -> bool:
        """Whether it may still change by itself."""
        return self.status in TRACKED_ACTIVE

    @property
    def quiet(self) -> bool:
        """Whether it runs and has said nothing for so long that it is rarely asked for; a SCHEDULED one may begin."""
        return self.status == "RUNNING" and time.monotonic() - self.news > QUIET


class RunsCopy:
    """Reads runs and stores what is new in them.

    Attributes:
        experiments: ids of the experiments that are copied.
        models: names of the registered models of a run, by run id; None until the registry was read.
        changed: how many runs were stored because they changed.
    """

    def __init__(self, name: str, server: Server[TrackingSource], desk: Desk) -> None:
        self.name, self._server, self._desk = name, server, desk
        self.experiments: list[str] = []
        self.models: Mapping[str, tuple[str, ...]] | None = None
        self.changed = 0
        self._active: set[str] = set()
        self._loaded: dict[str, str] = {}
        self._known: dict[str, Known] = {}
        self._resting: dict[str, datetime] = {}

    @property
    def active(self) -> frozenset[str]:
        """Ids of MLflow's runs that are RUNNING or SCHEDULED."""
        return frozenset(self._active)

    def is_quiet(self, run_id: str) -> bool:
        """Whether a run has said nothing for so long that it is rarely asked for."""
        known = self._known.get(run_id)
        return known is not None and known.quiet

    async def load(self) -> None:
        """Take up which runs are active as far as the store knows."""
        self._known.clear()
        self._resting.clear()
        self._active.clear()
        where = {"connection": self.name, "status": sorted(TRACKED_ACTIVE)}
        async for run in self._desk.each(TrackedRun, where, limit=MAX_ACTIVE):
            self._loaded[run.run_id] = run.experiment_id

    async def read_active(self, rank: Rank) -> None:
        """Read every run that is active."""
        found = await self._pages(rank, active=True)
        loaded, self._loaded = self._loaded, {}
        ours = {run_id for run_id, experiment in loaded.items() if experiment in self.experiments}
        before, self._active = self._active | ours, found
        await self._follow(before - found, rank)

    async def read_news(self, since: datetime, rank: Rank) -> None:
        """Read the active runs that have news now and then, new ones, and those that ended after `since`."""
        lively = {run_id for run_id in self._active if run_id in self._known and not self.is_quiet(run_id)}
        starts = [start for run_id in lively if (start := self._known[run_id].start) is not None]
        bound = min([*starts, since]) - timedelta(milliseconds=1)
        quiet = [run_id for run_id in self._active - lively if self._starts_after(run_id, bound)]
        found = await self._pages(rank, active=True, started_after=bound, without=sorted(quiet)[:MAX_WITHOUT])
        ended = await self._pages(rank, ended_after=since, without=self._rested(since))
        gone = {run_id for run_id in lively - found if self._known[run_id].start is not None}
        self._active = (self._active - gone - ended) | found
        await self._follow(gone - ended, rank)

    async def again(self, run_ids: Collection[str], rank: Rank) -> set[str]:
        """Read some runs by name; gives those that are in our experiments. What is gone is marked as deleted."""
        found: set[str] = set()
        for some in batches(sorted(run_ids), TOGETHER):
            found |= await self._pages(rank, run_ids=some)
            for run_id in sorted(set(some) - found):
                await self._one(run_id, rank)
        return found

    async def take(self, runs: Sequence[TrackedRun]) -> list[TrackedRun]:
        """Store runs as the server gave them; gives back those that may have changed, as they are stored now."""
        digests = {run.run_id: hashlib.blake2b(msgspec.json.encode(run), digest_size=16).digest() for run in runs}
        fresh = [run for run in runs if run.run_id not in self._known or not self._is_as_read(run, digests)]
        named = [self._with_models(run) for run in fresh]
        stored = await self._desk.merge(self.name, TrackedRun, named, merge.tracked) if named else []
        now = time.monotonic()
        for run in fresh:
            self._remember(run, digests[run.run_id], now)
        self.changed += len(fresh)
        return stored

    async def removed(self, ids: Iterable[str]) -> None:
        """Mark runs that the server has no more."""
        for id in ids:
            await self._desk.edit(self.name, TrackedRun, id, lambda now: replace(now, lifecycle_stage=DELETED))

    async def _pages(self, rank: Rank, **wanted: Unpack[Conditions]) -> set[str]:
        """Read and store all runs that are wanted, a page at a time; their ids."""
        found: set[str] = set()
        token = ""
        while True:
            at = token
            page = await self._server.call(
                lambda source: source.runs(self.experiments, page_token=at, **wanted),  # noqa: B023
                rank=rank,
            )
            await self.take(page.runs)
            found |= {run.run_id for run in page.runs}
            token = page.next_token
            if not token:
                return found

    async def _follow(self, missing: set[str], rank: Rank) -> None:
        """Find out what became of runs that were active."""
        found = await self.again(missing, rank) if missing else set()
        self._active |= {run_id for run_id in found if run_id in self._known and self._known[run_id].active}

    async def _one(self, run_id: str, rank: Rank) -> None:
        """One run, of whatever experiment: that may have been deleted."""
        try:
            await self.take([await self._server.call(lambda source: source.run(run_id), rank=rank)])
        except NotFound:
            self._known.pop(run_id, None)
            await self.removed([git_id(self.name, run_id)])

    def _is_as_read(self, run: TrackedRun, digests: Mapping[str, bytes]) -> bool:
        same = self._known[run.run_id].digest == digests[run.run_id]
        if same and run.status not in TRACKED_ACTIVE and run.end is not None and datetime.now(UTC) - run.end > REST:
            self._resting[run.run_id] = run.end
        return same

    def _remember(self, run: TrackedRun, digest: bytes, now: float) -> None:
        ended = run.status not in TRACKED_ACTIVE
        if ended and (run.end is None or datetime.now(UTC) - run.end > timedelta(seconds=2 * OVERLAP)):
            self._known.pop(run.run_id, None)
            return
        known = self._known.get(run.run_id)
        first = now - QUIET if known is None and _is_old(run) else now
        self._known[run.run_id] = Known(run.start, run.status, digest, first)

    def _rested(self, since: datetime) -> list[str]:
        """Runs that ended after `since` and need not be read again, the last ended first."""
        forgotten = [run_id for run_id, end in self._resting.items() if end <= since]
        for run_id in forgotten:
            self._known.pop(run_id, None)
            del self._resting[run_id]
        return sorted(self._resting, key=lambda run_id: self._resting[run_id], reverse=True)[:MAX_WITHOUT]

    def _starts_after(self, run_id: str, bound: datetime) -> bool:
        known = self._known.get(run_id)
        return known is not None and known.start is not None and known.start > bound

    def _with_models(self, run: TrackedRun) -> TrackedRun:
        return replace(run, models=self.models[run.run_id]) if self.models and run.run_id in self.models else run


def batches(things: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    """`things` in parts of at most `size`."""
    return (things[at : at + size] for at in range(0, len(things), size))


def _is_old(run: TrackedRun) -> bool:
    """Whether a run that is seen for the first time has been silent for long already."""
    heard = max((at for at in (run.last_logged, run.start) if at is not None), default=None)
    return heard is not None and datetime.now(UTC) - heard > timedelta(seconds=QUIET)
