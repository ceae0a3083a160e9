"""The entities of MLflow's client, in the form of its REST API's JSON, so that one mapping serves both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def experiment(one: Any) -> dict[str, Any]:
    """An `mlflow.entities.Experiment`."""
    names = ("experiment_id", "name", "lifecycle_stage", "artifact_location", "creation_time", "last_update_time")
    return {**_fields(one, names), "tags": _pairs(one.tags)}


def run(one: Any) -> dict[str, Any]:
    """An `mlflow.entities.Run`; its metrics are taken from its message form, the only one with steps and times."""
    names = ("run_id", "run_name", "experiment_id", "status", "lifecycle_stage", "artifact_uri")
    info = _fields(one.info, (*names, "start_time", "end_time", "user_id"))
    inputs = getattr(one, "inputs", None)
    return {
        "info": info,
        "data": {
            "metrics": [{"key": metric.key, **point(metric)} for metric in one.data.to_proto().metrics],
            "params": _pairs(one.data.params),
            "tags": _pairs(one.data.tags),
        },
        "inputs": {"dataset_inputs": [_dataset(given) for given in getattr(inputs, "dataset_inputs", None) or ()]},
    }


def models(one: Any) -> list[tuple[str, str, int | None]]:
    """Use, id and step of the logged models of an `mlflow.entities.Run`."""
    inputs, outputs = getattr(one, "inputs", None), getattr(one, "outputs", None)
    used = [("input", given.model_id, None) for given in getattr(inputs, "model_inputs", None) or ()]
    return used + [("output", given.model_id, given.step) for given in getattr(outputs, "model_outputs", None) or ()]


def logged_model(one: Any) -> dict[str, Any]:
    """An `mlflow.entities.LoggedModel`."""
    info = _fields(one, ("model_id", "name", "model_type", "source_run_id"))
    status = str(getattr(one.status, "value", one.status) or "")
    return {
        "info": {
            **info,
            "status": status,
            "artifact_uri": one.artifact_location,
            "creation_timestamp_ms": one.creation_timestamp,
        }
    }


def file(one: Any) -> dict[str, Any]:
    """An `mlflow.entities.FileInfo`."""
    return _fields(one, ("path", "is_dir", "file_size"))


def point(one: Any) -> dict[str, Any]:
    """An `mlflow.entities.Metric`, or its message."""
    return _fields(one, ("step", "timestamp", "value"))


def registered_model(one: Any) -> dict[str, Any]:
    """An `mlflow.entities.model_registry.RegisteredModel`."""
    return {
        **_fields(one, ("name", "description", "creation_timestamp", "last_updated_timestamp")),
        "aliases": [{"alias": alias, "version": version} for alias, version in (one.aliases or {}).items()],
        "latest_versions": [{"version": version.version} for version in one.latest_versions or ()],
        "tags": _pairs(one.tags),
    }


def model_version(one: Any) -> dict[str, Any]:
    """An `mlflow.entities.model_registry.ModelVersion`."""
    names = ("name", "status", "current_stage", "run_id", "source", "description")
    return {
        **_fields(one, (*names, "creation_timestamp", "last_updated_timestamp")),
        "version": str(one.version),
        "tags": _pairs(one.tags),
    }


def _dataset(given: Any) -> dict[str, Any]:
    return {
        "dataset": _fields(given.dataset, ("name", "digest", "source_type", "source", "schema", "profile")),
        "tags": [_fields(tag, ("key", "value")) for tag in given.tags or ()],
    }


def _fields(one: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(one, name, None) for name in names}


def _pairs(values: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in (values or {}).items()]
