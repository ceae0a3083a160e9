"""Every test of the port runs on every store that is named here."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient, MongoClient

from data.store.mongo.client import Database
from data.store.mongo.store import MongoStore, open_mongo
from data.store.port import Store
from data.store.sqlite.store import open_sqlite
from tests.ferretdb import server
from tests.store.samples import NOON


class Factory(Protocol):
    """Opens one and the same store as often as it is asked."""

    async def open(self) -> Store:
        """One more store object on it, as another process would have."""

    def pass_time(self, seconds: float) -> None:
        """Put all stores' clocks forward."""

    @property
    def now(self) -> datetime:
        """The time on the stores' clocks."""


class SqliteFactory:
    """Stores on one SQLite file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store" / "lineside.db"
        self.now = NOON

    async def open(self) -> Store:
        """One more store object on the file."""
        return await open_sqlite(self.path, clock=lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        """Put the stores' clock forward."""
        self.now += timedelta(seconds=seconds)


class MongoFactory:
    """Stores on one database of a MongoDB server."""

    def __init__(self, server: str) -> None:
        self.database = f"lineside_{uuid4().hex[:12]}"
        self.server, self.now = server, NOON

    @property
    def url(self) -> str:
        """URL of the database."""
        return f"{self.server}/{self.database}"

    async def open(self) -> Store:
        """One more store object on the database."""
        return await open_mongo(self.url, clock=lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        """Put the stores' clock forward."""
        self.now += timedelta(seconds=seconds)


STORES = ("sqlite", "mongo")
"""All implementations of the port."""


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a MongoDB server, without a database."""
    with server(tmp_path_factory.mktemp("ferretdb")) as url:
        yield url


@pytest.fixture
def mongo(mongo_server: str) -> Iterator[MongoFactory]:
    """A new, empty database."""
    factory = MongoFactory(mongo_server)
    yield factory
    with MongoClient[dict[str, Any]](mongo_server) as client:
        client.drop_database(factory.database)


@pytest_asyncio.fixture
async def opened(mongo: MongoFactory) -> AsyncIterator[MongoStore]:
    """An empty store."""
    store = await open_mongo(mongo.url, clock=lambda: mongo.now)
    yield store
    await store.close()


@pytest_asyncio.fixture
async def raw(mongo: MongoFactory) -> AsyncIterator[Database]:
    """The database as another tool sees it."""
    tool: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo.server, tz_aware=True)
    yield tool[mongo.database]
    await tool.close()


@asynccontextmanager
async def held(mongo: MongoFactory) -> AsyncIterator[MongoStore]:
    """The store, opened once more."""
    store = await open_mongo(mongo.url, clock=lambda: mongo.now)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """No socket is left for the tests of other modules to stumble over."""
    yield
    collect_sockets()


def collect_sockets() -> None:
    """Free sockets that pymongo forgets when a client is closed while one of its monitors connects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of stores may find such a socket before it is collected."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.fixture(params=STORES)
def factory(request: pytest.FixtureRequest, tmp_path: Path) -> Factory:
    """A new, empty store that can be opened."""
    if request.param == "sqlite":
        return SqliteFactory(tmp_path)
    found: MongoFactory = request.getfixturevalue("mongo")
    return found


@pytest_asyncio.fixture
async def store(factory: Factory) -> AsyncIterator[Store]:
    """An empty store."""
    opened = await factory.open()
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def other(factory: Factory, store: Store) -> AsyncIterator[Store]:
    """The same store, opened once more."""
    opened = await factory.open()
    yield opened
    await opened.close()
