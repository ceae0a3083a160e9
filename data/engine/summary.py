"""What a run says of its MLflow runs: metrics, params, data, model, use. Pure.

A search may have hundreds of them with thousands of metrics each, so they are taken in one after the other, in any
order, and nothing of them is kept but what ends up in the run.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeGuard, TypeVar

from msgspec.structs import replace

from data.engine.link import ORDER
from data.model import JobRun, Link, PipelineRun, TrackedRun, git_id
from data.model.run import SUMMED_UP

MAX_TEXT: Final = 1_000
"""Characters of a param that a run repeats; the MLflow run has all of it."""
SYSTEM: Final = "system/"
"""Beginning of the names of MLflow's system metrics (MLflow docs, system metrics)."""
MEMORY_METRIC: Final = "system_memory_usage_megabytes"
"""System metric for memory, behind `system/` or `system/<node>/`."""
CPU_METRIC: Final = "cpu_utilization_percentage"
"""System metric for the processor."""
TRAINING: Final = "train"
"""What the context of a data set (tag `mlflow.data.context`) has in it when a model was trained on that."""
NOTHING: Final[Mapping[str, Any]] = {
    "mlflow_run_ids": (), "link": None, "metrics": {}, "params": {}, "experiment": "", "dataset": "", "model": "",
    "max_memory_usage": None, "max_cpu_usage": None,
}  # fmt: skip
"""What a run without MLflow runs has of them."""

V = TypeVar("V")


class Weight(NamedTuple):
    """How much an MLflow run counts among those of one run; of two values that of the greater weight is told.

    The newest counts most; but those that are no longer there count less than all others, and nested ones, such as the
    trials of a search, less than those that nothing is above.
    """

    there: bool
    top: bool
    start: float
    id: str


class Told(NamedTuple):
    """A word that one MLflow run says of all."""

    weight: Weight
    text: str


class Use(NamedTuple):
    """The greatest use of memory (megabytes) and processor (per cent) that is known."""

    memory: float | None = None
    cpu: float | None = None

    def and_of(self, run: TrackedRun) -> Use:
        """This, and that of a run."""
        return Use(greatest(run, MEMORY_METRIC, self.memory), greatest(run, CPU_METRIC, self.cpu))


class Summary:
    """The MLflow runs of one run, as far as they were taken in. It is the same whatever their order."""

    def __init__(self) -> None:
        self._weights: dict[str, Weight] = {}
        self._metrics: dict[str, tuple[Weight, float]] = {}
        self._params: dict[str, tuple[Weight, str]] = {}
        self._experiment: Told | None = None
        self._dataset: Told | None = None
        self._model: Told | None = None
        self._by = ""
        self._use = Use()
        self._of_jobs: dict[str, Use] = {}

    def __contains__(self, tracked_id: str) -> bool:
        return tracked_id in self._weights

    def __len__(self) -> int:
        return len(self._weights)

    @property
    def experiment_id(self) -> str:
        """Id of the `Experiment` of the run that counts most."""
        return self._experiment.text if self._experiment else ""

    @property
    def jobs(self) -> Mapping[str, Use]:
        """What the MLflow runs of each job used, by its id."""
        return self._of_jobs

    def add(self, run: TrackedRun) -> None:
        """Take in an MLflow run."""
        weight = _weight(run)
        self._weights[run.id] = weight
        self._by = min(self._by or run.linked_by, run.linked_by, key=lambda by: ORDER.get(by, len(ORDER)))
        numbers = ((key, one.last) for key, one in run.metrics.items())
        _take(self._metrics, weight, ((key, last) for key, last in numbers if is_number(last)))
        _take(self._params, weight, run.params.items())
        self._experiment = _later(self._experiment, weight, git_id(run.connection, run.experiment_id))
        self._dataset = _later(self._dataset, weight, _data(run))
        self._model = _later(self._model, weight, min(run.models, default=""))
        self._use = self._use.and_of(run)
        if run.job_run_id:
            self._of_jobs[run.job_run_id] = self._of_jobs.get(run.job_run_id, Use()).and_of(run)

    def told(self, run: PipelineRun, experiment: str) -> PipelineRun:
        """The run with what its MLflow runs say; `experiment` is the name of the one of `experiment_id`."""
        if not self._weights:
            launched = run.link is None or run.link.by == "launch"
            return run if launched else replace(run, **NOTHING)
        # A maximum that was seen counts on, unless it may be that of an MLflow run that belongs elsewhere now.
        same = self._weights.keys() >= set(run.mlflow_run_ids)
        return replace(
            run,
            mlflow_run_ids=tuple(sorted(self._weights, key=self._weights.__getitem__)),
            link=Link(by=self._by, certain=self._by != "commit"),
            metrics={key: value for key, (_, value) in _first(self._metrics)},
            params={key: _cut(value) for key, (_, value) in _first(self._params)},
            experiment=experiment,
            dataset=self._dataset.text if self._dataset else "",
            model=self._model.text if self._model else "",
            max_memory_usage=_max(self._use.memory, run.max_memory_usage if same else None),
            max_cpu_usage=_max(self._use.cpu, run.max_cpu_usage if same else None),
        )


