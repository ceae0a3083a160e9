"""Settings for the checkout one stands in, where there is no configuration file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from data.config import glab, python_gitlab
from data.config.defaults import complete
from data.config.settings import ConnectionSettings, ProjectSettings, Settings
from data.config.urls import Host, host_of, split
from data.errors import ConfigError

GITLAB: Final = "gitlab"
"""Name of the GitLab connection, and the word in a host's name that tells a GitLab."""
MLFLOW: Final = "mlflow"
"""Name of the MLflow connection."""
HOST_VARIABLES: Final = ("CI_SERVER_URL", "GITLAB_URL", "GITLAB_HOST", "GITLAB_URI", "GL_HOST")
"""Variables that name a GitLab, with or without scheme."""


def discover(
    checkout_host: str, checkout_path: str, env: Mapping[str, str] | None = None, *, cwd: Path | None = None
) -> Settings | None:
    """Settings for one project; None when its host is not known to be a GitLab.

    It is one when its name holds "gitlab", or the environment, glab or python-gitlab know it as one. Credentials are
    not taken over: `credentials.credential_for` finds them in the same places.

    Args:
        checkout_host: `host` or `host:port` of the checkout's remote (`data.sources.git.Checkout.host`).
        checkout_path: path of the project on it (`Checkout.project_path`).
        env: environment variables; the process's own by default.
        cwd: folder from which a relative `sqlite:///` of MLFLOW_TRACKING_URI is seen.
    """
    env = os.environ if env is None else env
    host = host_of(checkout_host) if checkout_host else None
    if host is None or not checkout_path:
        return None
    url = next(_urls(host, env), f"https://{host}" if GITLAB in host.name else "")
    if not url:
        return None
    connections = {GITLAB: _connection(url, host, env)}
    tracking = env.get("MLFLOW_TRACKING_URI", "")
    if tracking.startswith(("http://", "https://", "sqlite:///")):
        connections[MLFLOW] = ConnectionSettings(kind="mlflow", url=tracking)
    experiment = env.get("MLFLOW_EXPERIMENT_NAME") or env.get("MLFLOW_EXPERIMENT_ID") or ""
    project = ProjectSettings(project=_within(checkout_path, url), experiment=experiment)
    return complete(Settings(connections=connections, projects=[project]), cwd or Path.cwd())


def _urls(host: Host, env: Mapping[str, str]) -> Iterator[str]:
    """Base URLs under which the host is known as a GitLab, the surest first."""
    named = [env.get(name, "") for name in HOST_VARIABLES]
    for text in (*(one for one in named if "://" in one), *python_gitlab.urls(env)):
        if (known := host_of(text)) and known.covers(host):
            yield text
    for text in (*(one for one in named if one and "://" not in one), *glab.hosts(env)):
        if (known := host_of(text)) and known.covers(host):
            yield f"https://{host}"


def _connection(url: str, host: Host, env: Mapping[str, str]) -> ConnectionSettings:
    """The connection, with what glab or python-gitlab know of the server's certificate."""
    try:
        if (login := glab.login(host, env)) is not None:
            scheme = login.api_protocol if login.api_protocol == "http" else "https"
            base = url if url != f"https://{host}" else f"{scheme}://{host}"
            ca_file, verify = login.ca_cert, not login.skip_tls_verify
        elif (other := python_gitlab.find(host, env)) is not None:
            base, ca_file, verify = url, other.ca_file, other.tls_verify
        else:
            base, ca_file, verify = url, "", True
    except ConfigError:
        # A broken file of another tool is reported when its login is looked for.
        base, ca_file, verify = url, "", True
    return ConnectionSettings(kind="gitlab", url=base, ca_file=ca_file or None, tls_verify=verify)


def _within(path: str, url: str) -> str:
    """The project's path without the part that belongs to a GitLab in a sub-folder (`https://host/gitlab`)."""
    parts = split(url)
    return path.removeprefix(f"{parts.path.strip('/')}/" if parts and parts.path.strip("/") else "")
