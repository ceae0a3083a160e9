"""Opens the store at a place with its logs, and closes both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from data.config.paths import ensure
from data.errors import StoreError, UsageError
from data.store.moving.contents import Side
from data.store.open import open_logs, open_store
from data.store.place import Place


def shown(place: Place) -> str:
    """What to call a place: its file, or host and database without user and password."""
    return place.shown if place.team else str(place.file)


def refuse_same(one: Place, other: Place) -> None:
    """See that two places are two.

    Raises:
        UsageError: they are one and the same, however their URLs or paths are written.
    """
    if one.team == other.team and one.file.resolve() == other.file.resolve():
        raise UsageError(f"{shown(one)} and {shown(other)} are one and the same store")


@asynccontextmanager
async def opened(place: Place, *, new: bool = False) -> AsyncIterator[Side]:
    """The store at a place; `new` makes a file where there is none.

    Raises:
        StoreError: there is none, or it cannot be opened.
    """
    if not place.team and not place.file.is_file():
        if not new:
            raise StoreError(f"there is no store {place.file}")
        ensure(place.file.parent)
    store = await open_store(place.url or place.file)
    try:
        logs = open_logs(place.url, place.logs)
        try:
            yield Side(store, logs, shown(place))
        finally:
            if close := getattr(logs, "close", None):  # those in a database have connections
                close()
    finally:
        await store.close()
