"""What jobs take and leave: artifacts, data sets and models."""

from __future__ import annotations

from typing import ClassVar

from data.model.base import Count, Id, Json, Name, Params, Record, Utc


class Artifact(Record, frozen=True, kw_only=True):
    """A file or folder that a job or an MLflow run produced or used."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"description"})

    name: Name
    description: str = ""
    artifact_type: str = "OTHER"
    status: str = ""
    path: str = ""
    file_name: str = ""
    file_size: Count = 0
    """Bytes."""
    storage_type: str = ""
    storage_config: Params = {}
    job_run_id: str = ""
    tracked_run_id: str = ""
    metadata: Params = {}
    is_active: bool = True
    created: Utc | None = None
    expires: Utc | None = None


class Dataset(Record, frozen=True, kw_only=True):
    """A data set, as an artifact or as an input of an MLflow run."""

    artifact_id: str = ""
    name: str = ""
    format: str = ""
    rows: Count | None = None
    columns: Count | None = None
    schema: Json = None
    digest: str = ""
    source: str = ""


class Model(Record, frozen=True, kw_only=True):
    """A trained (or to be trained) model."""

    artifact_id: str = ""
    name: str = ""
    model_type: str = ""
    algorithm: str = ""
    framework: str = ""
    format: str = ""
    training_dataset: str = ""
    """Id of the `Dataset`."""
    code_repository: str = ""
    commit: str = ""
    config: Json = None
    metrics: dict[str, float] = {}
    created_by: Id | None = None
