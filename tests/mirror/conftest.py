"""A team's store, and files that mirror it: on SQLite for most tests, on a server of MongoDB's protocol for some."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
import pytest_asyncio

from data.errors import StoreError
from data.model import Interest
from data.store.logs import LogFiles, LogStore
from data.store.mirror import Mirror, MirrorTiming
from data.store.mirror.team import Team, connect
from data.store.mongo.logs import MongoLogs
from data.store.open import open_store
from data.store.port import Store
from data.store.sqlite.store import SqliteStore, open_sqlite
from tests.store.conftest import MongoFactory, collect_sockets, mongo, mongo_server

__all__ = ["mongo", "mongo_server"]

T = TypeVar("T")

FAST = MirrorTiming(
    look=0.01, news=0.1, rest=0.01, retry=(0.02, 0.05), lease=5.0, renew=0.5, fill=0.0, log=0.2, answer=5.0, close=2.0
)
"""A mirror that rests less than usual."""
PATIENCE = 20.0
"""Seconds that a test waits for what should take far less."""
SHOWN = "mongo team.example/lineside"


async def until(check: Callable[[], Awaitable[T | None]], what: str = "", seconds: float = PATIENCE) -> T:
    """The first result of `check` that is true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        if found := await check():
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"did not come about: {what or check}")


class SqliteTeam:
    """A team's store in a SQLite file, which can be away, or be another one."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        self.away = ""
        self.opened = 0

    @property
    def identity(self) -> str:
        """What tells it from the ones before."""
        return f"team-{self._number}"

    @property
    def logs(self) -> LogStore:
        """The team's logs."""
        return LogFiles(self._folder / self.identity / "logs")

    async def open(self) -> Store:
        """The team's store, as an engine has it."""
        return await open_sqlite(self._folder / self.identity / "team.db")

    async def connect(self) -> Team:
        """The team's store, as a mirror has it."""
        if self.away:
            raise StoreError(self.away)
        self.opened += 1
        path = self._folder / self.identity / "team.db"
        await (await open_sqlite(path)).close()
        return Team(Leaving(path, self), self.logs, self.identity, "3.9")

    def replace(self) -> None:
        """From now on it is another database at the same place."""
        self._number += 1


class Leaving(SqliteStore):
    """A store that does not answer while its team says so."""

    def __init__(self, path: Path, team: SqliteTeam) -> None:
        super().__init__(path)
        self._team = team

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        if name in ASKED and (away := super().__getattribute__("_team").away):
            raise StoreError(str(away))
        return found


ASKED = frozenset(
    ("revision", "changes", "page", "get_many", "put", "delete", "submit", "withdraw", "amend", "watch", "interests")
)
"""Calls that need the server."""


class MongoTeam:
    """A team's store on a server of MongoDB's protocol."""

    def __init__(self, factory: MongoFactory) -> None:
        self.url = factory.url
        self.logs = MongoLogs(self.url)

    def close(self) -> None:
        """Let go of the logs."""
        self.logs.close()

    async def open(self) -> Store:
        """The team's store, as an engine has it."""
        return await open_store(self.url)

    async def connect(self) -> Team:
        """The team's store, as a mirror has it."""
        return await connect(self.url)


AnyTeam = SqliteTeam | MongoTeam


class Here:
    """A file that mirrors a team's store, and the viewer's store on it."""

    def __init__(self, folder: Path, team: AnyTeam, store: Store) -> None:
        self.folder, self.team, self.store = folder, team, store
        self.logs = LogFiles(folder / "logs")

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "lineside.db"

    async def mirror(self, timing: MirrorTiming = FAST) -> Mirror:
        """One more mirror of the file, as another process has it."""
        local = await open_sqlite(self.path)
        return Mirror(
            local, self.logs, "", place=SHOWN, owner=f"mirror-{uuid4().hex[:6]}", timing=timing,
            opener=self.team.connect,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self, timing: MirrorTiming = FAST) -> AsyncIterator[Mirror]:
        """A mirror at work."""
        mirror = await self.mirror(timing)
        task = asyncio.create_task(mirror.run())
        try:
            yield mirror
        finally:
            await stop(mirror, task)

    async def look_at(self, *topics: str) -> None:
        """A viewer looks at something."""
        expires = datetime.now(UTC) + timedelta(seconds=60)
        await self.store.watch([Interest(id=f"me:{one}", viewer="me", topic=one, expires=expires) for one in topics])

    async def look_away(self, *topics: str) -> None:
        """A viewer looks at it no more."""
        expires = datetime.now(UTC) - timedelta(seconds=60)
        await self.store.watch([Interest(id=f"me:{one}", viewer="me", topic=one, expires=expires) for one in topics])


async def stop(mirror: Mirror, task: asyncio.Task[None]) -> None:
    """End a mirror that is at work, as its process does."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await mirror.close()
    await mirror._local.store.close()


@pytest.fixture
def team(tmp_path: Path) -> SqliteTeam:
    """An empty team's store in a SQLite file."""
    return SqliteTeam(tmp_path / "team")


@pytest.fixture(params=["sqlite", "mongo"])
def any_team(request: pytest.FixtureRequest, tmp_path: Path) -> AnyTeam:
    """An empty team's store of each sort."""
    if request.param == "sqlite":
        return SqliteTeam(tmp_path / "team")
    found = MongoTeam(request.getfixturevalue("mongo"))
    request.addfinalizer(found.close)
    request.addfinalizer(collect_sockets)
    return found


@asynccontextmanager
async def here_in(folder: Path, team: AnyTeam) -> AsyncIterator[Here]:
    """A file that mirrors the team's store."""
    store = await open_sqlite(folder / "lineside.db")
    try:
        yield Here(folder, team, store)
    finally:
        await store.close()


@pytest_asyncio.fixture
async def here(tmp_path: Path, team: SqliteTeam) -> AsyncIterator[Here]:
    """A file that mirrors the team's store."""
    async with here_in(tmp_path / "here", team) as found:
        yield found


@pytest_asyncio.fixture
async def any_here(tmp_path: Path, any_team: AnyTeam) -> AsyncIterator[Here]:
    """A file that mirrors a team's store of each sort."""
    async with here_in(tmp_path / "here", any_team) as found:
        yield found


@pytest_asyncio.fixture
async def theirs(team: SqliteTeam) -> AsyncIterator[Store]:
    """The team's store."""
    store = await team.open()
    yield store
    await store.close()


@pytest_asyncio.fixture
async def any_theirs(any_team: AnyTeam) -> AsyncIterator[Store]:
    """The team's store of each sort."""
    store = await any_team.open()
    yield store
    await store.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pymongo forgets sockets of a client that is closed while one of its monitors connects."""
    for item in items:
        given = getattr(item, "callspec", None)
        if "mirror" in item.path.parts and given and given.params.get("any_team") == "mongo":
            item.add_marker(pytest.mark.server)
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))
