"""The configuration of whoever stands in a folder: a file, or else what the checkout there tells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from data.config import Settings, load, locate
from data.config.defaults import complete
from data.config.discover import discover
from data.sources.git import Checkout, inspect

__all__ = ["Checkout", "checkout_here", "settings_here"]


def settings_here(
    explicit: Path | None, cwd: Path, env: Mapping[str, str] | None = None
) -> tuple[Settings, Path | None] | None:
    """The settings and the file that they came from, None for the file where a checkout of a GitLab project told them.

    None where there is no file, and `cwd` is no such checkout. `explicit` is the file that the user named, if any. Runs
    git where the answer depends on the checkout.

    Raises:
        ConfigError: a file that cannot be used.
    """
    located = locate(explicit, cwd, env)
    if located is not None and located.trusted:
        return load(located.path, env=env), located.path
    checkout = inspect(cwd)
    host = checkout.host if checkout else ""
    if located is not None:
        vouched = [host] if host else []
        return load(located.path, env=env, trusted=False, vouched=vouched), located.path
    found = discover(host, checkout.project_path, env) if checkout else None
    return (complete(found, cwd), None) if found else None


def checkout_here(cwd: Path) -> Checkout | None:
    """The git checkout that `cwd` lies in. Runs git."""
    return inspect(cwd)
