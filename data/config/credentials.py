"""Where the credential of a connection comes from: its settings, the environment, the login of another tool.

A token of the environment goes only to the server that it belongs to: the one that a variable such as `GITLAB_HOST` or
`MLFLOW_TRACKING_URI` names, or else the only one of its kind in the configuration.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from data.clean import is_clean
from data.config import glab, python_gitlab
from data.config.outside import from_keyring, run
from data.config.paths import home
from data.config.secret import Secret
from data.config.settings import ConnectionSettings, Settings
from data.config.urls import Host, host_of, is_gitlab_mlflow
from data.errors import ConfigError

Kind = Literal["private_token", "oauth_token", "job_token", "basic", "none"]
"""How it is sent: PRIVATE-TOKEN, `Authorization: Bearer`, JOB-TOKEN, `Authorization: Basic`, or not at all."""

GITLAB_VARIABLES: Final[tuple[tuple[str, Kind], ...]] = (
    ("GITLAB_TOKEN", "private_token"),
    ("GITLAB_ACCESS_TOKEN", "private_token"),
    ("OAUTH_TOKEN", "oauth_token"),
    ("GITLAB_PRIVATE_TOKEN", "private_token"),
    ("GITLAB_OAUTH_TOKEN", "oauth_token"),
)
"""Variables that glab (the first three, in its order) and python-gitlab's command line read, and what they hold."""
GITLAB_HOSTS: Final = ("GITLAB_HOST", "GITLAB_URI", "GL_HOST", "GITLAB_URL")
"""Variables that say which GitLab the token variables belong to."""
MLFLOW_CREDENTIALS: Final = ".mlflow/credentials"
"""MLflow's own file in the home folder, section `mlflow` (MLflow docs, authentication)."""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential, and where it came from."""

    kind: Kind = "none"
    secret: Secret = Secret("")
    username: str = ""
    """Only for `basic`."""
    origin: str = ""
    """For people: `environment variable GITLAB_TOKEN`, `glab's login for gitlab.com`."""
    advice: str = ""
    """What to do when the server refuses it, where there is something better to say than "check it"."""


def credential_for(settings: Settings, name: str, env: Mapping[str, str] | None = None) -> Credential:
    """The credential of a connection in its configuration.

    The MLflow of a GitLab project takes that GitLab's credential (as a bearer token) where it has none of its own.

    Raises:
        ConfigError: as for `resolve`.
    """
    connection = settings.connections[name]
    found = resolve(name, connection, env, only=len(settings.names(connection.kind)) == 1)
    if found.kind != "none" or not is_gitlab_mlflow(connection.url):
        return found
    for other in settings.names("gitlab"):
        if host_of(settings.connections[other].url) == host_of(connection.url):
            login = credential_for(settings, other, env)
            return msgspec.structs.replace(login, kind="oauth_token")
    return found


def resolve(
    name: str, connection: ConnectionSettings, env: Mapping[str, str] | None = None, *, only: bool = False
) -> Credential:
    """The credential of a connection; the first of its settings, the environment, and the logins of other tools.

    Args:
        name: name of the connection.
        connection: its settings.
        env: environment variables; the process's own by default.
        only: whether it is the only connection of its kind: then the environment's tokens are taken to belong to it.

    Raises:
        ConfigError: a way that the settings name does not work, or a GitLab has no credential at all. An MLflow without
            one is used without (`kind` "none").
    """
    env = os.environ if env is None else env
    own = f"LINESIDE_{re.sub(r'[^A-Z0-9]', '_', name.upper())}_TOKEN"
    ways = (_explicit_password, _explicit_token)
    for way in ways:
        if found := way(name, connection, env):
            return found
    kind: Kind = "oauth_token" if connection.kind == "mlflow" else connection.token_type
    if found := _variable(own, kind, env):
        return found
    host = host_of(connection.url) if "://" in connection.url else None
    if connection.kind == "mlflow":
        return (_mlflow(host, env, only) if host else None) or Credential()
    if host is None:
        raise ConfigError("is no URL with a host", field=f"connections.{name}.url")
    return _gitlab(name, host, own, env, only)


def _explicit_token(name: str, connection: ConnectionSettings, env: Mapping[str, str]) -> Credential | None:
    kind: Kind = "oauth_token" if connection.kind == "mlflow" else connection.token_type
    field = f"connections.{name}.token"
    if connection.token is not None:
        return _token(connection.token.reveal(), kind, f"`token` of connection {name}", field)
    if connection.token_env is not None:
        value = _from_variable(connection.token_env, f"{field}_env", env)
        return _token(value, kind, f"environment variable {connection.token_env}", f"{field}_env")
    if connection.token_command is not None:
        value = run(connection.token_command, f"{field}_command", env)
        return _token(value, kind, f"`token_command` of connection {name}", f"{field}_command")
    if connection.token_keyring is not None:
        service, user = connection.token_keyring, connection.username or name
        stored = from_keyring(service, user)
        if not stored:
            hint = f"`keyring set {service} {user}` stores one"
            raise ConfigError(f"the keyring holds nothing for {service}, {user}", field=f"{field}_keyring", hint=hint)
        return _token(stored, kind, f"keyring entry {service}", f"{field}_keyring")
    if connection.token_from is not None:
        return _from_tool(connection.token_from, connection.url, f"{field}_from", env)
    return None


def _explicit_password(name: str, connection: ConnectionSettings, env: Mapping[str, str]) -> Credential | None:
    if connection.kind != "mlflow" or connection.username is None:
        return None
    field = f"connections.{name}.password"
    if connection.password is not None:
        password = connection.password.reveal()
    elif connection.password_env is not None:
        password = _from_variable(connection.password_env, f"{field}_env", env)
    elif connection.password_command is not None:
        password = run(connection.password_command, f"{field}_command", env)
    else:
        return None
    return Credential(
        kind="basic", secret=Secret(password), username=connection.username, origin=f"password of connection {name}"
    )


def _from_tool(tool: str, url: str, field: str, env: Mapping[str, str]) -> Credential:
    host = host_of(url)
    found = {"glab": _glab, "python-gitlab": _python_gitlab}[tool](host, env) if host else None
    if found is None:
        hint = (
            f"`glab auth login --hostname {host}`"
            if tool == "glab"
            else f"add a section with its url to ~/{python_gitlab.USER_FILE}"
        )
        raise ConfigError(f"{tool} has no login for {host}", field=field, hint=hint)
    return found


def _gitlab(name: str, host: Host, own: str, env: Mapping[str, str], only: bool) -> Credential:
    notes = []
    if _belongs(host, GITLAB_HOSTS, env, only):
        for variable, kind in GITLAB_VARIABLES:
            if found := _variable(variable, kind, env):
                return found
    elif any(env.get(variable) for variable, _ in GITLAB_VARIABLES):
        notes.append(f"the environment's token was not sent: GITLAB_HOST={host} says that it belongs there")
    server = host_of(env.get("CI_SERVER_URL", ""))
    ways: list[Callable[[Host, Mapping[str, str]], Credential | None]] = [_glab, _python_gitlab]
    if env.get("GITLAB_CI") == "true" and server == host and (found := _variable("CI_JOB_TOKEN", "job_token", env)):
        return found
    for way in ways:
        try:
            if found := way(host, env):
                return found
        except ConfigError as error:
            notes.append(str(error))
    hint = "; ".join(
        [
            f"set {own}, log in with `glab auth login --hostname {host}`, or give token_command in the configuration",
            *notes,
        ]
    )
    raise ConfigError(f"no credential for {host}", field=f"connections.{name}", hint=hint)


def _mlflow(host: Host, env: Mapping[str, str], only: bool) -> Credential | None:
    if not _belongs(host, ("MLFLOW_TRACKING_URI",), env, only):
        return None
    user, password = env.get("MLFLOW_TRACKING_USERNAME"), env.get("MLFLOW_TRACKING_PASSWORD")
    if user and password:
        origin = "environment variable MLFLOW_TRACKING_PASSWORD"
        return Credential(kind="basic", secret=Secret(password), username=user, origin=origin)
    if found := _variable("MLFLOW_TRACKING_TOKEN", "oauth_token", env):
        return found
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(home(env) / MLFLOW_CREDENTIALS, encoding="utf-8")
    except (OSError, UnicodeDecodeError, configparser.Error):
        raise ConfigError("MLflow's credentials file cannot be read", file=f"~/{MLFLOW_CREDENTIALS}") from None
    user = parser.get("mlflow", "mlflow_tracking_username", fallback="")
    password = parser.get("mlflow", "mlflow_tracking_password", fallback="")
    if user and password:
        return Credential(kind="basic", secret=Secret(password), username=user, origin=f"~/{MLFLOW_CREDENTIALS}")
    return None


def _glab(host: Host, env: Mapping[str, str]) -> Credential | None:
    login = glab.login(host, env)
    if login is None:
        return None
    origin = f"glab's login for {login.host}"
    if login.token:
        kind: Kind = "oauth_token" if login.is_oauth2 else "private_token"
        return _token(login.token.reveal(), kind, origin, "", glab.RENEW if login.is_oauth2 else "")
    return _token(login.job_token.reveal(), "job_token", origin, "") if login.job_token else None


def _python_gitlab(host: Host, env: Mapping[str, str]) -> Credential | None:
    login = python_gitlab.login(host, env)
    if login is None or login.kind == "none":
        return None
    origin = f"python-gitlab's section {login.section}"
    if login.kind == "basic":
        return Credential(kind="basic", secret=login.secret, username=login.username, origin=origin)
    return _token(login.secret.reveal(), login.kind, origin, "")


def _belongs(host: Host, variables: tuple[str, ...], env: Mapping[str, str], only: bool) -> bool:
    """Whether tokens of the environment are for `host`."""
    named = [known for name in variables if env.get(name) and (known := host_of(env[name]))]
    return any(known.covers(host) for known in named) if named else only


def _variable(name: str, kind: Kind, env: Mapping[str, str]) -> Credential | None:
    value = env.get(name, "").strip()
    return _token(value, kind, f"environment variable {name}", "") if value else None


def _from_variable(name: str, field: str, env: Mapping[str, str]) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise ConfigError(f"the environment variable `{name}` is not set", field=field, hint=f"export {name}=…")
    return value


def _token(value: str, kind: Kind, origin: str, field: str, advice: str = "") -> Credential:
    """A token as a header can carry it: surrounding space goes, anything else that cannot be sent is refused."""
    token = value.strip()
    if not token or not token.isascii() or not is_clean(token) or " " in token:
        raise ConfigError(f"what {origin} gives is no token: empty, or with spaces or unusual characters", field=field)
    return Credential(kind=kind, secret=Secret(token), origin=origin, advice=advice)
