"""Metric histories over REST: sampled by the server where it can, else whole and sampled here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.errors import NotFound
from data.model import MetricSeries
from data.sources.faults import understood
from data.sources.mlflow.errors import NoEndpoint
from data.sources.mlflow.mapping import Row, joined, series, whole
from data.sources.mlflow.transport import Params, Transport

FIRST_STEP: Final = -(2**63)
LAST_STEP: Final = 2**63 - 1
"""Steps that stand for all: MLflow's SQLite store is fifty times faster when a range of steps is given."""
MAX_RUNS: Final = 100
"""Runs of one sampled history (MLflow source, server/handlers.py)."""
MAX_SAMPLED: Final = 2500
"""Points of each run in a sampled history (same source)."""
HISTORY_PAGE: Final = 1000
"""Points of a page of a whole history: the most that GitLab's MLflow gives."""
MAX_HISTORY_PAGES: Final = 200
"""Pages of a whole history that are read."""
LONG: Final = 100_000
"""Last step from which a history may be long: an even sample costs MLflow 2 µs for each point that there is."""
SKETCH_PARTS: Final = 24
"""The last of the parts, from 0 on, that make a sketch of a long history; each is a request of some 7 ms."""
SKETCH_STEPS: Final = 40
"""Steps of each of these parts."""


class Histories:
    """Reads histories of one connection; remembers whether its server samples them."""

    def __init__(self, name: str, http: Transport, *, samples: bool = True) -> None:
        self._name, self._http, self._samples = name, http, samples

    def read(
        self, run_ids: Sequence[str], key: str, max_points: int, start_step: int | None, end_step: int | None
    ) -> list[MetricSeries]:
        """See `TrackingSource.histories`."""
        first = FIRST_STEP if start_step is None else start_step
        last = LAST_STEP if end_step is None else end_step
        limit = min(max(max_points, 2), MAX_SAMPLED)
        found: list[MetricSeries] = []
        for at in range(0, len(run_ids), MAX_RUNS):
            found += self._chunk(run_ids[at : at + MAX_RUNS], key, limit, first, last)
        return [history for history in found if history.steps]

    def sketch(self, run_ids: Sequence[str], key: str, last_step: int, parts: Sequence[int]) -> list[MetricSeries]:
        """See `TrackingSource.sketch`."""
        if last_step < LONG or not self._samples:
            return []
        found: dict[str, list[MetricSeries]] = {}
        for part in parts:
            first = max(part * last_step // SKETCH_PARTS - (SKETCH_STEPS - 1 if part == SKETCH_PARTS else 0), 0)
            try:
                some = self._sampled(run_ids, key, SKETCH_STEPS, first, first + SKETCH_STEPS - 1)
            except NoEndpoint:
                self._samples = False
                return []
            except NotFound:  # who asks for an even sample finds out which run that is
                return []
            for one in some:
                if one.steps:
                    found.setdefault(one.tracked_run_id, []).append(one)
        return [joined(parts_of_run) for parts_of_run in found.values() if 2 * len(parts_of_run) > len(parts)]

    def _chunk(self, run_ids: Sequence[str], key: str, limit: int, first: int, last: int) -> list[MetricSeries]:
        if self._samples:
            try:
                return self._sampled(run_ids, key, limit, first, last)
            except NoEndpoint:
                self._samples = False
            except NotFound:
                if len(run_ids) == 1:
                    return []
                # one unknown run spoils the whole request
                return [found for run_id in run_ids for found in self._chunk([run_id], key, limit, first, last)]
        return [self._whole(run_id, key, limit, first, last) for run_id in run_ids]

    def _sampled(self, run_ids: Sequence[str], key: str, limit: int, first: int, last: int) -> list[MetricSeries]:
        """One request for many runs. The server does not say whether it sampled: a full run of points may be."""
        params: Params = {
            "run_ids": list(run_ids),
            "metric_key": key,
            "max_results": limit,
            "start_step": first,
            "end_step": last,
        }
        found = self._http.get("/metrics/get-history-bulk-interval", f"the history of {key}", params)
        points: dict[str, list[Row]] = {run_id: [] for run_id in run_ids}
        with understood(self._http.server, f"the history of {key}"):
            for row in found.get("metrics") or ():
                points[str(row["run_id"])].append(row)
            return [
                series(self._name, run_id, key, rows, max_points=limit, sampled=len(rows) >= limit)
                for run_id, rows in points.items()
            ]

    def _whole(self, run_id: str, key: str, limit: int, first: int, last: int) -> MetricSeries:
        params: dict[str, str | int | list[str]] = {"run_id": run_id, "metric_key": key, "max_results": HISTORY_PAGE}
        points: list[Row] = []
        cut = True
        for _ in range(MAX_HISTORY_PAGES):
            try:
                found = self._http.get("/metrics/get-history", f"the history of {key}", params)
            except NoEndpoint:
                raise
            except NotFound:
                found = {}
            points += found.get("metrics") or ()
            token = str(found.get("next_page_token") or "")
            if not token:
                cut = False
                break
            params["page_token"] = token
        inside = [row for row in points if first <= whole(row.get("step")) <= last]
        with understood(self._http.server, f"the history of {key}"):
            return series(self._name, run_id, key, inside, max_points=limit, sampled=cut)
