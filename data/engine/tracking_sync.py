"""Keeps an MLflow connection's experiments, runs and registry in the store (rules: MLflow docs, search runs)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from data.config import ProjectSettings, SyncSettings
from data.engine.agenda import Agenda
from data.engine.board import Board
from data.engine.budget import Rank
from data.engine.desk import Desk
from data.engine.histories import Histories
from data.engine.progress import Progress
from data.engine.server import Server
from data.engine.timing import OVERLAP, Timing
from data.engine.tracking_past import TrackedPast
from data.engine.tracking_registry import Registry
from data.engine.tracking_runs import DELETED, RunsCopy
from data.engine.tracking_sweep import Sweep
from data.engine.tracking_views import Views
from data.errors import LinesideError, NotFound
from data.model import Experiment, PipelineRun, TrackedRun, git_id
from data.sources.mlflow import TrackingSource

log = logging.getLogger(__name__)

EXPERIMENTS: Final = "experiments"
RUNS: Final = "MLflow runs"
ACTIVE: Final = "running MLflow runs"
VIEWS: Final = "MLflow runs in view"
BACKFILL: Final = "MLflow history"
SWEEP: Final = "MLflow sweep"
REGISTRY: Final = "model registry"
HISTORIES: Final = "metric histories"
PEAKS: Final = "peaks"
PACE: Final = 2.5
"""Pace of MLflow while somebody looks, relative to the fast one: none of its searches is cheap."""
ROUND: Final = 4
"""Pace of what is read as a whole while somebody looks, relative to the medium one: all that runs, the registry."""
EASE: Final = 4.0
"""Least rest after the runs were read, as a multiple of the time that it took: many large runs slow the pace down."""
ROUND_EASE: Final = 9.0
"""The same for a round over all runs that are active."""
CHECKS: Final = 4
"""How often within its period it is looked whether a sweep is due."""
ROUNDS: Final = 10_000
"""Bound on the steps of one complete synchronisation."""


class TrackingSync:
    """The copy of one MLflow connection, while its lease (of the connection's name) is ours."""

    def __init__(
        self,
        server: Server[TrackingSource],
        desk: Desk,
        board: Board,
        sync: SyncSettings,
        timing: Timing,
        projects: Sequence[ProjectSettings],
    ) -> None:
        self._server, self._desk, self._board, self._sync, self._timing = server, desk, board, sync, timing
        self.name = server.name
        named = {name for one in projects for name in (one.experiment, one.test_experiment) if name}
        self._named = sorted(named)
        self._all = not named or any(not one.experiment for one in projects)
        self._goes_on = True
        self._asked: datetime | None = None
        self._took = {RUNS: 0.0, ACTIVE: 0.0}
        self.progress = Progress(desk, self.name, self.name, "runs", timing)
        self._copy = RunsCopy(self.name, server, desk)
        self._past = TrackedPast(self.name, server, desk.store, self._copy, timing)
        self._sweep = Sweep(self.name, server, desk, self._copy)
        self._registry = Registry(self.name, server, desk, self._copy)
        self._views = Views(self.name, server, desk, self._copy)
        self._histories = Histories(self.name, server, desk, sync.medium)
        self._agenda = Agenda(timing, self._report, lambda: board.watched)
        self._outcomes: list[tuple[str, LinesideError | None]] = []
        self._said: dict[str, str] = {}
        self._news = asyncio.Event()
        self._changes: set[str] = set()
        self._changed = asyncio.Event()

    async def load(self) -> None:
        """Take up what the store knows."""
        await self.progress.load()
        await self._copy.load()
        self._registry.load()
        self._sweep.forget()
        agenda = self._agenda
        agenda.add(EXPERIMENTS, self._read_experiments, lambda: self._pace(self._sync.medium))
        agenda.add(ACTIVE, self._read_active, self._round, self._rank)
        agenda.add(RUNS, self._read_runs, self._runs_pace, self._rank)
        agenda.add(REGISTRY, self._registry.read, lambda: self._pace(self._sync.medium * ROUND))
        agenda.add(SWEEP, self._sweep_on, self._sweep_pace, lambda: Rank.BACKGROUND)
        agenda.add(VIEWS, self._read_views, lambda: self._sync.fast * PACE, lambda: Rank.PERSON)
        agenda.add(HISTORIES, self._read_histories, lambda: self._sync.fast * PACE, lambda: Rank.PERSON)

    async def run(self) -> None:
        """Synchronise until cancelled."""
        await self.load()
        async with asyncio.TaskGroup() as group:
            for rank in Rank:
                group.create_task(self._agenda.work(rank))
            group.create_task(self._write_outcomes())
            group.create_task(self._consider_changes())

    async def once(self) -> LinesideError | None:
        """Synchronise everything once; gives the first error."""
        self._goes_on = False
        await self.load()
        self._agenda.remove(SWEEP)
        await self._agenda.finish(set(Rank), rounds=ROUNDS)
        first = next((error for _, error in self._outcomes if error is not None), None)
        await self._report_outcomes()
        return first

    def wake(self) -> None:
        """Somebody looks at something else now."""
        self._agenda.soon(VIEWS)
        self._agenda.soon(HISTORIES)

    def refresh(self) -> None:
        """Somebody wants everything fresh."""
        self._views.forget()
        for name in (EXPERIMENTS, ACTIVE, RUNS, REGISTRY, VIEWS):
            self._agenda.soon(name, force=True)

    def tell(self, ids: Iterable[str]) -> None:
        """MLflow runs changed, perhaps their links."""
        self._changes.update(id for id in ids if id.startswith(f"{self.name}:"))
        self._changed.set()

    async def _consider_changes(self) -> None:
        """Find out which peaks of linked runs are wanted now."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            ids, self._changes = self._changes, set()
            self._registry.runs_changed(ids)
            lacking = False
            async for run in self._desk.each_of(TrackedRun, ids):
                lacking = self._histories.consider_peaks([run])
            if lacking:
                self._agenda.add(PEAKS, self._find_peaks, None, lambda: Rank.BACKGROUND)
            await asyncio.sleep(self._timing.watch)

    async def _read_experiments(self) -> None:
        if self._all:
            found = await self._server.call(lambda source: source.experiments())
        else:
            found = []
            for name in self._named:
                try:
                    found.append(await self._server.call(lambda source: source.experiment(name)))  # noqa: B023
                except NotFound as error:
                    await self.progress.outcome(f"experiment {name}", error)
                else:
                    await self.progress.outcome(f"experiment {name}", None)
        stored = await self._desk.store.get_many(Experiment, [one.id for one in found])
        counts = await self._desk.store.tally(TrackedRun, "experiment_id", where={"connection": self.name})
        counted = [replace(one, run_count=counts.get(one.experiment_id, 0)) for one in found]
        known, self._copy.experiments = self._copy.experiments, [one.experiment_id for one in found]
        await self._desk.put(self.name, counted)
        if self._copy.experiments != known:
            self._agenda.soon(ACTIVE)
            self._agenda.soon(RUNS)
        fresh = set(self._copy.experiments) - set(known)
        # What an engine before this one has filled in need not be read again.
        if not known and self._past.is_complete(self.progress, self._since()):
            fresh = {one.experiment_id for one in found if one.id not in stored}
        gone = set(known) - set(self._copy.experiments)
        for id in gone:
            await self._desk.edit(self.name, Experiment, git_id(self.name, id), _deleted)
        # The runs of an experiment that was deleted are deleted, too: reading them once more shows it.
        if changed := fresh | gone:
            self._past.wanted(changed)
            self._agenda.add(BACKFILL, self._backfill, None, lambda: Rank.BACKGROUND)

    async def _read_active(self) -> None:
        if self._copy.experiments:
            began = time.monotonic()
            await self._copy.read_active(self._rank())
            self._took[ACTIVE] = time.monotonic() - began

    async def _read_runs(self) -> None:
        if not self._copy.experiments:
            return
        began, asked, before = time.monotonic(), datetime.now(UTC), self._copy.changed
        since = (self._asked or self.progress.state.watermark or asked) - timedelta(seconds=OVERLAP)
        await self._copy.read_news(since, self._rank())
        self._asked, self._took[RUNS] = asked, time.monotonic() - began
        if self._copy.changed != before:
            await self._mark(asked)

    async def _mark(self, asked: datetime) -> None:
        """Write down how far the copy goes; not each time, and not for an unchanged server: the overlap covers that."""
        known = self.progress.state.watermark
        if known is None or asked - known > timedelta(seconds=OVERLAP / 2):
            await self.progress.seen(asked)

    async def _backfill(self) -> None:
        since = self._since()
        more = await self._past.fill(self.progress, since, again=self._goes_on)
        while more and not self._goes_on:
            more = await self._past.fill(self.progress, since, again=False)
        if more:
            self._agenda.soon(BACKFILL)

    async def _sweep_on(self) -> None:
        if self._copy.experiments and (self._sweep.under_way or self._is_sweep_due()):
            await self._sweep.step(self.progress, self._since())

    def _is_sweep_due(self) -> bool:
        last = self.progress.state.last_full
        if last is None:
            return self._past.is_complete(self.progress, self._since())
        return datetime.now(UTC) - last >= timedelta(seconds=self._timing.full_pass)

    async def _read_views(self) -> None:
        await self._views.read(await self._in_view(), slowed=self._runs_pace() > self._sync.fast * PACE)

    async def _in_view(self) -> list[str]:
        """Ids of the MLflow runs of this connection that somebody looks at, by themselves or through their run."""
        opened = self._board.ids("run")
        found = await self._desk.store.get_many(PipelineRun, sorted(opened)) if opened else {}
        ids = {*self._board.ids("metrics"), *opened, *(id for run in found.values() for id in run.mlflow_run_ids)}
        return sorted(id for id in ids if id.startswith(f"{self.name}:"))

    async def _read_histories(self) -> None:
        wanted = await self._histories.wanted(self._board.ids("metric"), self._board.ids("run"))
        if await self._histories.read(wanted):
            self._agenda.soon(HISTORIES)

    async def _find_peaks(self) -> None:
        while await self._histories.peaks():
            pass

    def _since(self) -> datetime:
        window = self._sync.history
        return datetime.now(UTC) - timedelta(seconds=window) if window else datetime(2011, 1, 1, tzinfo=UTC)

    def _rank(self) -> Rank:
        return Rank.PERSON if self._board.watched else Rank.ROUTINE

    def _pace(self, watched: float) -> float:
        if self._board.watched:
            return watched
        return self._sync.medium if self._copy.active else self._sync.slow

    def _runs_pace(self) -> float:
        return max(self._pace(self._sync.fast * PACE), self._took[RUNS] * EASE)

    def _round(self) -> float:
        return max(self._pace(self._sync.medium * ROUND), self._took[ACTIVE] * ROUND_EASE)

    def _sweep_pace(self) -> float:
        return self._sweep.pause if self._sweep.under_way else self._timing.full_pass / CHECKS

    def _report(self, name: str, error: LinesideError | None) -> None:
        if error is not None and self._said.get(name) != str(error):
            log.warning("%s: %s: %s", self.name, name, error)
        self._said[name] = str(error or "")
        self._outcomes.append((name, error))
        self._news.set()

    async def _write_outcomes(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._report_outcomes()
            await asyncio.sleep(self._timing.interests)

    async def _report_outcomes(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        for name, error in outcomes:
            await self.progress.outcome(name, error)


def _deleted(experiment: Experiment) -> Experiment:
    return replace(experiment, lifecycle_stage=DELETED)
