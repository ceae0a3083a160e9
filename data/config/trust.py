"""What a configuration may do that only lay in the way: in a checkout or a shared folder, perhaps of somebody else.

It may not run commands or choose the store, and it may name only servers that the user already deals with, because
logins go to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from data.config import glab, python_gitlab
from data.config.problem import Problem
from data.config.secret import Secret
from data.config.settings import MONGO_DB_URL, SQLITE, Settings, StoreSettings
from data.config.urls import LOOPBACK, Host, host_of

COMMANDS: Final = ("token_command", "password_command")
"""Fields whose value is run."""
KNOWN: Final = (
    "GITLAB_HOST",
    "GITLAB_URI",
    "GL_HOST",
    "GITLAB_URL",
    "CI_SERVER_URL",
    "MLFLOW_TRACKING_URI",
)
"""Environment variables that name servers the user deals with."""
SAY_SO: Final = "`lineside --config FILE` says that you trust it"
"""The way out."""
OWN_STORE: Final = f"set {MONGO_DB_URL} yourself, or {SAY_SO}"
"""The way out for a store."""


def distrust(settings: Settings, file: str, env: Mapping[str, str], vouched: Iterable[str]) -> Iterator[Problem]:
    """Errors for everything that the file may not do. `vouched` are further hosts that the user deals with."""
    known = {*_known_hosts(env), *(host for text in vouched if (host := host_of(text)))}
    for name, connection in settings.connections.items():
        path = f"connections.{name}"
        for field in COMMANDS:
            if getattr(connection, field) is not None:
                message = "a file that was found in the current folder may not run commands"
                yield Problem(file=file, field=f"{path}.{field}", message=message, hint=SAY_SO)
        yield from _unknown_host(connection.url, f"{path}.url", file, known)
    for path, url in _callbacks(settings):
        yield from _unknown_host(url, path, file, known)
    yield from _store(settings.store, file, env)


def _store(store: StoreSettings, file: str, env: Mapping[str, str]) -> Iterator[Problem]:
    """A store holds commands that an engine carries out with the user's logins, and what is not kept in it is deleted:
    nobody else may choose either. The user's own choice may stand in the file, too.
    """
    own = {"url": (Secret(SQLITE), Secret(env.get(MONGO_DB_URL, ""))), "url_env": (MONGO_DB_URL,)}
    for field in StoreSettings.__struct_fields__:
        value = getattr(store, field)
        if value != getattr(StoreSettings(), field) and value not in own.get(field, ()):
            message = "a file that was found in the current folder may not choose the store, or what is kept in it"
            yield Problem(file=file, field=f"store.{field}", message=message, hint=OWN_STORE)


def _callbacks(settings: Settings) -> Iterator[tuple[str, str]]:
    """Addresses that would be told what runs here, by field."""
    for number, project in enumerate(settings.projects):
        for index, pipeline in enumerate(project.pipelines):
            for at, api in enumerate(pipeline.apis):
                if api.callback_url:
                    yield f"projects[{number}].pipelines[{index}].apis[{at}].callback_url", api.callback_url


def _unknown_host(url: str, path: str, file: str, known: set[Host]) -> Iterator[Problem]:
    host = host_of(url)
    if host is None or host.name in LOOPBACK or any(one.covers(host) for one in known):
        return
    message = f"a file that was found in the current folder names {host}, for which you have no login yet"
    yield Problem(file=file, field=path, message=message, hint=SAY_SO)


def _known_hosts(env: Mapping[str, str]) -> Iterator[Host]:
    named = [env.get(name, "") for name in KNOWN]
    for text in (*named, *glab.hosts(env), *python_gitlab.urls(env)):
        host = host_of(text) if text else None
        if host:
            yield host
