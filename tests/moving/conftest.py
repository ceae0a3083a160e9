"""Places for stores: files, and databases of a FerretDB server."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from data.config import Settings
from data.store.place import Place, place_of
from tests.cli.conftest import config, invoke, store_file  # noqa: F401  # fixtures of the command line
from tests.ferretdb import server

NewPlace = Callable[[str], Place]


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a MongoDB server, without a database."""
    with server(tmp_path_factory.mktemp("ferretdb")) as url:
        yield url


@pytest.fixture
def mongo(mongo_server: str) -> Iterator[Place]:
    """A new, empty database."""
    name = f"lineside_{uuid4().hex[:12]}"
    yield place_of(Settings(), f"{mongo_server}/{name}")
    with MongoClient[dict[str, Any]](mongo_server) as client:
        client.drop_database(name)
    with warnings.catch_warnings():  # sockets of a client that was closed while one of its monitors connected
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of databases may find such a socket before it is collected."""
    for item in items:
        if "mongo" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.fixture
def file(tmp_path: Path) -> NewPlace:
    """Makes places for stores in files, each in a folder of its own."""
    return lambda name: place_of(Settings(), tmp_path / name / "lineside.db")
