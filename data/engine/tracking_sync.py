"""Keeps an MLflow connection's experiments, runs and registry in the store (rules: MLflow docs, search runs)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from data.config import ProjectSettings, SyncSettings
from data.engine import merge
from data.engine.agenda import Agenda
from data.engine.board import Board
from data.engine.budget import Rank
from data.engine.desk import Desk
from data.engine.histories import Histories
from data.engine.progress import Progress
from data.engine.server import Server
from data.engine.timing import OVERLAP, Timing
from data.errors import Forbidden, LinesideError, NotFound, Refused
from data.model import ModelVersion, Record, RegisteredModel, TrackedRun, git_id
from data.model.vocabulary import TRACKED_ACTIVE
from data.sources.mlflow import TrackingSource
from data.store.port import Sort

log = logging.getLogger(__name__)

EXPERIMENTS: Final = "experiments"
RUNS: Final = "MLflow runs"
BACKFILL: Final = "MLflow history"
SWEEP: Final = "MLflow sweep"
REGISTRY: Final = "model registry"
HISTORIES: Final = "metric histories"
PEAKS: Final = "peaks"
PACE: Final = 2.5
"""Pace of MLflow while somebody looks, relative to the fast one: four searches each time, none of them cheap."""
REGISTRY_PACE: Final = 4
"""Pace of the model registry while somebody looks, relative to the medium one: it is read as a whole."""
MAX_STORED: Final = 100_000
"""Records of one kind that are compared with the server's."""
SHORT_HISTORY: Final = 1_000
"""Runs up to which a history is read again until nothing new comes."""
DELETED: Final = "deleted"
"""MLflow's lifecycle stage of what was deleted; what was removed altogether gets it, too."""
STARTED: Final = Sort("start", descending=True)
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
        self._experiments: list[str] = []
        self._unread: set[str] = set()
        self._goes_on = True
        self._active: set[str] = set()
        self.progress = Progress(desk, self.name, self.name, "runs", timing)
        self._histories = Histories(self.name, server, desk, sync.medium)
        self._agenda = Agenda(timing, self._report, lambda: board.watched)
        self._outcomes: list[tuple[str, LinesideError | None]] = []
        self._said: dict[str, str] = {}
        self._news = asyncio.Event()

    async def load(self) -> None:
        """Take up what the store knows."""
        await self.progress.load()
        where = {"connection": self.name, "status": sorted(TRACKED_ACTIVE)}
        self._active = {run.run_id for run in await self._desk.all(TrackedRun, where, limit=MAX_STORED)}
        agenda = self._agenda
        agenda.add(EXPERIMENTS, self._read_experiments, lambda: self._pace(self._sync.medium))
        agenda.add(RUNS, self._read_runs, lambda: self._pace(self._sync.fast * PACE), self._rank)
        agenda.add(REGISTRY, self._read_registry, lambda: self._pace(self._sync.medium * REGISTRY_PACE))
        agenda.add(SWEEP, self._sweep, lambda: self._timing.full_pass, lambda: Rank.BACKGROUND)
        agenda.add(HISTORIES, self._read_histories, lambda: self._sync.fast * PACE, lambda: Rank.PERSON)

    async def run(self) -> None:
        """Synchronise until cancelled."""
        await self.load()
        async with asyncio.TaskGroup() as group:
            for rank in Rank:
                group.create_task(self._agenda.work(rank))
            group.create_task(self._write_outcomes())

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
        self._agenda.soon(HISTORIES)

    def refresh(self) -> None:
        """Somebody wants everything fresh."""
        for name in (EXPERIMENTS, RUNS, REGISTRY):
            self._agenda.soon(name, force=True)

    async def changed(self, ids: Collection[str]) -> None:
        """MLflow runs changed, perhaps their links: the peaks of linked ones are wanted."""
        ours = [id for id in ids if id.startswith(f"{self.name}:")]
        runs = (await self._desk.store.get_many(TrackedRun, ours)).values()
        if self._histories.consider_peaks(runs):
            self._agenda.add(PEAKS, self._find_peaks, None, lambda: Rank.BACKGROUND)

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
        counts = await self._desk.store.tally(TrackedRun, "experiment_id", where={"connection": self.name})
        counted = [replace(one, run_count=counts.get(one.experiment_id, 0)) for one in found]
        known, self._experiments = self._experiments, [one.experiment_id for one in found]
        await self._desk.put(self.name, counted)
        if self._experiments != known:
            self._agenda.soon(RUNS)
        if fresh := set(self._experiments) - set(known):
            self._fill(fresh, first=not known)

    def _fill(self, experiments: set[str], *, first: bool) -> None:
        """Have the history of newly seen experiments read, unless that of the whole connection is there already."""
        reached = self.progress.state.backfilled_to
        if first and reached is not None and reached <= self._since() + timedelta(days=1):
            return
        self._unread |= experiments
        self._agenda.add(BACKFILL, self._backfill, None, lambda: Rank.BACKGROUND)

    async def _read_runs(self) -> None:
        if not self._experiments:
            return
        asked = datetime.now(UTC)
        since = (self.progress.state.watermark or asked) - timedelta(seconds=OVERLAP)
        active: set[str] = set()
        for status in sorted(TRACKED_ACTIVE):
            active |= {run.run_id for run in await self._pages(status=status)}
        await self._pages(started_after=since)
        ended = {run.run_id for run in await self._pages(ended_after=since)}
        missing = sorted(self._active - active - ended)
        self._active = active
        for run_id in missing:
            await self._one(run_id)
        await self.progress.seen(self._watermark(asked))

    def _watermark(self, asked: datetime) -> datetime | None:
        """Moved on rarely, so that a poll without news writes nothing; the overlap covers the rest."""
        known = self.progress.state.watermark
        return asked if known is None or asked - known > timedelta(seconds=OVERLAP / 2) else known

    async def _pages(
        self, *, status: str | None = None, started_after: datetime | None = None, ended_after: datetime | None = None
    ) -> list[TrackedRun]:
        runs: list[TrackedRun] = []
        token = ""
        while True:
            at = token
            page = await self._server.call(
                lambda source: source.runs(
                    self._experiments,
                    status=status,
                    started_after=started_after,
                    ended_after=ended_after,
                    page_token=at,  # noqa: B023
                ),
                rank=self._rank(),
            )
            runs += await self._take(page.runs)
            token = page.next_token
            if not token:
                return runs

    async def _one(self, run_id: str) -> None:
        try:
            await self._take([await self._server.call(lambda source: source.run(run_id))])
        except NotFound:
            await self._removed([git_id(self.name, run_id)])

    async def _take(self, runs: Sequence[TrackedRun]) -> list[TrackedRun]:
        return await self._desk.merge(self.name, TrackedRun, runs, merge.tracked)

    async def _backfill(self) -> None:
        """Read the history of the experiments that have not been read.

        A short history is read until nothing new comes: a job that fills one in writes runs with early start times,
        which no question for what started lately would find.
        """
        start, experiments = self._since(), sorted(self._unread)
        while experiments:
            read, new = await self._read_history(experiments, start)
            if not new or read > SHORT_HISTORY or not self._goes_on:
                break
            await asyncio.sleep(self._timing.history)
        self._unread -= set(experiments)
        await self.progress.backfilled(start)

    async def _read_history(self, experiments: list[str], start: datetime) -> tuple[int, int]:
        """Read all runs since `start`; how many there are, and how many of them were not known."""
        read = new = 0
        token = ""
        while True:
            at = token
            page = await self._server.call(
                lambda source: source.runs(experiments, started_after=start, page_token=at),  # noqa: B023
                rank=Rank.BACKGROUND,
            )
            read += len(page.runs)
            known = await self._desk.store.get_many(TrackedRun, [run.id for run in page.runs])
            new += len(page.runs) - len(known)
            await self._take(page.runs)
            token = page.next_token
            if not token:
                return read, new

    async def _sweep(self) -> None:
        """Everything of the window again: finds what was deleted, restored, renamed or tagged afterwards."""
        last, start = self.progress.state.last_full, self._since()
        if not self._experiments or self.progress.state.backfilled_to is None:
            return
        if last is not None and datetime.now(UTC) - last < timedelta(seconds=self._timing.full_pass):
            return
        seen: set[str] = set()
        token = ""
        while True:
            at = token
            page = await self._server.call(
                lambda source: source.runs(self._experiments, started_after=start, page_token=at),  # noqa: B023
                rank=Rank.BACKGROUND,
            )
            seen |= {run.id for run in await self._take(page.runs)}
            token = page.next_token
            if not token:
                break
        where = {"connection": self.name, "experiment_id": self._experiments, "lifecycle_stage": "active"}
        stored = await self._desk.all(TrackedRun, where, limit=MAX_STORED, sort=STARTED)
        old = datetime.now(UTC) - timedelta(seconds=OVERLAP)
        await self._removed(
            [run.id for run in stored if run.id not in seen and run.start is not None and start < run.start < old]
        )
        await self.progress.passed()

    async def _removed(self, ids: Sequence[str]) -> None:
        for id in ids:
            await self._desk.edit(self.name, TrackedRun, id, lambda now: replace(now, lifecycle_stage=DELETED))

    async def _read_registry(self) -> None:
        try:
            models = await self._server.call(lambda source: source.registered_models())
            versions = await self._server.call(lambda source: source.model_versions())
        except (NotFound, Forbidden, Refused) as error:
            log.debug("%s: there is no model registry to read: %s", self.name, error)
            return
        makers = [git_id(self.name, one.run_id) for one in versions if one.run_id]
        runs = await self._desk.store.get_many(TrackedRun, makers)
        linked = [_made_by(one, runs.get(git_id(self.name, one.run_id))) for one in versions]
        await self._desk.put(self.name, [*models, *linked])
        await self._forget(RegisteredModel, {one.id for one in models})
        await self._forget(ModelVersion, {one.id for one in versions})

    async def _forget(self, kind: type[Record], kept: set[str]) -> None:
        stored = await self._desk.all(kind, {"connection": self.name}, limit=MAX_STORED)
        gone = [one.id for one in stored if one.id not in kept]
        if gone:
            await self._desk.store.delete(kind, gone)

    async def _read_histories(self) -> None:
        wanted = await self._histories.wanted(self._board.ids("metrics"), self._board.ids("run"))
        await self._histories.read(wanted)

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
        return self._sync.medium if self._active else self._sync.slow

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


def _made_by(version: ModelVersion, run: TrackedRun | None) -> ModelVersion:
    if run is None:
        return version
    return replace(version, tracked_run_id=run.id, pipeline_run_id=run.pipeline_run_id)
