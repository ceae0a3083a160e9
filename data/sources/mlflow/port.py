"""What Lineside asks an MLflow, however it is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from data.model import Connection, Experiment, MetricSeries, ModelVersion, RegisteredModel, TrackedRun

MAX_PAGE: Final = 200
"""Runs of one page: about 1.4 MB, parsed in some ten milliseconds; larger pages are no faster."""
MAX_POINTS: Final = 2000
"""Points of a metric's history that are read; MLflow samples at most 2,500 of each run."""


class TrackedPage(NamedTuple):
    """One page of runs; `next_token` is empty on the last.

    Tokens are offsets into the newest-first list: a run that starts meanwhile makes a row come twice.
    """

    runs: list[TrackedRun]
    next_token: str


class TrackingSource(Protocol):
    """An MLflow connection; used by one thread at a time.

    Raises (every method):
        SourceError: `Unreachable`, `Unauthorized`, `Forbidden`, `NotFound`, `Refused`, `RateLimited` or `BadAnswer`.
    """

    def probe(self) -> Connection:
        """Who and what answers there; raises when nothing usable does."""
        ...

    def experiments(self) -> list[Experiment]:
        """All experiments that are not deleted."""
        ...

    def experiment(self, name_or_id: str) -> Experiment:
        """One experiment by its name or id."""
        ...

    def runs(
        self,
        experiment_ids: Sequence[str],
        *,
        status: str | None = None,
        started_after: datetime | None = None,
        ended_after: datetime | None = None,
        run_ids: Sequence[str] = (),
        limit: int = MAX_PAGE,
        page_token: str = "",
    ) -> TrackedPage:
        """A page of runs for which all conditions hold, deleted ones included (`lifecycle_stage`), newest start first.

        A run whose creator gave no start time is found by none of the time conditions.
        """
        ...

    def run(self, run_id: str) -> TrackedRun:
        """One run."""
        ...

    def histories(
        self,
        run_ids: Sequence[str],
        key: str,
        *,
        max_points: int = MAX_POINTS,
        start_step: int | None = None,
        end_step: int | None = None,
    ) -> list[MetricSeries]:
        """The history of a metric in several runs, in the order of steps; steps are inclusive.

        At most `max_points` of each, sampled evenly with the first and the last one kept. Runs without the metric are
        left out.
        """
        ...

    def registered_models(self) -> list[RegisteredModel]:
        """All names in the model registry."""
        ...

    def model_versions(self) -> list[ModelVersion]:
        """All versions in the model registry, with their aliases."""
        ...

    def create_run(self, experiment_id: str, *, name: str, tags: Mapping[str, str], start: datetime) -> TrackedRun:
        """Make a run for a job to resume. It is left SCHEDULED, or RUNNING when the second call failed."""
        ...

    def set_status(self, run_id: str, status: str, end: datetime | None) -> None:
        """Write a status; `end` is written with a final one."""
        ...

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        """Write a tag."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...
