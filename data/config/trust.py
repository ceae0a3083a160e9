"""What a configuration may do that only lay in the way: in a checkout or a shared folder, perhaps of somebody else.

It may not run commands, and it may name only servers that the user already deals with, because logins go to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from data.config import glab, python_gitlab
from data.config.problem import Problem
from data.config.settings import Settings
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
"""Environment variables that name servers the user deals with, besides MONGO_DB_URL."""
SAY_SO: Final = "`lineside --config FILE` says that you trust it"
"""The way out."""


MONGO: Final = re.compile(r"mongodb(?:\+srv)?://(?:[^/@?#]*@)?([\w.,:-]+)(?:/[\w-]*)?(?:\?[^/@]*)?", re.ASCII)
"""A URL of which every reader finds the same hosts."""


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
    if settings.store.kind == "mongo":
        hosts = MONGO.fullmatch(settings.store.url.reveal())
        if hosts is None:
            yield Problem(file=file, field="store.url", message="is no plain mongodb:// URL", hint=SAY_SO)
        for one in hosts[1].split(",") if hosts else ():
            yield from _unknown_host(one, "store.url", file, known)


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
    shared = MONGO.fullmatch(env.get("MONGO_DB_URL", ""))
    named = [env.get(name, "") for name in KNOWN] + (shared[1].split(",") if shared else [])
    for text in (*named, *glab.hosts(env), *python_gitlab.urls(env)):
        host = host_of(text) if text else None
        if host:
            yield host
