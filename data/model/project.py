"""Projects and what they refer to."""

from __future__ import annotations

from typing import ClassVar

from data.model.base import Id, Name, Record, Utc


class Project(Record, frozen=True, kw_only=True):
    """One GitLab project together with its experiments and data: the entry point to the work on one question.

    `id` is `git_id(connection, git_project_id)`.
    """

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"description"})

    name: Name
    connection: Name
    """Name of the GitLab connection."""
    git_project_id: int = 0
    path: str = ""
    """`path_with_namespace` on the server."""
    create_time: Utc | None = None
    description: str = ""
    labels: tuple[str, ...] = ()
    default_ref: str = ""
    web_url: str = ""
    archived: bool = False
    tracking: str = ""
    """Name of the MLflow connection, empty where there is none."""
    mlflow_experiment_id: str = ""
    """Experiment of production runs."""
    test_mlflow_experiment_id: str = ""
    """Experiment of test runs."""
    code_repositories: tuple[Id, ...] = ()
    data_repositories: tuple[Id, ...] = ()
    experiments: tuple[Id, ...] = ()
    access_level: int = 0
    """GitLab access level of our own credential: 10 guest, 20 reporter, 30 developer, 40 maintainer, 50 owner."""
    variables_role: str = ""
    """`ci_pipeline_variables_minimum_override_role`: who may set pipeline variables; `no_one_allowed` forbids them."""


class CodeRepository(Record, frozen=True, kw_only=True):
    """A version-controlled code repository."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"description"})

    name: Name
    uri: str = ""
    connection: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()


class DataRepository(Record, frozen=True, kw_only=True):
    """A data set's home."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"description"})

    name: Name
    uri: str = ""
    connection: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    storage_type: str = ""
    bucket: str = ""
    version: str = ""


class ExperimentRepository(Record, frozen=True, kw_only=True):
    """A project's reference to an MLflow experiment."""

    BLOCKS: ClassVar[frozenset[str]] = frozenset({"description"})

    name: Name
    uri: str = ""
    connection: str = ""
    experiment_id: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
