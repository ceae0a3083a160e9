"""MLflow's JSON -> records. Pure functions; the entities of MLflow's client are brought into the same form first."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final

from msgspec.structs import replace

from data.clean import clean
from data.model import (
    Artifact,
    DatasetInput,
    Experiment,
    MetricSeries,
    MetricSummary,
    ModelVersion,
    RegisteredModel,
    TrackedRun,
    make,
    parse_time,
)
from data.sources.http import mask_logins

Row = Mapping[str, Any]
"""One thing in MLflow's JSON."""

NOTE_TAG: Final = "mlflow.note.content"
PARENT_TAG: Final = "mlflow.parentRunId"
NAME_TAG: Final = "mlflow.runName"
USER_TAG: Final = "mlflow.user"
CONTEXT_TAG: Final = "mlflow.data.context"
"""Tags that MLflow gives a meaning (MLflow docs, system tags)."""

MAX_DOUBLE: Final = sys.float_info.max
"""What MLflow stores and returns for an infinity."""
KNOWN_KEYS: Final = 20_000
"""Metrics' names that are remembered: the runs of an experiment share theirs."""
LONG_PATH: Final = 300
"""Characters of an artifact's path that its id repeats; a longer one is told apart by its hash."""
FOLDER: Final = "folder"
"""Key in the metadata of an artifact that is a folder whose files were not listed."""

_ARTIFACT_TYPES: Final = {
    "PLOT": (".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp", ".html"),
    "DATASET": (".csv", ".parquet", ".tsv", ".arrow", ".feather", ".jsonl"),
    "MODEL": (".pkl", ".pt", ".pth", ".onnx", ".joblib", ".safetensors", ".h5", ".keras", ".ckpt", ".cbm", ".bin"),
    "CONFIG": (".yaml", ".yml", ".toml", ".ini", ".cfg"),
    "LOG": (".log", ".txt"),
    "METRICS": (".json",),
}
_TYPE_OF: Final = {suffix: kind for kind, suffixes in _ARTIFACT_TYPES.items() for suffix in suffixes}


def number(value: object) -> float | None:
    """A metric's value: None for NaN, which comes as text or bare; infinities cut to the greatest double."""
    try:
        found = float(value)  # type: ignore[arg-type]  # text and numbers come; anything else is no value
    except (TypeError, ValueError):
        return None
    return None if math.isnan(found) else min(max(found, -MAX_DOUBLE), MAX_DOUBLE)


def whole(value: object) -> int:
    """An int64, which some servers write as text; 0 for nothing."""
    try:
        return int(value)  # type: ignore[call-overload,no-any-return]  # as above
    except (TypeError, ValueError):
        return 0


def pairs(rows: Iterable[Row] | None) -> dict[str, str]:
    """Tags or params as a mapping, the login in any URL masked: jobs write repository URLs with their tokens."""
    return {str(row.get("key", "")): mask_logins(str(row.get("value", ""))) for row in rows or ()}


def experiment(connection: str, row: Row) -> Experiment:
    """An experiment (MLflow docs, REST API, Experiment)."""
    key = str(row["experiment_id"])
    return make(
        Experiment,
        id=f"{connection}:{key}",
        connection=connection,
        experiment_id=key,
        name=row.get("name") or key,
        lifecycle_stage=row.get("lifecycle_stage") or "active",
        artifact_location=mask_logins(row.get("artifact_location") or ""),
        created=parse_time(whole(row.get("creation_time"))),
        updated=parse_time(whole(row.get("last_update_time"))),
        tags=pairs(row.get("tags")),
    )


