"""What there is to compare of a run: its params, metrics, variables, tags, and what it ran with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from data.compare.values import Value
from data.linked import last_values, metrics_of, params_of
from data.model import PipelineRun, TrackedRun

PARAMS: Final = "params"
METRICS: Final = "metrics"
RUN: Final = "run"
TIMES: Final = "times"
VARIABLES: Final = "variables"
TAGS: Final = "tags"
SYSTEM: Final = "system metrics"
SECTIONS: Final = (PARAMS, METRICS, RUN, TIMES, VARIABLES, TAGS, SYSTEM)
"""Sections of a comparison, in order."""
MEASURED: Final = frozenset({METRICS, SYSTEM})
"""Sections whose values are those of metrics."""
DURATIONS: Final = frozenset({"took", "queued"})
"""Names in `TIMES` whose values are seconds; the others are points in time."""

Facts: TypeAlias = dict[str, Mapping[str, Value]]
"""Section -> name -> value."""

SYSTEM_METRIC: Final = "system/"
"""Beginning of the names of MLflow's system metrics (MLflow docs, system metrics)."""
OWN_TAG: Final = "mlflow."
"""Beginning of the names of tags that MLflow sets itself; those that people compare are facts of the run."""


class Known(NamedTuple):
    """What other records tell of a run.

    Attributes:
        names: ids of projects and of experiments -> their names.
        tracked: the MLflow runs linked with a pipeline run; the last one counts most.
        images: container images of its jobs.
    """

    names: Mapping[str, str] = {}
    tracked: Sequence[TrackedRun] = ()
    images: Iterable[str] = ()


def facts_of(run: PipelineRun | TrackedRun, known: Known) -> Facts:
    """Everything that can be compared of a run. What it does not have is left out; an empty text is a value.

    Params and metrics of a pipeline run are those of its record, further ones those of its MLflow runs.
    """
    if isinstance(run, PipelineRun):
        params, metrics = params_of(run, known.tracked), metrics_of(run, known.tracked)
        variables, plain = run.variables, _RUN_FACTS
    else:
        params, metrics, variables, plain = run.params, last_values([run]), {}, _TRACKED_FACTS
    return {
        PARAMS: params,
        METRICS: {key: value for key, value in metrics.items() if not key.startswith(SYSTEM_METRIC)},
        SYSTEM: {key: value for key, value in metrics.items() if key.startswith(SYSTEM_METRIC)},
        RUN: _present({name: get(run, known) for name, get in plain.items()}),
        TIMES: _present(_times(run)),
        VARIABLES: variables,
        TAGS: {key: value for key, value in run.tags.items() if not key.startswith(OWN_TAG)},
    }


def _present(values: dict[str, Value]) -> dict[str, Value]:
    """Without the facts that nobody knows, which records hold as empty."""
    return {name: value for name, value in values.items() if value not in ("", None)}


def _times(run: PipelineRun | TrackedRun) -> dict[str, Value]:
    if isinstance(run, PipelineRun):
        return {
            "created": run.created,
            "started": run.start,
            "ended": run.completion,
            "queued": run.queued_time or None,
            "took": run.execution_time or None,
        }
    took = (run.end - run.start).total_seconds() if run.start and run.end else None
    return {"started": run.start, "ended": run.end, "took": took, "last logged": run.last_logged}


def _images(_run: object, known: Known) -> str:
    return ", ".join(sorted(set(filter(None, known.images))))


def _project(run: Any, known: Known) -> str:
    return known.names.get(run.project_id, run.project_id)


def _field(name: str) -> Callable[[Any, Known], Value]:
    return lambda run, _: getattr(run, name)


def _tag(name: str) -> Callable[[Any, Known], Value]:
    return lambda run, _: run.tags.get(name)


Getters: TypeAlias = dict[str, Callable[[Any, Known], Value]]

_RUN_FACTS: Final[Getters] = {
    "status": _field("status"),
    "project": _project,
    "pipeline": lambda run, _: run.pipeline_id.removeprefix(f"{run.project_id}:") or run.name,
    "api": _field("api"),
    "kind": _field("kind"),
    "ref": _field("ref"),
    "commit": _field("git_commit_hash"),
    "commit title": _field("commit_title"),
    "image": _images,
    "dataset": _field("dataset"),
    "model": _field("model"),
    "experiment": _field("experiment"),
    "environment": _field("environment"),
    "trigger": _field("trigger_type"),
    "by": _field("triggered_by"),
    "RUN_ID": _field("run_info_id"),
    "labels": lambda run, _: ", ".join(sorted(run.labels)),
    "failed jobs": lambda run, _: run.failed_count if run.job_count else None,
    "memory, MB": _field("max_memory_usage"),
    "cpu, %": _field("max_cpu_usage"),
    "error": lambda run, _: run.error_message.replace("\n", " "),
}
"""Facts of a pipeline run, in order."""

_TRACKED_FACTS: Final[Getters] = {
    "status": _field("status"),
    "left behind": lambda run, _: run.ended_as,
    "project": _project,
    "experiment": lambda run, known: known.names.get(f"{run.connection}:{run.experiment_id}", run.experiment_id),
    "branch": _tag("mlflow.source.git.branch"),
    "commit": _tag("mlflow.source.git.commit"),
    "uncommitted changes": _tag("mlflow.source.git.dirty"),
    "source": _tag("mlflow.source.name"),
    "entry point": _tag("mlflow.project.entryPoint"),
    "image": lambda run, known: _images(run, known) or run.tags.get("mlflow.docker.image.uri", ""),
    "dataset": lambda run, _: ", ".join(f"{one.name}@{one.digest}" if one.digest else one.name for one in run.datasets),
    "model": lambda run, _: ", ".join(run.models),
    "parent run": _field("parent_run_id"),
    "by": _field("user"),
    "labels": lambda run, _: ", ".join(sorted(run.labels)),
}
"""Facts of an MLflow run, in order; the tags are MLflow's own (mlflow.utils.mlflow_tags)."""
FACT_ORDER: Final = {name: place for place, name in enumerate(dict.fromkeys([*_RUN_FACTS, *_TRACKED_FACTS]))}
"""Place of a fact in `RUN`."""
