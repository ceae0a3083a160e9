"""Metric histories of what is on a screen: sampled, many runs at once, and continued where that is cheaper."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from data.engine.budget import Rank
from data.engine.courses import Held, Request, alike, joined, points_of, requests, steps_of, stored
from data.engine.desk import Desk
from data.engine.extremes import Point, extremes, with_extremes
from data.engine.peaks import Peaks
from data.engine.server import Server
from data.engine.wanted import Course, Wish, only, plan, read_wish
from data.engine.windows import Windows
from data.errors import NotFound, Refused
from data.model import MetricSeries, MetricSummary, PipelineRun, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from data.sources.mlflow import TrackingSource
from data.sources.mlflow.history import LONG, SKETCH_PARTS
from data.sources.mlflow.mapping import joined as joined_parts
from data.sources.mlflow.port import MAX_POINTS

log = logging.getLogger(__name__)

GROWN: Final = 4000
"""Points of a continued history beyond which it is sampled anew."""
SLICE: Final = 1.0
"""Seconds after which other work on the connection has its turn, and new wishes are heard."""
GATHER: Final = 5.0
"""Seconds for which extremes are gathered while there is more to read."""
REMEMBERED: Final = 100_000
"""Histories of which we remember how far they were read."""
REST: Final = 20.0
"""A history is sampled anew after so many times as long as that took: of a million points it takes seconds."""
STAGES: Final = tuple(
    tuple(part for part in range(SKETCH_PARTS + 1) if (part % 3 == 0) is first) for first in (True, False)
)
"""Parts of a sketch that are read together, and drawn: a third of them first, then those between."""
ABREAST: Final = 2
"""Requests of a sketch that are sent at a time: as many as a connection has workers."""

Mark = tuple[float | None, int, object, bool]
"""What tells whether a history has gone on: last value, step, time, and whether its run may still log."""


class Reading(NamedTuple):
    """How a history was read last."""

    mark: Mark
    points: int
    """Points that were asked for; of a history that is here with all its points, as many as there can be."""
    anew_at: float = 0.0
    """When it may be sampled anew, by the monotonic clock."""
    sketch: int = 0
    """Stages of a sketch that it is made of; 0 for an even sample."""


class Histories:
    """Reads histories of one MLflow connection. `resample` is the least time between two samples of a long one."""

    def __init__(self, name: str, server: Server[TrackingSource], desk: Desk, resample: float) -> None:
        self._name, self._server, self._desk, self._resample = name, server, desk, resample
        self._readings: dict[str, Reading] = {}
        self._extremes: dict[str, dict[str, list[Point]]] = {}
        self._written = 0.0
        self._windows = Windows()
        self._peaks = Peaks(name, server, desk)

    async def wanted(self, metrics: Iterable[str], runs: Iterable[str]) -> list[str]:
        """Names of histories of this connection that viewers look at; those of the MLflow runs of `runs` are added."""
        found = await self._desk.store.get_many(PipelineRun, sorted(runs))
        names = {*metrics, *(id for run in found.values() for id in run.mlflow_run_ids)}
        return sorted(name for name in names if name.startswith(f"{self._name}:"))

    async def read(self, names: Collection[str]) -> bool:
        """Bring histories up to date (see `data.engine.wanted`), for a while; whether there is more to do."""
        wishes = [wish for name in names if (wish := read_wish(self._name, name)) is not None]
        by_run: dict[str, list[Wish]] = {}
        for wish in wishes:
            by_run.setdefault(wish.tracked_id, []).append(wish)
            if wish.course is not None and wish.course.window is not None:
                self._windows.looked_at(wish.tracked_id, wish.course.id(wish.tracked_id))
        runs = {run.id: only(run, by_run[run.id]) async for run in self._desk.each_of(TrackedRun, by_run)}
        more = await self._read(plan(wishes, runs))
        await self._write_extremes(last=not more)
        await self._drop_windows()
        return more

    def consider_peaks(self, runs: Iterable[TrackedRun]) -> bool:
        """Remember linked runs that ended with greatest memory and processor use unknown; whether there are any."""
        return self._peaks.consider(runs)

    async def peaks(self) -> bool:
        """Find the peaks of some of them; false when there is none left."""
        return await self._peaks.find()

    async def _read(self, courses: dict[Course, list[TrackedRun]]) -> bool:
        began = time.monotonic()
        asked = False
        for stage in range(len(STAGES)):
            for course, runs in courses.items():
                for group in alike(course, await self._to_sketch(stage, course, runs)):
                    if asked and time.monotonic() - began >= SLICE:
                        return True
                    await self._sketch(stage, course, group)
                    asked = True
        for course, runs in courses.items():
            for request in await self._requests(course, runs):
                if asked and time.monotonic() - began >= SLICE:
                    return True
                await self._ask(request)
                asked = True
        return False

    async def _requests(self, course: Course, runs: Sequence[TrackedRun]) -> list[Request]:
        """What has to be asked about a course, for all runs whose history has gone on."""
        limit = points_of(len(runs))
        changed = [run for run in runs if not self._is_fresh(course, run, limit)]
        ids = [course.id(run.id) for run in changed]
        held = await self._desk.store.get_many(MetricSeries, ids)
        whole: list[Held] = []
        further: list[Held] = []
        for run, series_id in zip(changed, ids, strict=True):
            one = Held(run, held.get(series_id))
            if series_id not in self._readings and _is_final(one, course):
                self._remember(course, run, Reading(_mark(course, run), limit))
                if one.series is not None and run.metrics[course.key].max_step is None:
                    self._gather(run, course, one.series)
            elif self._can_go_on(one, self._readings.get(series_id), limit):
                further.append(one)
            else:
                whole.append(one)
        return requests(course, whole, further)

    def _is_fresh(self, course: Course, run: TrackedRun, limit: int) -> bool:
        known = self._readings.get(course.id(run.id))
        return known is not None and known.mark == _mark(course, run) and not known.sketch and 2 * known.points >= limit

    def _can_go_on(self, one: Held, known: Reading | None, limit: int) -> bool:
        """Whether to ask for what came since only. When a run has ended all is read once more: points come late."""
        if one.series is None or one.last is None or one.run.status not in TRACKED_ACTIVE:
            return False
        if known is not None and (known.sketch or 2 * known.points < limit):
            return False
        grown = len(one.series.steps) > GROWN
        return not grown or (known is not None and time.monotonic() < known.anew_at)

    async def _ask(self, request: Request) -> None:
        course, (first, last) = request.course, request.steps
        names = [one.run.run_id for one in request.runs]
        began = time.monotonic()
        try:
            found = await self._server.call(
                lambda source: source.histories(
                    names, course.key, max_points=request.points, start_step=first, end_step=last
                ),
                rank=Rank.PERSON,
            )
        except (NotFound, Refused) as error:
            log.info("%s: the history of %s is not read: %s", self._name, course.key, error)
            found = []
        by_run = {series.tracked_run_id: series for series in found}
        took = time.monotonic() - began
        if request.start is not None and (cut := [run for run in request.runs if _is_cut(by_run.get(run.run.id))]):
            # More has come than one answer holds, so that it cannot be joined to what we have.
            await self._ask(Request(course, tuple(cut)))
            request = request._replace(runs=tuple(one for one in request.runs if one not in cut))
        await self._take(request, by_run, took)

    async def _take(self, request: Request, found: dict[str, MetricSeries], took: float) -> None:
        course, records = request.course, []
        for one in request.runs:
            more = found.get(one.run.id)
            if more is None and one.series is not None:
                continue
            whole = joined(one.series, more, request.start) if more is not None else None
            series = stored(course, one.run, whole)
            records.append(series)
            self._gather(one.run, course, series)
        await self._desk.put(self._name, records)
        anew_at = time.monotonic() + max(self._resample, REST * took)
        sampled = {series.tracked_run_id for series in records if series.sampled}
        for one in request.runs:
            known = self._readings.get(course.id(one.run.id))
            at = anew_at if request.start is None or known is None else known.anew_at
            points = request.points if one.run.id in sampled else MAX_POINTS
            self._remember(course, one.run, Reading(_mark(course, one.run), points, at))
            if course.window is not None:
                await self._find_windows(one.run.id, course.key)

    async def _to_sketch(self, stage: int, course: Course, runs: Iterable[TrackedRun]) -> list[Held]:
        """Runs whose long histories are drawn roughly first, since an even sample of them takes seconds, and have come
        to this stage.
        """
        wanted: dict[str, TrackedRun] = {}
        for run in runs if course.window is None else ():
            known = self._readings.get(course.id(run.id))
            if (known is None and not stage and run.metrics[course.key].step >= LONG) or (
                known is not None and known.sketch == stage > 0
            ):
                wanted[course.id(run.id)] = run
        held = await self._desk.store.get_many(MetricSeries, list(wanted)) if wanted else {}
        return [Held(run, held.get(id)) for id, run in wanted.items() if stage or id not in held]

    async def _sketch(self, stage: int, course: Course, group: Sequence[Held]) -> None:
        """Read the parts of a stage for some runs, and join them with those of the stage before."""
        names, last = [one.run.run_id for one in group], steps_of(course, group[0])
        asks = [
            partial(_sketched, run_ids=names, key=course.key, last=last, parts=STAGES[stage][at::ABREAST])
            for at in range(ABREAST)
        ]
        try:
            answers = await asyncio.gather(*(self._server.call(ask, rank=Rank.PERSON) for ask in asks))
        except (NotFound, Refused) as error:
            log.info("%s: %s is not sketched: %s", self._name, course.key, error)
            answers = []
        records = []
        for one in group:
            parts = [part for found in answers for part in found if part.tracked_run_id == one.run.id]
            if parts:
                whole = joined_parts([*parts, *([one.series] if one.series is not None else [])])
                records.append(stored(course, one.run, whole))
            done = stage + 1 if parts else len(STAGES)
            self._remember(course, one.run, Reading(_mark(course, one.run), points_of(len(group)), sketch=done))
        await self._desk.put(self._name, records)

    def _gather(self, run: TrackedRun, course: Course, series: MetricSeries) -> None:
        self._extremes.setdefault(run.id, {}).setdefault(course.key, []).extend(extremes(series))

    def _remember(self, course: Course, run: TrackedRun, reading: Reading) -> None:
        if len(self._readings) >= REMEMBERED:
            self._readings.clear()
        self._readings[course.id(run.id)] = reading

    async def _write_extremes(self, *, last: bool) -> None:
        """Write the extremes of many metrics at once: each time a run is written, it is written whole."""
        now = time.monotonic()
        if not self._extremes or (now - self._written < GATHER and not last):
            return
        self._written, found, self._extremes = now, self._extremes, {}
        edits = {id: partial(with_extremes, found=points) for id, points in found.items()}
        await self._desk.edit_many(self._name, TrackedRun, edits)

    async def _find_windows(self, tracked_id: str, key: str) -> None:
        """Parts of this metric that an earlier engine has left are dropped, too, in their time."""
        if self._windows.is_new(tracked_id, key):
            where = {"tracked_run_id": tracked_id, "key": key}
            page = await self._desk.store.page(MetricSeries, where=where, limit=1000)
            self._windows.found(tracked_id, [one.id for one in page.records if one.window is not None])

    async def _drop_windows(self) -> None:
        dropped = self._windows.take_dropped()
        for series_id in dropped:
            self._readings.pop(series_id, None)
        if dropped:
            await self._desk.delete(self._name, MetricSeries, dropped)


def _sketched(
    source: TrackingSource, *, run_ids: Sequence[str], key: str, last: int, parts: Sequence[int]
) -> list[MetricSeries]:
    return source.sketch(run_ids, key, last, parts)


def _is_cut(more: MetricSeries | None) -> bool:
    return more is not None and more.sampled


def _mark(course: Course, run: TrackedRun) -> Mark:
    """What changes when the history may have changed; a part that the run has passed changes no more."""
    summary: MetricSummary = run.metrics[course.key]
    active = run.status in TRACKED_ACTIVE
    if course.window is not None and summary.step > course.window[1]:
        return None, course.window[1], None, active
    return summary.last, summary.step, summary.time, active


def _is_final(one: Held, course: Course) -> bool:
    """Whether what the store has of a run that has ended was read after its end."""
    run, series = one.run, one.series
    if series is None or run.status in TRACKED_ACTIVE:
        return False
    if run.end is not None and series.fetched is not None:
        return series.fetched >= run.end
    return course.window is not None or (bool(series.steps) and series.steps[-1] >= run.metrics[course.key].step)
