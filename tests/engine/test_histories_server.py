"""Histories from a real MLflow server: how few requests they take, and what a long one shows first."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.engine import histories as module
from data.engine.histories import STAGES
from data.model import Interest, MetricSeries, TrackedRun
from data.sources.mlflow.history import SKETCH_STEPS
from tests.engine.copying import NAME, Copying, copying
from tests.servers import MlflowServer, running_mlflow
from tests.sources.filling import POINTS, Shape, database, fill, long_history

pytestmark = pytest.mark.server
LONG = 200_000
"""Points of a history that is sketched first."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A server of this module's own."""
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as made:
        yield made


def look(copy: Copying, *topics: str) -> None:
    """Somebody looks at histories."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    copy.board.update([Interest(id=topic, viewer="me", topic=topic, expires=expires) for topic in topics])


async def read(copy: Copying) -> int:
    """Read what is looked at until there is no more to do; the requests that it took."""
    before = copy.requests
    histories = copy.sync._histories
    while await histories.read(await histories.wanted(copy.board.ids("metric"), copy.board.ids("run"))):
        pass
    return copy.requests - before


async def series(copy: Copying, id: str) -> MetricSeries:
    """A stored history."""
    found = await copy.store.get(MetricSeries, f"{NAME}:{id}")
    assert found is not None
    return found


async def filled(copy: Copying) -> None:
    """All runs are in the store."""
    assert await copy.sync.once() is None


async def test_a_hundred_runs_take_one_request_for_each_metric(server: MlflowServer, tmp_path: Path) -> None:
    _, runs = fill(server, Shape(runs=100, metrics=0, running=100), "many")
    for run in runs:
        for key in ("loss", "val auc"):
            long_history(server, run, key, 40)
    async with copying(server.url, tmp_path) as copy:
        await filled(copy)
        look(copy, *(f"metric:{NAME}:{run}:{key}" for run in runs for key in ("loss", "val auc")))
        assert await read(copy) == 2
        for run in runs[::20]:
            held = await series(copy, f"{run}:val auc")
            assert held.steps == tuple(range(40)) and not held.sampled and held.values[0] == 1.0
            found = await copy.store.get(TrackedRun, f"{NAME}:{run}")
            assert found is not None
            summary = found.metrics["val auc"]
            assert (summary.max, summary.max_step, summary.min, summary.min_step) == (1.0, 0, 1 / 40, 39)
        assert await read(copy) == 0
        with closing(sqlite3.connect(database(server), timeout=30)) as file, file:
            now = int(datetime.now(UTC).timestamp() * 1000)
            file.execute(POINTS, ("loss", 7.0, now, 40, runs[3]))
            statement = "update latest_metrics set value = 7.0, step = 40, timestamp = ? where run_uuid = ? and key = ?"
            file.execute(statement, (now, runs[3], "loss"))
        await copy.refresh()
        assert await read(copy) == 1
        held = await series(copy, f"{runs[3]}:loss")
        assert held.steps == tuple(range(41)) and held.values[-1] == 7.0


async def test_a_long_history_shows_something_first_and_finer_points_where_one_looks(
    server: MlflowServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLICE", 0.0)
    _, (run,) = fill(server, Shape(runs=1, metrics=0), "long")
    long_history(server, run, "loss", LONG)
    async with copying(server.url, tmp_path) as copy:
        await filled(copy)
        look(copy, f"metric:{NAME}:{run}:loss")
        histories = copy.sync._histories
        points = 0
        for stage in STAGES:
            requests = copy.requests
            assert await histories.read(await histories.wanted(copy.board.ids("metric"), ())), "there is more to do"
            assert copy.requests - requests == len(stage)
            rough = await series(copy, f"{run}:loss")
            assert rough.sampled and (rough.steps[0], rough.steps[-1]) == (0, LONG - 1)
            assert len(rough.steps) >= points + len(stage) * (SKETCH_STEPS - 1)
            points = len(rough.steps)
        assert await read(copy) == 1
        even = await series(copy, f"{run}:loss")
        assert even.sampled and len(even.steps) == 2000 and (even.steps[0], even.steps[-1]) == (0, LONG - 1)
        look(copy, f"metric:{NAME}:{run}:loss", f"metric:{NAME}:{run}:loss@5000..5999")
        assert await read(copy) == 1
        part = await series(copy, f"{run}:loss@5000..5999")
        assert part.steps == tuple(range(5000, 6000)) and not part.sampled and part.window == (5000, 5999)
        assert await read(copy) == 0