def used(job: JobRun, use: Use) -> JobRun:
    """A job with what its MLflow runs used; a maximum that was seen counts on."""
    return replace(job, memory_usage=_max(use.memory, job.memory_usage), cpu_usage=_max(use.cpu, job.cpu_usage))


def greatest(run: TrackedRun, metric: str, known: float | None = None) -> float | None:
    """The greatest value that a system metric of a run had on any of its nodes, or `known` where that is greater."""
    summaries = [value for key, value in run.metrics.items() if is_system(key, metric)]
    return _max(known, *(value for one in summaries for value in (one.max, one.last) if is_number(value)))


def is_system(key: str, metric: str) -> bool:
    """Whether `key` is this system metric: of the only node, or of a named one, as `system/<node>/<metric>`."""
    return key.startswith(SYSTEM) and key.rpartition("/")[2] == metric


def is_number(value: float | None) -> TypeGuard[float]:
    """Whether a metric's value is neither NaN nor infinite; MLflow stores the greatest double for an infinity."""
    return value is not None and math.isfinite(value) and abs(value) < sys.float_info.max


def _weight(run: TrackedRun) -> Weight:
    """Runs whose creator gave no start time count as the oldest."""
    start = run.start.timestamp() if run.start else -math.inf
    return Weight(run.lifecycle_stage == "active", not run.parent_run_id, start, run.id)


def _take(into: dict[str, tuple[Weight, V]], weight: Weight, values: Iterable[tuple[str, V]]) -> None:
    for key, value in values:
        known = into.get(key)
        if known is None or known[0] < weight:
            into[key] = weight, value
    if len(into) > 2 * SUMMED_UP:
        # A name that yields to so many others does so whatever is taken in later.
        kept = dict(_first(into))
        into.clear()
        into.update(kept)


def _first(values: Mapping[str, V]) -> list[tuple[str, V]]:
    """The names of people's own before those that MLflow gives, in order, as `data.store.specification` has them."""
    names = sorted(values, key=lambda key: (key.startswith((SYSTEM, "mlflow.")), key))
    return [(name, values[name]) for name in names[:SUMMED_UP]]


def _later(known: Told | None, weight: Weight, text: str) -> Told | None:
    return Told(weight, text) if text and (known is None or known.weight < weight) else known


def _data(run: TrackedRun) -> str:
    """The data set that a run was trained on, else its first one."""
    if not run.datasets:
        return ""
    chosen = next((one for one in run.datasets if TRAINING in one.context.lower()), run.datasets[0])
    return f"{chosen.name}@{chosen.digest}" if chosen.digest else chosen.name


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _max(*values: float | None) -> float | None:
    return max((value for value in values if value is not None), default=None)
