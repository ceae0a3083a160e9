"""What runs and the MLflow runs linked with them say together: all metrics and params, which a run's record cuts."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from data.model import MetricSummary, PipelineRun, TrackedRun
from data.model.run import SUMMED_UP

if TYPE_CHECKING:
    from data.store.port import Store

FEW: Final = 8
"""MLflow runs of a run that are read for what its record leaves out: names, values that are no number, long texts."""
CUT: Final = "…"
"""End of a param that a run's record has cut."""


async def read_linked(store: Store, runs: Iterable[PipelineRun], few: int = FEW) -> dict[str, list[TrackedRun]]:
    """The MLflow runs of those runs that have at most `few` of them, or whose records may lack names; by the run's id.

    They are in the order of `PipelineRun.mlflow_run_ids`: the last one counts most.
    """
    wanted = [run for run in runs if len(run.mlflow_run_ids) <= few or may_lack_names(run)]
    ids = sorted({id_ for run in wanted for id_ in run.mlflow_run_ids})
    found = await store.get_many(TrackedRun, ids) if ids else {}
    return {run.id: [found[id_] for id_ in run.mlflow_run_ids if id_ in found] for run in wanted}


def may_lack_names(run: PipelineRun) -> bool:
    """Whether its MLflow runs may have params or metrics that its own record does not name."""
    return not (0 < len(run.params) < SUMMED_UP and 0 < len(run.metrics) < SUMMED_UP)


def metrics_of(run: PipelineRun, tracked: Sequence[TrackedRun]) -> dict[str, float]:
    """The last value of every metric: the record's, else that of the MLflow run that counts most, NaN among them."""
    return {**last_values(tracked), **run.metrics}


def last_values(tracked: Iterable[TrackedRun]) -> dict[str, float]:
    """Last values of MLflow runs, later runs before others; MLflow's null is NaN, its greatest double infinity."""
    return {key: _meant(one.last) for run in tracked for key, one in run.metrics.items()}


def params_of(run: PipelineRun, tracked: Sequence[TrackedRun]) -> dict[str, str]:
    """Every param with all of its value."""
    whole = {key: value for one in tracked for key, value in one.params.items()}
    known = {key: value for key, value in run.params.items() if not _is_cut(value, whole.get(key, ""))}
    return {**whole, **known}


def summary_of(run: PipelineRun, tracked: Sequence[TrackedRun], key: str) -> MetricSummary | None:
    """The metric of the MLflow run whose last value is that of the run; None where no MLflow run has it."""
    value = run.metrics.get(key)
    having = [one.metrics[key] for one in reversed(tracked) if key in one.metrics]
    return next((one for one in having if value is None or one.last == value), None)


def _meant(value: float | None) -> float:
    if value is None:
        return math.nan
    return value if abs(value) < sys.float_info.max else math.copysign(math.inf, value)


def _is_cut(value: str, whole: str) -> bool:
    return value.endswith(CUT) and len(whole) > len(value) and whole.startswith(value.removesuffix(CUT))
