"""The team's store as the mirror meets it: opened, told from others, waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol, runtime_checkable

from data.errors import StoreError, StoreReadOnly, StoreVersion
from data.store.logs import LogStore
from data.store.open import open_logs, open_store
from data.store.port import Store

POLL: Final = 0.05
"""Seconds between two looks at the revision of a store that does not tell news by itself."""
_LOGIN: Final = frozenset({18, 8000, 13})
"""Codes of MongoDB for a login that failed or may not do this (MongoDB manual, "Error Codes")."""


@runtime_checkable
class Telling(Protocol):
    """A store that tells of news."""

    async def news(self, after: int, *, poll: float) -> int:
        """The newest revision, as soon as it is greater than `after`, at the latest after `poll` seconds."""


class Team(NamedTuple):
    """A team's store that is open.

    Attributes:
        identity: tells the database from another one at the same place; empty where nobody can tell.
        version: the server's, for people.
    """

    store: Store
    logs: LogStore
    identity: str = ""
    version: str = ""

    async def news(self, after: int, poll: float) -> int:
        """The newest revision, as soon as it is greater than `after`, at the latest after `poll` seconds."""
        if isinstance(self.store, Telling):
            return await self.store.news(after, poll=poll)
        deadline = asyncio.get_running_loop().time() + poll
        while (newest := await self.store.revision()) <= after and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(POLL)
        return newest

    async def close(self) -> None:
        """Let go of it."""
        await self.store.close()
        close = getattr(self.logs, "close", None)
        if close is not None:
            await asyncio.to_thread(close)


Connect = Callable[[], Awaitable[Team]]
"""Opens the team's store.

Raises:
    StoreError: it is away, or does not let us in.
"""


async def connect(url: str) -> Team:
    """Open the team's store at a URL.

    Raises:
        StoreError: it is away, does not let us in, or is not one that we know.
    """
    store = await open_store(url)
    try:
        logs = open_logs(url, Path())
    except BaseException:  # whatever it was, no connection stays open
        await store.close()
        raise
    from data.store.mongo.store import MongoStore

    if isinstance(store, MongoStore):
        return Team(store, logs, store.identity, store.server.version)
    return Team(store, logs)


@asynccontextmanager
async def answered(seconds: float) -> AsyncIterator[None]:
    """Give up waiting for the team store after some seconds.

    Raises:
        StoreError: it did not answer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise StoreError("the team store does not answer", hint="what is here can be read meanwhile") from None


def state_of(error: StoreError) -> str:
    """`Connection.state` for a failure of the team store."""
    code = getattr(error.__context__, "code", None)
    if code in _LOGIN:
        return "unauthorized"
    return "error" if isinstance(error, StoreReadOnly | StoreVersion) else "offline"