def tracked_run(connection: str, row: Row) -> TrackedRun:
    """A run (MLflow docs, REST API, Run). A run that was opened again keeps its old end time: trust the status."""
    info, data = row["info"], row.get("data") or {}
    run_id = str(info.get("run_id") or info["run_uuid"])
    tags = pairs(data.get("tags"))
    metrics = {_key(str(metric["key"])): _summary(metric) for metric in data.get("metrics") or ()}
    run = make(
        TrackedRun,
        id=f"{connection}:{run_id}",
        connection=connection,
        run_id=run_id,
        experiment_id=str(info.get("experiment_id") or ""),
        name=info.get("run_name") or tags.get(NAME_TAG, ""),
        status=info.get("status") or "RUNNING",
        lifecycle_stage=info.get("lifecycle_stage") or "active",
        user=info.get("user_id") or tags.get(USER_TAG, ""),
        start=parse_time(whole(info.get("start_time"))),
        end=parse_time(whole(info.get("end_time"))),
        params=pairs(data.get("params")),
        tags=tags,
        note=tags.get(NOTE_TAG, ""),
        datasets=_datasets((row.get("inputs") or {}).get("dataset_inputs") or ()),
        parent_run_id=tags.get(PARENT_TAG, ""),
        artifact_uri=mask_logins(info.get("artifact_uri") or ""),
        last_logged=max((one.time for one in metrics.values() if one.time is not None), default=None),
    )
    return replace(run, metrics=metrics)  # each is sound already, and a run may have thousands


@lru_cache(KNOWN_KEYS)
def _key(text: str) -> str:
    """A metric's name, cleaned, as one object for all runs."""
    return clean(text)


_moment = lru_cache(KNOWN_KEYS)(parse_time)
"""As `parse_time`: metrics that were logged together share their time."""


def _summary(row: Row) -> MetricSummary:
    return MetricSummary(
        last=number(row.get("value")), step=whole(row.get("step")), time=_moment(whole(row.get("timestamp")))
    )


def artifact(connection: str, run_id: str, row: Row) -> Artifact:
    """A file or folder of a run's artifacts (MLflow docs, REST API, FileInfo); size in bytes."""
    tracked, path = f"{connection}:{run_id}", str(row["path"])
    name = PurePosixPath(path).name or path
    folder = bool(row.get("is_dir"))
    kind = _TYPE_OF.get(PurePosixPath(name).suffix.lower(), "OTHER")
    return make(
        Artifact,
        id=f"{tracked}:artifact:{_short(path)}",
        name=name,
        artifact_type="MODEL" if name == "MLmodel" else "OTHER" if folder else kind,
        path=path,
        file_name="" if folder else name,
        file_size=max(whole(row.get("file_size")), 0),
        storage_type="MLFLOW",
        tracked_run_id=tracked,
        metadata={FOLDER: "yes"} if folder else {},
    )


def logged_model(connection: str, run_id: str, row: Row, *, use: str, step: int | None = None) -> Artifact:
    """A model that a run logged (`use` is `output`) or used (`input`) (MLflow 3 docs, REST API, LoggedModel)."""
    info, tracked = row.get("info") or {}, f"{connection}:{run_id}"
    model_id = str(info["model_id"])
    about = {
        "use": use,
        "model_id": model_id,
        "model_type": str(info.get("model_type") or ""),
        "source_run_id": str(info.get("source_run_id") or ""),
        "step": "" if step is None else str(step),
    }
    return make(
        Artifact,
        id=f"{tracked}:model:{use}:{model_id}",
        name=info.get("name") or model_id,
        artifact_type="MODEL",
        status=str(info.get("status") or "").removeprefix("LOGGED_MODEL_"),
        storage_type="MLFLOW",
        storage_config={"uri": mask_logins(str(info.get("artifact_uri") or ""))},
        tracked_run_id=tracked,
        metadata={key: value for key, value in about.items() if value},
        created=parse_time(whole(info.get("creation_timestamp_ms"))),
    )


def _short(path: str) -> str:
    """The path where an id has room for it."""
    if len(path) <= LONG_PATH:
        return path
    return f"{path[:LONG_PATH]}~{hashlib.sha256(path.encode()).hexdigest()[:16]}"


def _datasets(rows: Iterable[Row]) -> list[DatasetInput]:
    found = []
    for row in rows:
        dataset = row.get("dataset") or {}
        texts = {name: mask_logins(str(dataset.get(name) or "")) for name in DatasetInput.__struct_fields__}
        found.append(DatasetInput(**{**texts, "context": pairs(row.get("tags")).get(CONTEXT_TAG, "")}))
    return sorted(found, key=lambda one: (one.name, one.digest, one.context))  # the server keeps to no order


