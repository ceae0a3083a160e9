"""Checks that look at several settings at once. Problems come without file and line; `load` adds them by field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from data.clean import clean
from data.config.check_projects import check_projects
from data.config.decode import Decoder
from data.config.document import is_private
from data.config.mongo_url import SCHEMES as SCHEMES_OF_MONGO
from data.config.mongo_url import is_mongo_url, parse_mongo_url
from data.config.problem import Problem, Severity
from data.config.settings import SQLITE, ConnectionSettings, Settings, StoreSettings
from data.config.urls import LOOPBACK, host_of, login_of, split
from data.model.vocabulary import TEAM_STORE

TOKEN_WAYS = ("token", "token_env", "token_command", "token_keyring", "token_from")
"""Fields that give a token; at most one is used."""
PASSWORD_WAYS = ("password", "password_env", "password_command")
"""Fields that give a password; at most one is used."""
SCHEMES = {"gitlab": ("http", "https"), "mlflow": ("http", "https", "sqlite")}
"""Schemes of a connection's URL, by kind."""
ADDRESS = re.compile(r"([^@/\\\s]*@)?([\w.-]*|\[[0-9a-fA-F:.]+\])(:\d+)?", re.ASCII)
"""The part of a URL that names user, host and port."""


def cross_check(settings: Settings, env: Mapping[str, str], folder: Path) -> Iterator[Problem]:
    """Everything that the types alone do not say. `folder` is the file's."""
    for name, connection in settings.connections.items():
        path = f"connections.{name}"
        if name == TEAM_STORE:
            yield Problem(field=path, message="this is what the team's store is called", hint="give it another name")
        yield from _url(connection, path)
        yield from _ways(connection, path, env)
        yield from _tls(connection, path, folder)
    yield from check_projects(settings)
    yield from _store(settings.store, env)
    sync = settings.sync
    if not sync.fast <= sync.medium <= sync.slow:
        message = "the intervals are not in order: fast, medium, slow"
        yield Problem(severity=Severity.HINT, field="sync", message=message)
    if not settings.projects:
        message = "no projects: there is nothing to show"
        yield Problem(
            severity=Severity.HINT, field="projects", message=message, hint="add one: `- project: group/name`"
        )


def secrets(settings: Settings, decoder: Decoder, file: Path) -> Iterator[Problem]:
    """Secrets that stand in the file itself: a hint, and a warning where others may read it."""
    urls = [f"connections.{name}.url" for name, one in settings.connections.items() if login_of(one.url)[1]]
    better = "write `${VARIABLE}`, or use token_env, token_command or token_keyring"
    for field in [*decoder.literal_secrets, *urls]:
        if is_private(file):
            message = "a secret stands in the file"
            yield Problem(severity=Severity.HINT, field=field, message=message, hint=better)
        else:
            message = "a secret stands in a file that others may read"
            yield Problem(
                severity=Severity.WARNING, field=field, message=message, hint=f"chmod 600 {file}, or {better}"
            )


def _store(store: StoreSettings, env: Mapping[str, str]) -> Iterator[Problem]:
    url, field = store.url.reveal() if store.url else "", "store.url"
    if url and store.url_env:
        yield Problem(field="store.url_env", message="url and url_env are given", hint="keep one of them")
    elif store.url_env:
        url, field = env.get(store.url_env, ""), "store.url_env"
        if not url:
            message = f"the environment variable `{clean(store.url_env)}` is not set"
            yield Problem(field=field, message=message, hint="export it with the URL of the store, mongodb://…")
    if url in ("", SQLITE):
        return
    if not is_mongo_url(url):
        near = " or ".join(("`sqlite`", *(f"`{one}…`" for one in SCHEMES_OF_MONGO)))
        yield Problem(field=field, message=f"is not {near}", hint="a folder for SQLite is `store.path`")
        return
    try:
        parse_mongo_url(url)
    except ValueError as error:
        yield Problem(field=field, message=str(error), hint="write mongodb://host/database")


def _url(connection: ConnectionSettings, path: str) -> Iterator[Problem]:
    field, schemes = f"{path}.url", SCHEMES[connection.kind]
    parts = split(connection.url)
    if parts is None or parts.scheme not in schemes or (parts.scheme != "sqlite" and not parts.hostname):
        wanted = " or ".join(f"{scheme}:///file" if scheme == "sqlite" else f"{scheme}://host" for scheme in schemes)
        yield Problem(field=field, message=f"is not a URL of a {connection.kind} server", hint=f"write {wanted}")
        return
    if not ADDRESS.fullmatch(parts.netloc):
        # Programs disagree on which host such an address means.
        yield Problem(field=field, message="has a host with characters that no host has")
    if parts.query or parts.fragment:
        yield Problem(field=field, message="has a `?` or `#` part", hint="leave it out")
    if connection.kind == "gitlab":
        if "/api/v" in parts.path:
            yield Problem(
                field=field, message="is the address of the API", hint="give the one that the browser opens first"
            )
        if parts.username:
            yield Problem(
                field=field, message="a login in the URL is not used", hint=f"use {TOKEN_WAYS[1]} or token_command"
            )
    host = host_of(connection.url)
    if parts.scheme == "http" and host and host.name not in LOOPBACK:
        message = "http sends the credential unencrypted"
        yield Problem(severity=Severity.WARNING, field=field, message=message, hint="use https where the server has it")


def _ways(connection: ConnectionSettings, path: str, env: Mapping[str, str]) -> Iterator[Problem]:
    tokens = [way for way in TOKEN_WAYS if getattr(connection, way) is not None]
    passwords = [way for way in PASSWORD_WAYS if getattr(connection, way) is not None]
    for ways in (tokens, passwords):
        if len(ways) > 1:
            yield Problem(field=f"{path}.{ways[1]}", message=f"{' and '.join(ways)} are given", hint="keep one of them")
    if passwords and connection.kind == "gitlab":
        yield Problem(
            field=f"{path}.{passwords[0]}", message="GitLab takes tokens, not passwords", hint="use token_env"
        )
    elif passwords and not connection.username and not login_of(connection.url)[0]:
        yield Problem(field=f"{path}.{passwords[0]}", message="a password needs a `username`")
    elif passwords and tokens:
        message = "the password is used, and the token is not"
        yield Problem(severity=Severity.WARNING, field=f"{path}.{tokens[0]}", message=message, hint="keep one of them")
    if connection.token_from and connection.kind == "mlflow":
        message = f"`{connection.token_from}` has logins of GitLab"
        yield Problem(severity=Severity.HINT, field=f"{path}.token_from", message=message)
    for way in ("token_env", "password_env"):
        variable = getattr(connection, way)
        if variable and not env.get(variable):
            message = f"the environment variable `{variable}` is not set"
            yield Problem(
                severity=Severity.WARNING, field=f"{path}.{way}", message=message, hint=f"export {variable}=…"
            )


def _tls(connection: ConnectionSettings, path: str, folder: Path) -> Iterator[Problem]:
    if not connection.tls_verify:
        message = "anybody between here and the server can read the credential"
        hint = "give the server's authority as `ca_file` instead"
        yield Problem(severity=Severity.WARNING, field=f"{path}.tls_verify", message=message, hint=hint)
    if connection.ca_file and not (folder / Path(connection.ca_file).expanduser()).is_file():
        yield Problem(field=f"{path}.ca_file", message="there is no such file")
