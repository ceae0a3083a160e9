"""URLs of servers, taken apart without ever showing what stands before an `@`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

PORTS: Final = {"http": 80, "https": 443}
"""The ports of the web."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine."""
SQLITE: Final = "sqlite:///"
"""What the tracking URI of an MLflow database file begins with; the path follows."""
GITLAB_MLFLOW: Final = re.compile(r"/api/v4/projects/[^/]+/ml/mlflow")
"""Path of the MLflow that GitLab offers for a project (GitLab docs, MLflow client compatibility)."""


class Host(NamedTuple):
    """A host, and the port where it is known."""

    name: str
    port: int | None = None
    """None where a bare host was given: any port."""

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}" if self.port not in (None, *PORTS.values()) else name

    def covers(self, other: Host) -> bool:
        """Whether `other` can be the same server: the host is, and the port where both are known."""
        return self.name == other.name and (None in (self.port, other.port) or self.port == other.port)


def split(url: str) -> SplitResult | None:
    """The parts of a URL; None when it cannot be one."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    return parts


def host_of(text: str) -> Host | None:
    """The host of a URL, or of a bare `host` or `host:port` as in GITLAB_HOST; None when there is none."""
    parts = split(text if "://" in text else f"//{text}")
    if parts is None or not parts.hostname:
        return None
    return Host(parts.hostname.lower(), parts.port or PORTS.get(parts.scheme))


def without_login(url: str) -> str:
    """The URL without user name and password."""
    parts = split(url)
    if parts is None:
        return ""
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def login_of(url: str) -> tuple[str, str]:
    """User name and password in a URL, empty where there is none."""
    parts = split(url)
    return (unquote(parts.username or ""), unquote(parts.password or "")) if parts else ("", "")


def is_gitlab_mlflow(url: str) -> bool:
    """Whether an MLflow URL is one that GitLab serves for a project."""
    parts = split(url)
    return parts is not None and GITLAB_MLFLOW.search(parts.path) is not None
