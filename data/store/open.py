"""Opens the store that a path or URL names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.errors import UsageError
from data.store.port import Store

_SQLITE: Final = "sqlite:///"


async def open_store(url: str | Path) -> Store:
    """Open the store at a path or at `sqlite:///path` (`sqlite:////path` from the root), making it where there is none.

    Raises:
        UsageError: a URL of something that is no SQLite file.
        StoreCorrupt, StoreReadOnly, StoreVersion, StoreError: see `data.errors`.
    """
    from data.store.sqlite.store import open_sqlite

    return await open_sqlite(store_path(url))


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
        raise UsageError(
            f"only SQLite stores are supported by this version, not `{scheme}`", hint="give a path or sqlite:///path"
        )
    if not text:
        raise UsageError("the store has no path", hint="give a path or sqlite:///path")
    return Path(text).expanduser()
