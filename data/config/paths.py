"""The folders of Lineside. Asking for one does not make it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from data.errors import ConfigError

APP: Final = "lineside"
"""Name of Lineside's folders."""
PRIVATE: Final = 0o700
"""Mode of a folder that only its owner may look into."""


def data_dir(env: Mapping[str, str] | None = None) -> Path:
    """Where the store and the logs are: `LINESIDE_DATA_DIR`, else the platform's folder for user data."""
    import platformdirs

    return _override("LINESIDE_DATA_DIR", env) or platformdirs.user_data_path(APP)


def state_dir(env: Mapping[str, str] | None = None) -> Path:
    """Where the last screen and our own log are: `LINESIDE_STATE_DIR`, else the platform's folder for user state."""
    import platformdirs

    return _override("LINESIDE_STATE_DIR", env) or platformdirs.user_state_path(APP)


def config_dir(env: Mapping[str, str] | None = None) -> Path:
    """Where `config.yaml` is looked for: `LINESIDE_CONFIG_DIR`, else the platform's folder for user configuration."""
    import platformdirs

    return _override("LINESIDE_CONFIG_DIR", env) or platformdirs.user_config_path(APP)


def ensure(folder: Path) -> Path:
    """Make the folder, readable by its owner alone, where it does not exist yet.

    Raises:
        ConfigError: it cannot be made, or something else has its name.
    """
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"cannot make the folder {folder}: {error.strerror}",
            hint="LINESIDE_DATA_DIR and LINESIDE_STATE_DIR choose other folders",
        ) from None
    return folder


def home(env: Mapping[str, str]) -> Path:
    """The user's home folder, by `HOME` where it is set."""
    return Path(env["HOME"]) if env.get("HOME") else Path.home()


def _override(name: str, env: Mapping[str, str] | None) -> Path | None:
    value = (os.environ if env is None else env).get(name, "")
    return Path(value).expanduser().absolute() if value else None
