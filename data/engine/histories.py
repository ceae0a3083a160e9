"""Metric histories of what is on a screen: sampled, and continued where that is cheaper than reading them again."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from data.engine.budget import Rank
from data.engine.desk import Desk
from data.engine.link import CPU_METRIC, MEMORY_METRIC
from data.engine.server import Server
from data.model import MetricSeries, MetricSummary, PipelineRun, TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from data.sources.mlflow import TrackingSource

MAX_KEYS: Final = 200
"""Metrics of one run whose histories are read."""
GROWN: Final = 4000
"""Points of a continued history beyond which it is sampled anew."""
SYSTEM: Final = (MEMORY_METRIC, CPU_METRIC)
"""Metrics whose maxima are wanted of every linked run."""


class Histories:
    """Reads histories of one MLflow connection."""

    def __init__(self, name: str, server: Server[TrackingSource], desk: Desk, resample: float) -> None:
        self._name, self._server, self._desk, self._resample = name, server, desk, resample
        self._read: dict[str, tuple[MetricSummary, float]] = {}
        self._peaks: deque[str] = deque()

    async def wanted(self, metrics: Iterable[str], runs: Iterable[str]) -> list[str]:
        """MLflow runs of this connection behind the records that viewers look at."""
        found = await self._desk.store.get_many(PipelineRun, sorted(runs))
        ids = {*metrics, *(id for run in found.values() for id in run.mlflow_run_ids)}
        return sorted(id for id in ids if id.startswith(f"{self._name}:"))

    async def read(self, tracked_ids: list[str]) -> None:
        """Bring the histories of these MLflow runs up to date, one metric after the other."""
        for run in (await self._desk.store.get_many(TrackedRun, tracked_ids)).values():
            for key in sorted(run.metrics)[:MAX_KEYS]:
                await self._series(run, key, Rank.PERSON)

    def consider_peaks(self, runs: Iterable[TrackedRun]) -> bool:
        """Remember linked runs that ended with greatest memory and processor use unknown; whether there are any."""
        for run in runs:
            if run.pipeline_run_id and run.status not in TRACKED_ACTIVE and run.id not in self._peaks and _lacks(run):
                self._peaks.append(run.id)
        return bool(self._peaks)

    async def peaks(self) -> bool:
        """Find the maxima of one run; false when there is none left."""
        if not self._peaks:
            return False
        run = await self._desk.store.get(TrackedRun, self._peaks[0])
        for key in _lacks(run) if run is not None else ():
            assert run is not None
            await self._series(run, key, Rank.BACKGROUND)
        self._peaks.popleft()
        return True

    async def _series(self, run: TrackedRun, key: str, rank: Rank) -> None:
        summary, now = run.metrics[key], time.monotonic()
        held_id = f"{run.id}:{key}"
        known, read_at = self._read.get(held_id, (None, 0.0))
        if known is not None and (known.last, known.step, known.time) == (summary.last, summary.step, summary.time):
            return
        held = await self._desk.store.get(MetricSeries, held_id)
        if held is not None and known is None and run.status not in TRACKED_ACTIVE and _reaches(held, summary):
            self._read[held_id] = (summary, now)
            return
        if held is not None and held.sampled and known is not None and now - read_at < self._resample:
            return
        start = held.steps[-1] if held is not None and held.steps and not held.sampled else None
        if held is not None and len(held.steps) > GROWN:
            start = None
        found = await self._server.call(lambda source: source.histories([run.run_id], key, start_step=start), rank=rank)
        self._read[held_id] = (summary, now)
        if found:
            series = _joined(held, found[0], start)
            await self._desk.put(self._name, [series])
            await self._desk.edit(self._name, TrackedRun, run.id, lambda one: _with_extremes(one, key, series))


def _lacks(run: TrackedRun) -> list[str]:
    return [key for key in SYSTEM if key in run.metrics and run.metrics[key].max is None]


def _reaches(held: MetricSeries, summary: MetricSummary) -> bool:
    return bool(held.steps) and held.steps[-1] >= summary.step


def _joined(held: MetricSeries | None, more: MetricSeries, start: int | None) -> MetricSeries:
    """`more` begins with all points of step `start`, so those that are held of that step are replaced."""
    if held is None or start is None or more.sampled:
        return more
    kept = next((at for at, step in enumerate(held.steps) if step >= start), len(held.steps))
    return replace(
        more,
        steps=held.steps[:kept] + more.steps,
        times=held.times[:kept] + more.times,
        values=held.values[:kept] + more.values,
    )


def _with_extremes(run: TrackedRun, key: str, series: MetricSeries) -> TrackedRun:
    values = [value for value in series.values if value is not None and math.isfinite(value)]
    if key not in run.metrics or not values:
        return run
    summary = replace(run.metrics[key], min=min(values), max=max(values))
    return replace(run, metrics={**run.metrics, key: summary})
