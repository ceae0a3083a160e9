"""The login of glab, GitLab's command line client: read, never renewed (glab rotates its refresh token)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from data.config.outside import from_keyring
from data.config.paths import home
from data.config.secret import Secret
from data.config.urls import Host, host_of
from data.errors import ConfigError

RENEW: Final = "this login of glab is short-lived: run `glab auth status` to renew it, then refresh"
"""Advice for when an OAuth token of glab is refused."""


class GlabLogin(msgspec.Struct, frozen=True, kw_only=True):
    """What glab knows of a host (glab, internal/config)."""

    host: str
    token: Secret | None = None
    job_token: Secret | None = None
    is_oauth2: bool = False
    """Whether `token` is an OAuth access token, good for about two hours."""
    api_protocol: str = "https"
    ca_cert: str = ""
    skip_tls_verify: bool = False


def hosts(env: Mapping[str, str]) -> list[str]:
    """Names of the hosts in glab's configuration that hold a login; none when the file cannot be read."""
    try:
        entries = _hosts(env)
    except ConfigError:
        return []
    return [
        name for name, entry in entries.items() if entry.get("token") or entry.get("job_token") or entry.get("user")
    ]


def login(host: Host, env: Mapping[str, str]) -> GlabLogin | None:
    """glab's login for a host; None when it has no entry for it.

    Raises:
        ConfigError: glab's configuration cannot be read.
    """
    for name, entry in _hosts(env).items():
        if any(known.covers(host) for text in (name, entry.get("api_host", "")) if text and (known := host_of(text))):
            token = entry.get("token") or _from_keyring(name)
            return GlabLogin(
                host=name,
                token=Secret(token.strip()) if token else None,
                job_token=Secret(entry["job_token"]) if entry.get("job_token") else None,
                is_oauth2=entry.get("is_oauth2", "").lower() == "true",
                api_protocol=entry.get("api_protocol") or "https",
                ca_cert=entry.get("ca_cert", ""),
                skip_tls_verify=entry.get("skip_tls_verify", "").lower() == "true",
            )
    return None


def _hosts(env: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Every host's entry. All values are text: glab may write `token: !!null glpat-…`, to YAML nothing at all."""
    import yaml

    file = next((path for path in _files(env) if path.is_file()), None)
    if file is None:
        return {}
    try:
        content: Any = yaml.load(file.read_text("utf-8"), yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise ConfigError("glab's configuration cannot be read", file=str(file)) from None
    entries = content.get("hosts") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        return {}
    return {
        name: {key: value for key, value in entry.items() if isinstance(value, str)}
        for name, entry in entries.items()
        if isinstance(entry, dict)
    }


def _files(env: Mapping[str, str]) -> Iterator[Path]:
    """Where glab keeps its configuration, in the order in which it looks."""
    if env.get("GLAB_CONFIG_DIR"):
        yield Path(env["GLAB_CONFIG_DIR"]) / "config.yml"
    own = home(env)
    yield own / ".config/glab-cli/config.yml"
    if env.get("XDG_CONFIG_HOME"):
        yield Path(env["XDG_CONFIG_HOME"]) / "glab-cli/config.yml"
    yield own / "Library/Application Support/glab-cli/config.yml"
    for folder in env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        if folder:
            yield Path(folder) / "glab-cli/config.yml"


def _from_keyring(host: str) -> str | None:
    try:
        return from_keyring(f"glab:{host}", "")
    except ConfigError:
        return None