def series(
    connection: str, run_id: str, key: str, points: Sequence[Row], *, max_points: int, sampled: bool = False
) -> MetricSeries:
    """A history from points with step, timestamp and value; thinned to `max_points` with first and last kept."""
    rows = [(whole(point.get("step")), whole(point.get("timestamp")), number(point.get("value"))) for point in points]
    rows.sort(key=lambda row: row[:2])
    kept = thinned(rows, max_points)
    tracked = f"{connection}:{run_id}"
    return make(
        MetricSeries,
        id=f"{tracked}:{key}",
        tracked_run_id=tracked,
        key=key,
        steps=[row[0] for row in kept],
        times=[row[1] for row in kept],
        values=[row[2] for row in kept],
        sampled=sampled or len(kept) < len(rows),
        fetched=datetime.now(UTC),
    )


def joined(parts: Sequence[MetricSeries]) -> MetricSeries:
    """Parts of one history, which may touch, as a sample of the whole."""
    columns = (zip(part.steps, part.times, part.values, strict=True) for part in parts)
    points = sorted({point[:2]: point for rows in columns for point in rows}.values(), key=lambda point: point[:2])
    return replace(
        parts[0],
        steps=tuple(point[0] for point in points),
        times=tuple(point[1] for point in points),
        values=tuple(point[2] for point in points),
        sampled=True,
        window=None,
    )


Point = tuple[int, int, float | None]
"""Step, epoch milliseconds, value."""


def thinned(rows: Sequence[Point], limit: int) -> list[Point]:
    """At most `limit` (2 or more) of `rows`, evenly spaced, the first and the last among them."""
    if len(rows) <= limit:
        return list(rows)
    last = len(rows) - 1
    return [rows[round(at * last / (limit - 1))] for at in range(limit)]


def registered_model(connection: str, row: Row) -> RegisteredModel:
    """A registered model (MLflow docs, REST API, RegisteredModel)."""
    versions = [str(version.get("version", "")) for version in row.get("latest_versions") or ()]
    return make(
        RegisteredModel,
        id=f"{connection}:{row['name']}",
        connection=connection,
        name=row["name"],
        description=row.get("description") or "",
        created=parse_time(whole(row.get("creation_timestamp"))),
        updated=parse_time(whole(row.get("last_updated_timestamp"))),
        aliases={str(alias["alias"]): str(alias.get("version", "")) for alias in row.get("aliases") or ()},
        tags=pairs(row.get("tags")),
        latest_version=max(versions, key=whole, default=""),
    )


Aliases = Mapping[tuple[str, str], Sequence[str]]
"""Aliases by name and version of a model."""


def model_version(connection: str, row: Row, aliases: Aliases) -> ModelVersion:
    """A version (MLflow docs, REST API, ModelVersion); a search leaves its aliases out, so they are given."""
    name, version, run_id = row["name"], str(row["version"]), row.get("run_id") or ""
    return make(
        ModelVersion,
        id=f"{connection}:{name}:{version}",
        connection=connection,
        name=name,
        version=version,
        status=row.get("status") or "",
        stage=row.get("current_stage") or "",
        aliases=aliases.get((name, version), ()),
        run_id=run_id,
        tracked_run_id=f"{connection}:{run_id}" if run_id else "",
        source=mask_logins(row.get("source") or ""),
        description=row.get("description") or "",
        created=parse_time(whole(row.get("creation_timestamp"))),
        updated=parse_time(whole(row.get("last_updated_timestamp"))),
        tags=pairs(row.get("tags")),
    )


def aliases_by_version(models: Iterable[RegisteredModel]) -> Aliases:
    """The aliases of all versions, from their models."""
    found: dict[tuple[str, str], list[str]] = {}
    for model in models:
        for alias, version in model.aliases.items():
            found.setdefault((model.name, version), []).append(alias)
    return found
