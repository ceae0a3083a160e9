"""What Lineside asks an MLflow, however it is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol, Unpack

from data.model import Artifact, Connection, Experiment, MetricSeries, ModelVersion, RegisteredModel, TrackedRun
from data.sources.mlflow.filters import Conditions

MAX_PAGE: Final = 200
"""Most runs of one page; there are fewer where a run is large (`pagesize`)."""
MAX_POINTS: Final = 2000
"""Points of a metric's history that are read; MLflow samples at most 2,500 of each run."""
MAX_MODELS: Final = 20
"""Models of one run that are asked for by name."""


class TrackedPage(NamedTuple):
    """One page of runs; `next_token` is empty on the last.

    Tokens are offsets into the newest-first list: a run that starts meanwhile makes a row come twice. Where a server
    takes one experiment at a time, the list is `ordered` within each of them only.
    """

    runs: list[TrackedRun]
    next_token: str
    ordered: bool = True


class TrackedDetail(NamedTuple):
    """One run with the models that it logged and used, as artifacts of type `MODEL`."""

    run: TrackedRun
    models: list[Artifact]


class TrackingSource(Protocol):
    """An MLflow connection; used by one thread at a time.

    Raises (every method):
        SourceError: `Unreachable`, `Unauthorized`, `Forbidden`, `NotFound`, `Refused`, `RateLimited` or `BadAnswer`.
    """

    def probe(self) -> Connection:
        """Who and what answers there; raises when nothing usable does."""
        ...

    @property
    def received(self) -> int:
        """Bytes of answers so far; 0 where nothing comes over a network."""
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
        limit: int = MAX_PAGE,
        page_token: str = "",
        **wanted: Unpack[Conditions],
    ) -> TrackedPage:
        """A page of at most `limit` runs for which all conditions hold, deleted ones included (`lifecycle_stage`),
        newest start first; those without a start time come last.
        """
        ...

    def run(self, run_id: str) -> TrackedRun:
        """One run."""
        ...

    def detail(self, run_id: str) -> TrackedDetail:
        """One run with its models, which pages of runs do not tell (MLflow 3 docs, logged models)."""
        ...

    def artifacts(self, run_id: str, path: str = "") -> list[Artifact]:
        """What lies in one folder of a run's artifacts; folders have the metadata `folder`."""
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

    def sketch(self, run_ids: Sequence[str], key: str, last_step: int, parts: Sequence[int]) -> list[MetricSeries]:
        """A quick picture of histories that go up to `last_step`, made of some short parts of them.

        For a metric of a million points, whose even sample costs the server seconds. `parts` are some of the numbers
        from 0 to `SKETCH_PARTS`, evenly spread over the steps. Runs of which too little was found are left out; none is
        told where an even sample is as quick.
        """
        ...

    def registered_models(self) -> list[RegisteredModel]:
        """All names in the model registry."""
        ...

    def model_versions(self, models: Sequence[RegisteredModel] | None = None) -> list[ModelVersion]:
        """All versions in the model registry, with their aliases, which are those of `models` where these are given."""
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
