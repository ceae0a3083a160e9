"""What keeping a copy of an MLflow server costs, against a real one: requests, bytes, and nothing for the store."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.model import Experiment, SyncState, TrackedRun
from data.sources.mlflow.pagesize import PAGE_BYTES
from tests.engine.copying import NAME, Copying, copying
from tests.servers import MlflowServer, running_mlflow
from tests.sources.filling import Shape, database, fill

pytestmark = pytest.mark.server
EACH = 12_000
"""Bytes that a run of twenty metrics, twenty params and ten tags has at most."""
LARGE = 300_000
"""The same of 1,500 metrics and 150 params."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A server of this module's own: its counts must not change with other tests."""
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as made:
        yield made


@pytest.fixture(autouse=True)
def empty(server: MlflowServer) -> None:
    """Nothing from the test before."""
    change(server, *(f"delete from {table}" for table in ("metrics", "latest_metrics", "params", "tags", "runs")))
    change(server, "delete from experiments where experiment_id > 0")


def change(server: MlflowServer, *statements: str) -> None:
    """Write into the server's file."""
    with closing(sqlite3.connect(database(server), timeout=30)) as file, file:
        for statement in statements:
            file.execute(statement)


async def settled(copy: Copying) -> None:
    """The copy has read everything, and the store has it."""
    assert await copy.sync.once() is None
    await copy.sync._read_experiments()  # now its runs are counted
    await copy.refresh()


@pytest.mark.parametrize("running", [0, 10, 200])
async def test_an_unchanged_server_costs_two_kinds_of_searches_and_no_write(
    server: MlflowServer, tmp_path: Path, running: int
) -> None:
    fill(server, Shape(experiments=4, runs=60, running=running))
    async with copying(server.url, tmp_path) as copy:
        await settled(copy)
        assert await copy.store.count(TrackedRun) == 240
        before = await copy.store.revision()
        requests, received = await copy.refresh()
        assert requests == 2 if running < 200 else requests <= 4
        assert received <= 100 + running * EACH
        await copy.sync._read_experiments()
        await copy.sync._registry.read()
        await copy.sync._read_active()
        await copy.refresh()
        assert await copy.store.revision() == before


async def test_a_change_is_read_and_written_and_nothing_else(server: MlflowServer, tmp_path: Path) -> None:
    _, runs = fill(server, Shape(runs=30, running=10))
    async with copying(server.url, tmp_path) as copy:
        await settled(copy)
        before = await copy.store.revision()
        change(server, f"update latest_metrics set value = 9, step = 1000 where run_uuid = '{runs[3]}'")
        await copy.refresh()
        changes = await copy.store.changes(before)
        assert changes.put.get(TrackedRun) == frozenset({f"{NAME}:{runs[3]}"})
        now = int(time.time() * 1000)
        change(server, f"update runs set status = 'FAILED', end_time = {now} where run_uuid = '{runs[4]}'")
        await copy.refresh()
        ended = await copy.store.get(TrackedRun, f"{NAME}:{runs[4]}")
        assert ended is not None and ended.status == "FAILED" and runs[4] not in copy.sync._copy.active


async def test_runs_that_say_nothing_for_long_are_left_out(server: MlflowServer, tmp_path: Path) -> None:
    """Jobs that were killed leave their runs RUNNING for ever; ten of 120 are alive."""
    _, runs = fill(server, Shape(runs=120, running=120))
    old = int(time.time() * 1000) - 3_600_000 * 24
    dead = ", ".join(f"'{run}'" for run in runs[10:])
    change(server, f"update runs set start_time = start_time - 86400000 where run_uuid in ({dead})")
    change(server, f"update latest_metrics set timestamp = {old} where run_uuid in ({dead})")
    async with copying(server.url, tmp_path) as copy:
        await settled(copy)
        requests, received = await copy.refresh()
        assert requests == 2 and received <= 10 * EACH
        assert len(copy.sync._copy.active) == 120
        change(server, f"update latest_metrics set value = 9, step = 1000 where run_uuid = '{runs[50]}'")
        await copy.sync._read_active()
        assert not copy.sync._copy.is_quiet(runs[50]), "it has spoken: from now on it is asked for with the others"
        _, more = await copy.refresh()
        assert received < more <= 111 * EACH
        now = int(time.time() * 1000)
        change(server, f"update runs set status = 'KILLED', end_time = {now} where run_uuid = '{runs[60]}'")
        await copy.refresh()
        assert runs[60] not in copy.sync._copy.active, "its end shows at once"


