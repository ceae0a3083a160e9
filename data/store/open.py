"""Opens the store that a path or URL names, and its logs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.errors import UsageError
from data.store.logs import LogFiles, LogStore
from data.store.port import Store

_SQLITE: Final = "sqlite:///"
_MONGO: Final = ("mongodb://", "mongodb+srv://")


async def open_store(url: str | Path) -> Store:
    """Open the store at a path, at `sqlite:///path` (`sqlite:////path` from the root) or at `mongodb://…`.

    A file or database is made where there is none.

    Raises:
        UsageError: a URL of something else.
        StoreCorrupt, StoreReadOnly, StoreVersion, StoreError: see `data.errors`.
    """
    if is_mongo(url):
        from data.store.mongo.store import open_mongo

        return await open_mongo(str(url))
    from data.store.sqlite.store import open_sqlite

    return await open_sqlite(store_path(url))


def open_logs(url: str, folder: Path) -> LogStore:
    """The logs of a team's store at a `mongodb://` URL, or log files in `folder` where `url` is empty.

    Nothing is connected or made before the first call needs it, so that a server that is away stops nobody here.

    Raises:
        UsageError: a URL of something else.
        StoreError: a URL that MongoDB does not know.
    """
    if not url:
        return LogFiles(folder)
    if not is_mongo(url):
        raise UsageError("logs are in files or in MongoDB", hint="mongodb://host/database")
    from data.store.mongo.logs import MongoLogs

    return MongoLogs(url)


def is_mongo(url: str | Path) -> bool:
    """Whether it names a MongoDB database, not a file."""
    return str(url).startswith(_MONGO)


def store_path(url: str | Path) -> Path:
    """The file that `open_store` would open.

    Raises:
        UsageError: a URL of something that is no SQLite file.
    """
    text = str(url)
    if text.startswith(_SQLITE):
        text = text.removeprefix(_SQLITE)
    elif "://" in text:
        scheme = text.partition("://")[0]
        raise UsageError(f"`{scheme}` names no file", hint="give a path, sqlite:///path or mongodb://host/database")
    if not text:
        raise UsageError("the store has no path", hint="give a path or sqlite:///path")
    return Path(text).expanduser()
