"""Every test of the port runs on every store that is named here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from data.store.port import Store
from data.store.sqlite.store import open_sqlite
from tests.store.samples import NOON


class Factory(Protocol):
    """Opens one and the same store as often as it is asked."""

    def __init__(self, folder: Path) -> None:
        """A new, empty store, with its files (if any) in `folder`."""

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


FACTORIES: dict[str, type[Factory]] = {"sqlite": SqliteFactory}
"""All implementations of the port."""


@pytest.fixture(params=sorted(FACTORIES))
def factory(request: pytest.FixtureRequest, tmp_path: Path) -> Factory:
    """A new, empty store that can be opened."""
    return FACTORIES[request.param](tmp_path)


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
