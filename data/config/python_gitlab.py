"""The logins of python-gitlab's configuration files (python-gitlab docs, "Using the CLI", configuration files)."""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from data.config.outside import run
from data.config.paths import home
from data.config.secret import Secret
from data.config.urls import Host, host_of
from data.errors import ConfigError

SYSTEM_FILE: Final = "/etc/python-gitlab.cfg"
"""Configuration of the whole machine; the user's own is read after it."""
USER_FILE: Final = ".python-gitlab.cfg"
"""The user's configuration, in the home folder."""
HELPER: Final = "helper:"
"""What a value begins with that is a command printing the secret."""

TokenKind = Literal["private_token", "oauth_token", "job_token"]
TOKENS: Final[tuple[TokenKind, ...]] = ("private_token", "oauth_token", "job_token")
"""Options that hold a token, in the order in which one is taken."""


class PythonGitlabLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A section of the configuration."""

    section: str
    url: str
    kind: Literal["private_token", "oauth_token", "job_token", "basic", "none"] = "none"
    secret: Secret = Secret("")
    username: str = ""
    ca_file: str = ""
    tls_verify: bool = True


def urls(env: Mapping[str, str]) -> list[str]:
    """URLs of all servers in the configuration; none when it cannot be read."""
    try:
        parser = _read(env)
    except ConfigError:
        return []
    return [url for _, url in _sections(parser)]


def find(host: Host, env: Mapping[str, str]) -> PythonGitlabLogin | None:
    """The login for a host: the default section when it is that host's, else the first that is. Runs no helper.

    Raises:
        ConfigError: a file cannot be read.
    """
    parser = _read(env)
    fitting = [(name, url) for name, url in _sections(parser) if (known := host_of(url)) and known.covers(host)]
    default = parser.get("global", "default", fallback="")
    fitting.sort(key=lambda found: found[0] != default)
    return _login(parser, *fitting[0]) if fitting else None


def login(host: Host, env: Mapping[str, str]) -> PythonGitlabLogin | None:
    """Like `find`, with the secret that a `helper:` prints.

    Raises:
        ConfigError: a file cannot be read, or the helper fails.
    """
    found = find(host, env)
    value = found.secret.reveal().strip() if found else ""
    if found is None or not value.lower().startswith(HELPER):
        return found
    command = os.path.expandvars(value[len(HELPER) :].strip())
    printed = run(command, f"python-gitlab section {found.section}", env)
    return msgspec.structs.replace(found, secret=Secret(printed))


def _login(parser: configparser.ConfigParser, section: str, url: str) -> PythonGitlabLogin:
    options = parser[section]
    verify = options.get("ssl_verify") or parser.get("global", "ssl_verify", fallback="") or "true"
    truth = parser.BOOLEAN_STATES.get(verify.lower())
    found = PythonGitlabLogin(
        section=section, url=url, ca_file=verify if truth is None else "", tls_verify=truth is not False
    )
    for kind in TOKENS:
        if value := options.get(kind):
            return msgspec.structs.replace(found, kind=kind, secret=Secret(value))
    if (user := options.get("http_username")) and (password := options.get("http_password")):
        return msgspec.structs.replace(found, kind="basic", secret=Secret(password), username=user)
    return found


def _sections(parser: configparser.ConfigParser) -> Iterator[tuple[str, str]]:
    for name in parser.sections():
        if url := parser.get(name, "url", fallback=""):
            yield name, url


def _read(env: Mapping[str, str]) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    named = env.get("PYTHON_GITLAB_CFG")
    for file in [Path(named)] if named else [Path(SYSTEM_FILE), home(env) / USER_FILE]:
        try:
            parser.read(file, encoding="utf-8")
        except (OSError, UnicodeDecodeError, configparser.Error):
            raise ConfigError("python-gitlab's configuration cannot be read", file=str(file)) from None
    return parser
