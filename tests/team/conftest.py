"""A FerretDB for each file of tests, and a team on it for each test."""

from __future__ import annotations

import gc
import time
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from data.simulator import ManualClock, Simulator, SimulatorSettings
from tests.engine.conftest import CHURN
from tests.team.ferret import FerretDB, ferret
from tests.team.members import Team, write_config

PACE = (0.5, 0.5, 1.0)
"""Seconds between two looks of the engines: fast, medium, slow; the least that a configuration may say."""


@pytest.fixture(scope="module")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FerretDB]:
    """A server that tests may freeze, kill and start again; each leaves it running."""
    with ferret(tmp_path_factory.mktemp("ferretdb")) as server:
        yield server
    with warnings.catch_warnings():  # pymongo forgets sockets of a client that is closed while a monitor connects
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
async def team(mongo: FerretDB, tmp_path: Path) -> AsyncIterator[Team]:
    """A quiet server whose time stands still, an empty team store, and nobody at work yet."""
    clock = ManualClock(time.time())
    settings = SimulatorSettings(history_days=0, activity=0, failure_rate=0)
    with Simulator(settings, clock) as simulator:
        config = write_config(tmp_path, simulator.url, [CHURN], pace=PACE)
        found = Team(simulator, clock, mongo.url(f"lineside_{uuid.uuid4().hex[:12]}"), config, tmp_path)
        try:
            yield found
        finally:
            await found.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pymongo forgets sockets of a client that is closed while one of its monitors connects."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.server)
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))
