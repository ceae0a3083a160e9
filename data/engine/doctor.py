"""Asks every configured server once how it does, for `lineside doctor`. Knows no store and changes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from data.config import Settings
from data.config.credentials import credential_for
from data.engine.health import Health
from data.engine.timing import Timing
from data.errors import ConfigError, LinesideError, SourceError, Unauthorized, Unreachable
from data.launch.permissions import why_not_launch, why_not_variables
from data.model import Connection, Project

PATIENCE: Final = 20.0
"""Seconds after which a server that has not answered counts as away."""


class ProjectCheck(Struct, frozen=True, kw_only=True):
    """Whether a configured project can be read."""

    project: str
    connection: str
    name: str = ""
    """Its name on the server; empty where it could not be read."""
    access_level: int = 0
    """Access level of our credential; 0 where the server does not tell."""
    limits: tuple[str, ...] = ()
    """What GitLab will refuse there: sentences on role, archive and variables, as far as they are told."""
    error: str = ""
    hint: str = ""


class Diagnosis(Struct, frozen=True, kw_only=True):
    """What one server answered."""

    connection: Connection
    seconds: float = 0.0
    """How long the answer took."""
    projects: tuple[ProjectCheck, ...] = ()


def diagnose(settings: Settings, *, patience: float = PATIENCE) -> list[Diagnosis]:
    """Ask all servers at the same time; a server that does not answer within `patience` seconds is left behind."""
    results: dict[str, Diagnosis] = {}
    threads = [
        threading.Thread(target=_into(results, name, settings), name=f"doctor-{name}", daemon=True)
        for name in settings.connections
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    away = Unreachable(f"no answer within {patience:g} s", hint="check the network, a proxy or the address")
    return [results.get(name) or Diagnosis(connection=_failed(settings, name, away)) for name in settings.connections]


def _into(results: dict[str, Diagnosis], name: str, settings: Settings) -> Callable[[], None]:
    def work() -> None:
        started = time.monotonic()
        ask = _gitlab if settings.connections[name].kind == "gitlab" else _tracking
        try:
            found = ask(settings, name)
        except SourceError as error:
            found = Diagnosis(connection=_failed(settings, name, error))
        except ConfigError as error:
            found = Diagnosis(connection=_failed(settings, name, Unauthorized(error.message, hint=error.hint)))
        results[name] = Diagnosis(
            connection=found.connection, seconds=time.monotonic() - started, projects=found.projects
        )

    return work


def _failed(settings: Settings, name: str, error: SourceError) -> Connection:
    health = Health(name, settings.connections[name], Timing())
    health.failed(error)
    return health.record


def _gitlab(settings: Settings, name: str) -> Diagnosis:
    from data.sources.gitlab.source import GitLabSource

    source = GitLabSource(name, settings.connections[name], credential_for(settings, name))
    try:
        connection = source.probe()
        mine = [one.project for one in settings.projects if one.connection == name]
        return Diagnosis(connection=connection, projects=tuple(_project(source.project, name, ref) for ref in mine))
    finally:
        source.close()


def _project(read: Callable[[str], Project], connection: str, ref: str) -> ProjectCheck:
    try:
        found = read(ref)
    except LinesideError as error:
        return ProjectCheck(project=ref, connection=connection, error=error.message, hint=error.hint)
    limits = tuple(why for why in (why_not_launch(found), why_not_variables(found)) if why)
    return ProjectCheck(
        project=ref, connection=connection, name=found.name, access_level=found.access_level, limits=limits
    )


def _tracking(settings: Settings, name: str) -> Diagnosis:
    from data.sources.mlflow import open_tracking

    source = open_tracking(name, settings.connections[name], credential_for(settings, name))
    try:
        return Diagnosis(connection=source.probe())
    finally:
        source.close()
