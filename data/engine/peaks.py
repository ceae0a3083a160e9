"""The greatest memory and processor use of MLflow runs that belong to runs: read once, when they have ended."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from data.engine.budget import Rank
from data.engine.courses import POINTS
from data.engine.desk import Desk
from data.engine.extremes import Point, extremes, with_extremes
from data.engine.server import Server
from data.engine.summary import CPU_METRIC, MEMORY_METRIC, is_system
from data.model import TrackedRun
from data.model.vocabulary import TRACKED_ACTIVE
from data.sources.mlflow import TrackingSource
from data.sources.mlflow.port import MAX_POINTS

AT_ONCE: Final = POINTS // MAX_POINTS
"""Runs of one round, so that each is asked for all the points that MLflow gives."""


class Peaks:
    """Finds them, for some runs in one request. The histories are not kept: nobody has asked to see them."""

    def __init__(self, name: str, server: Server[TrackingSource], desk: Desk) -> None:
        self._name, self._server, self._desk = name, server, desk
        self._waiting: dict[str, None] = {}

    def consider(self, runs: Iterable[TrackedRun]) -> bool:
        """Remember linked runs that have ended without their peaks being known; whether there are any."""
        for run in runs:
            if run.pipeline_run_id and run.status not in TRACKED_ACTIVE and _lacks(run):
                self._waiting[run.id] = None
        return bool(self._waiting)

    async def find(self) -> bool:
        """Find the peaks of some runs; false when there is none left."""
        ids = list(self._waiting)[:AT_ONCE]
        if not ids:
            return False
        runs = await self._desk.store.get_many(TrackedRun, ids)
        by_key: dict[str, list[str]] = {}
        for run in runs.values():
            for key in _lacks(run):
                by_key.setdefault(key, []).append(run.run_id)
        found: dict[str, dict[str, list[Point]]] = {}
        for key, run_ids in by_key.items():
            ask = partial(_ask, run_ids=run_ids, key=key)
            for tracked_id, points in (await self._server.call(ask, rank=Rank.BACKGROUND)).items():
                found.setdefault(tracked_id, {})[key] = points
        edits = {id: partial(with_extremes, found=points) for id, points in found.items()}
        await self._desk.edit_many(self._name, TrackedRun, edits)
        for id in ids:
            self._waiting.pop(id, None)
        return True


def _ask(source: TrackingSource, *, run_ids: list[str], key: str) -> dict[str, list[Point]]:
    series = source.histories(run_ids, key, max_points=MAX_POINTS)
    return {one.tracked_run_id: extremes(one) for one in series}


def _lacks(run: TrackedRun) -> list[str]:
    """System metrics of a run of which nobody has read the greatest value: its step would be known."""
    return [
        key
        for key, summary in run.metrics.items()
        if (is_system(key, MEMORY_METRIC) or is_system(key, CPU_METRIC)) and summary.max_step is None
    ]
