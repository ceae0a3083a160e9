"""Which store is meant: a file of one's own, or a team's database with a file here that mirrors it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from data.config import Settings
from data.config.mongo_url import MongoUrl, is_mongo_url, parse_mongo_url
from data.config.paths import data_dir
from data.config.settings import MONGO_DB_URL, SQLITE
from data.errors import ConfigError
from data.store.open import store_path

STORE_FILE: Final = "lineside.db"
"""Name of the SQLite file in the data folder."""
LOG_FOLDER: Final = "logs"
"""Name of the folder of job logs beside the SQLite file."""
TEAM_FOLDER: Final = "team"
"""Name of the folder of mirrors in the data folder; each team store has a folder of its own in it."""
_WORD: Final = 60
"""Characters of a mirror's folder that tell people which database it mirrors."""
_MARK: Final = 8
"""Characters of a mirror's folder that tell it from all others."""


class Place(NamedTuple):
    """Where records and logs are.

    Attributes:
        url: URL of a team's store, with its password: never shown, logged or put on a command line. Empty for a file.
        file: the SQLite file: the store itself, or the mirror of the team's store.
        logs: the folder of log files, beside the file.
        shown: what to call it: `sqlite`, or `mongo db.example/lineside`, without user and password.
    """

    url: str
    file: Path
    logs: Path
    shown: str

    @property
    def team(self) -> bool:
        """Whether it is a team's store, of which the file is a mirror."""
        return bool(self.url)

    def __repr__(self) -> str:
        return f"Place({self.shown}, {self.file})"


def place_of(settings: Settings, given: str | Path | None = None, env: Mapping[str, str] | None = None) -> Place:
    """The store that `given` (`--store`) names: a path, sqlite:///path or mongodb://…; else that of the configuration,
    else the one of the environment's `MONGO_DB_URL`, else the file in the data folder.

    Raises:
        ConfigError: a URL that leads nowhere; the sentence names where it came from and does not repeat it.
    """
    env = os.environ if env is None else env
    own = settings.store
    folder = (Path(own.path).expanduser() if own.path else data_dir(env)).absolute()
    if given is not None:
        return _team(str(given), folder, "--store") if is_mongo_url(str(given)) else _file(store_path(given).absolute())
    url, field = own.url.reveal() if own.url else "", "store.url"
    if own.url_env:
        url, field = env.get(own.url_env, ""), f"store.url_env: {own.url_env}"
        if not url:
            raise ConfigError("the variable is not set", field=field, hint=f"export {own.url_env}=mongodb://…")
    elif not url and not own.path:
        url, field = env.get(MONGO_DB_URL, ""), MONGO_DB_URL
    return _team(url, folder, field) if url not in ("", SQLITE) else _file(folder / STORE_FILE)


def _file(file: Path) -> Place:
    return Place("", file, file.parent / LOG_FOLDER, SQLITE)


def _team(url: str, folder: Path, field: str) -> Place:
    try:
        found = parse_mongo_url(url)
    except ValueError as error:
        raise ConfigError(f"the URL {error}", field=field, hint="write mongodb://host/database") from None
    first, *others = found.hosts
    more = f"+{len(others)}" if others else ""
    file = folder / TEAM_FOLDER / mirror_name(found) / STORE_FILE
    return Place(url, file, file.parent / LOG_FOLDER, f"mongo {first}{more}/{found.database}")


def mirror_name(url: MongoUrl) -> str:
    """Name of the folder that mirrors a database: the same for every way to write its hosts and for every user."""
    whole = f"{','.join(sorted(url.hosts))}/{url.database}"
    mark = hashlib.sha256(whole.encode()).hexdigest()[:_MARK]
    return f"{re.sub(r'[^A-Za-z0-9.]+', '-', whole)[:_WORD].strip('-.')}-{mark}"
