"""What settings mean that leave something out."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from data.config.secret import Secret
from data.config.settings import NO_MLFLOW, ConnectionSettings, ProjectSettings, Settings
from data.config.urls import SQLITE, login_of, without_login


def complete(settings: Settings, folder: Path) -> Settings:
    """Fill in what may be left out. Paths are seen from `folder`; a URL's login becomes `username` and `password`."""
    connections = {name: _connection(one, folder) for name, one in settings.connections.items()}
    projects = [_project(one, settings.names("gitlab"), settings.names("mlflow")) for one in settings.projects]
    path = settings.store.path
    store = replace(settings.store, path=str(folder / Path(path).expanduser())) if path else settings.store
    return replace(settings, connections=connections, projects=projects, store=store)


def _connection(connection: ConnectionSettings, folder: Path) -> ConnectionSettings:
    user, password = login_of(connection.url)
    return replace(
        connection,
        url=_url(connection.url, folder),
        username=connection.username or user or None,
        password=connection.password or (Secret(password) if password else None),
        ca_file=str(folder / Path(connection.ca_file).expanduser()) if connection.ca_file else None,
    )


def _url(url: str, folder: Path) -> str:
    path = url.removeprefix(SQLITE)
    if path != url:
        return f"{SQLITE}{folder / Path(path).expanduser()}"
    return without_login(url).rstrip("/")


def _project(project: ProjectSettings, gitlabs: list[str], mlflows: list[str]) -> ProjectSettings:
    tracking = project.mlflow or (mlflows[0] if len(mlflows) == 1 else "")
    return replace(
        project,
        project=project.project.strip("/"),
        connection=project.connection or gitlabs[0],
        mlflow="" if tracking == NO_MLFLOW else tracking,
    )
