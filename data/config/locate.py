"""Which file is the configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from data.config.paths import config_dir

HERE: Final = "lineside.yaml"
"""Name of a configuration in the folder one stands in."""
CHECKOUT: Final = ".lineside.yaml"
"""Name of a configuration in a checkout, looked for up to its root."""
USER: Final = "config.yaml"
"""Name of the user's configuration in Lineside's configuration folder."""


class Located(NamedTuple):
    """A configuration file and how far it is trusted."""

    path: Path
    trusted: bool
    """False for a file that lay in the way and may come from somebody else; see `data.config.trust`."""


def locate(explicit: str | Path | None, cwd: Path, env: Mapping[str, str] | None = None) -> Located | None:
    """The first configuration there is; None when there is none.

    They are `explicit` (`--config`), `LINESIDE_CONFIG`, `lineside.yaml` here, `.lineside.yaml` from here up to the root
    of the checkout, and `config.yaml` in the user's configuration folder.

    A file that was named explicitly is returned whether it exists or not, so that loading says what is wrong with it.
    """
    env = os.environ if env is None else env
    named = explicit or env.get("LINESIDE_CONFIG")
    if named:
        return Located(Path(named).expanduser().absolute(), True)
    found = next((path for path in _in_the_way(cwd.absolute()) if path.is_file()), None)
    if found:
        return Located(found, False)
    own = config_dir(env) / USER
    return Located(own, True) if own.is_file() else None


def _in_the_way(cwd: Path) -> Iterator[Path]:
    yield cwd / HERE
    folders = [cwd, *cwd.parents]
    root = next((folder for folder in folders if (folder / ".git").exists()), cwd)
    for folder in folders[: folders.index(root) + 1]:
        yield folder / CHECKOUT
