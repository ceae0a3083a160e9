"""MLflow as a source: `open_tracking` chooses by the URL how it is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.config.urls import is_gitlab_mlflow, without_login
from data.errors import Refused
from data.sources.http import Observer
from data.sources.mlflow.client import SCHEME, ClientTracking
from data.sources.mlflow.filters import Conditions
from data.sources.mlflow.gitlab import GitLabTracking
from data.sources.mlflow.mapping import FOLDER
from data.sources.mlflow.port import TrackedDetail, TrackedPage, TrackingSource
from data.sources.mlflow.rest import RestTracking

if TYPE_CHECKING:
    from data.config.credentials import Credential
    from data.config.settings import ConnectionSettings

__all__ = [
    "FOLDER", "ClientTracking", "Conditions", "GitLabTracking", "RestTracking", "TrackedDetail", "TrackedPage",
    "TrackingSource", "open_tracking",
]  # fmt: skip


def open_tracking(
    name: str, settings: ConnectionSettings, credential: Credential, *, on_response: Observer | None = None
) -> TrackingSource:
    """The source for a tracking URI; nothing is asked yet.

    Raises:
        Refused: a kind of URI that is not supported; the hint says what to do.
    """
    uri = settings.url
    scheme = uri.partition(":")[0].lower() if ":" in uri else ""
    if scheme in ("http", "https"):
        kind = GitLabTracking if is_gitlab_mlflow(uri) else RestTracking
        return kind(name, settings, credential, on_response)
    if uri.startswith(SCHEME):
        return ClientTracking(name, uri)
    raise Refused(f"{without_login(uri)} is no MLflow that can be read", hint=_HINTS.get(scheme, _HINTS["file"]))


_HINTS = {
    "file": "MLflow gave up folders of files (mlruns): name its server's URL, or sqlite:///… of its database file",
    "postgresql": "name the URL of the MLflow server that uses this database",
    "mysql": "name the URL of the MLflow server that uses this database",
    "mssql": "name the URL of the MLflow server that uses this database",
    "databricks": "Databricks is not supported; name the URL of an MLflow server",
}