async def test_pages_of_large_runs_are_small(server: MlflowServer, tmp_path: Path) -> None:
    """The shape that breaks others: 1,500 metrics and 150 params; a page of 200 runs would have 54 MB."""
    fill(server, Shape(experiments=5, runs=6, metrics=1500, params=150, running=3))
    async with copying(server.url, tmp_path) as copy:
        pages: list[int] = []
        await copy.sync.load()
        await copy.sync._read_experiments()
        reads = copy.sync._past
        more = True
        while more:
            before = copy.received
            more = await reads.fill(copy.sync.progress, copy.sync._since(), again=False)
            pages.append(copy.received - before)
        assert max(pages[1:]) < 1.5 * PAGE_BYTES, pages
        assert copy.requests <= 5, "experiments, two pages or three, and one for runs without a start time"
        assert copy.received <= 30 * LARGE
        page = await copy.store.page(TrackedRun, limit=50)
        assert len(page.records) == 30
        assert {(len(run.metrics), len(run.params)) for run in page.records} == {(1500, 150)}


async def test_a_history_that_was_cut_short_is_taken_up_where_it_ended(server: MlflowServer, tmp_path: Path) -> None:
    fill(server, Shape(runs=60))
    async with copying(server.url, tmp_path) as copy:
        await copy.sync.load()
        await copy.sync._read_experiments()
        assert await copy.sync._past.fill(copy.sync.progress, copy.sync._since(), again=True)
        reached = copy.sync.progress.state.backfilled_to
        assert reached is not None and await copy.store.count(TrackedRun) == 20
    async with copying(server.url, tmp_path) as copy:
        await copy.sync.load()
        await copy.sync._read_experiments()
        assert await copy.sync._past.fill(copy.sync.progress, copy.sync._since(), again=True)
        assert await copy.store.count(TrackedRun) == 39, "the last one of before is read again, and 19 new ones"
        while await copy.sync._past.fill(copy.sync.progress, copy.sync._since(), again=False):
            pass
        assert await copy.store.count(TrackedRun) == 60
        state = await copy.store.get(SyncState, f"{NAME}:runs")
        assert state is not None and state.last_full is not None, "the first reading counts as a sweep"


async def test_a_sweep_finds_what_was_deleted_restored_tagged_and_removed(server: MlflowServer, tmp_path: Path) -> None:
    _, runs = fill(server, Shape(experiments=2, runs=30))
    change(server, f"update runs set lifecycle_stage = 'deleted' where run_uuid = '{runs[1]}'")
    change(server, f"update runs set start_time = 0 where run_uuid = '{runs[2]}'")
    async with copying(server.url, tmp_path) as copy:
        await settled(copy)

        async def run(number: int) -> TrackedRun:
            found = await copy.store.get(TrackedRun, f"{NAME}:{runs[number]}")
            assert found is not None
            return found

        assert (await run(1)).lifecycle_stage == "deleted" and (await run(2)).start is None
        change(server, f"update runs set lifecycle_stage = 'active' where run_uuid = '{runs[1]}'")
        change(server, f"update runs set lifecycle_stage = 'deleted' where run_uuid = '{runs[21]}'")
        change(server, f"update tags set value = 'late' where key = 'tag_1' and run_uuid = '{runs[2]}'")
        tables = ("latest_metrics", "params", "tags", "runs")
        change(server, *(f"delete from {table} where run_uuid = '{runs[22]}'" for table in tables))
        before = await copy.store.revision()
        await copy.sync._sweep.step(copy.sync.progress, copy.sync._since())
        while copy.sync._sweep.under_way:
            assert copy.sync._sweep.pause > 0
            await copy.sync._sweep.step(copy.sync.progress, copy.sync._since())
        assert (await run(1)).lifecycle_stage == "active"
        assert [(await run(number)).lifecycle_stage for number in (21, 22)] == ["deleted", "deleted"]
        assert (await run(2)).tags["tag_1"] == "late"
        written = (await copy.store.changes(before)).put[TrackedRun]
        assert written == {f"{NAME}:{runs[number]}" for number in (1, 2, 21, 22)}


async def test_an_experiment_that_is_deleted_takes_its_runs_with_it(server: MlflowServer, tmp_path: Path) -> None:
    [first, second], runs = fill(server, Shape(experiments=2, runs=4, running=2))
    async with copying(server.url, tmp_path) as copy:
        await settled(copy)
        assert len(copy.sync._copy.active) == 2
        change(server, f"update experiments set lifecycle_stage = 'deleted' where experiment_id = {first}")
        change(server, f"update runs set lifecycle_stage = 'deleted' where experiment_id = {first}")
        await copy.sync._read_experiments()
        await copy.sync._read_active()
        while await copy.sync._past.fill(copy.sync.progress, copy.sync._since(), again=False):
            pass
        experiment = await copy.store.get(Experiment, f"{NAME}:{first}")
        assert experiment is not None and experiment.lifecycle_stage == "deleted"
        stages = {run.experiment_id: run.lifecycle_stage for run in (await copy.store.page(TrackedRun)).records}
        assert stages == {first: "deleted", second: "active"}
        assert copy.sync._copy.active == {runs[1]}
        requests = copy.requests
        await copy.sync._read_active()
        assert copy.requests == requests + 1, "nobody asks for the runs of the other one any more"
