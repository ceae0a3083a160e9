"""Which logs are dropped when there are too many, and what their records say then."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.engine.desk import Desk
from data.engine.leases import Leases
from data.engine.quota import Quota, in_order
from data.model import JobRun, LogState, PipelineRun
from data.store.logs import LogFiles
from data.store.open import open_store
from data.store.port import Store
from tests.engine.conftest import TIMING, until

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SIZE = 1000


class Shelf:
    """A store and logs of 1000 bytes each; log `n` was read before log `n + 1`."""

    def __init__(self, store: Store, files: LogFiles) -> None:
        self.store, self.files = store, files
        self.reading: set[str] = set()

    async def put(self, count: int, connection: str = "work") -> list[str]:
        """Make logs and their records."""
        ids = [f"{connection}:12:job:{number}" for number in range(count)]
        state = LogState(size=SIZE, complete=True, kept_since=NOW, generation=2)
        await self.store.put([_job(id, log=state) for id in ids])
        for number, id in enumerate(ids):
            self.files.append(id, 0, b"x" * SIZE)
            os.utime(self.files.path(id), (1_000_000 + number, 1_000_000 + number))
        return ids

    async def change(self, id: str, **values: object) -> None:
        """Change a job's record."""
        job = await self.store.get(JobRun, id)
        assert job is not None
        await self.store.put([replace(job, **values)])

    def quota(self, limit: int, **timing: float) -> Quota:
        """A quota on these logs."""
        desk = Desk(self.store, Leases(self.store, "test", TIMING))
        reading = self._reading
        return Quota(self.files, desk, limit, replace(TIMING, **timing), reading, ["work", "my server"])

    def _reading(self) -> Collection[str]:
        return self.reading

    def held(self, ids: list[str]) -> list[int]:
        """Numbers of the logs that are there."""
        return [number for number, id in enumerate(ids) if self.files.size(id)]


def _job(id: str, **values: object) -> JobRun:
    given = {
        "pipeline_run_id": "work:12:1", "project_id": "work:12", "connection": "work", "git_project_id": 12,
        "git_job_id": int(id.rpartition(":")[2]), "name": "train", "status": "success", "created": NOW, **values,
    }  # fmt: skip
    return JobRun(id=id, **given)  # type: ignore[arg-type]


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty shelf."""
    store = await open_store(tmp_path / "lineside.db")
    yield Shelf(store, LogFiles(tmp_path / "logs"))
    await store.close()


async def test_those_not_read_for_longest_go_first_and_their_records_say_so(shelf: Shelf) -> None:
    ids = await shelf.put(10)
    shelf.files.touch(ids[0])
    assert await shelf.quota(7 * SIZE).look() == 3 * SIZE
    assert shelf.held(ids) == [0, 4, 5, 6, 7, 8, 9]
    job = await shelf.store.get(JobRun, ids[1])
    assert job is not None
    assert job.log == LogState(generation=2), "it is not complete any more: opening it fetches it again"
    kept = await shelf.store.get(JobRun, ids[0])
    assert kept is not None and kept.log.complete


@pytest.mark.parametrize("limit", [0, 10 * SIZE, 10**12])
async def test_what_fits_stays(shelf: Shelf, limit: int) -> None:
    ids = await shelf.put(10)
    assert await shelf.quota(limit).look() == 0
    assert len(shelf.held(ids)) == 10


async def test_what_is_open_or_being_fetched_is_never_dropped(shelf: Shelf) -> None:
    ids = await shelf.put(5)
    quota = shelf.quota(SIZE)
    shelf.reading.update(ids[:2])
    quota.busy.add(ids[2])
    assert await quota.look() == 2 * SIZE
    assert shelf.held(ids) == [0, 1, 2]


async def test_those_that_cannot_be_fetched_again_go_last(shelf: Shelf) -> None:
    ids = await shelf.put(6)
    await shelf.change(ids[0], log=LogState(size=SIZE, complete=True, erased=True))
    await shelf.change(ids[1], erased=NOW)
    await shelf.change(ids[2], pipeline_run_id="work:12:2")
    gone = PipelineRun(
        id="work:12:2", project_id="work:12", pipeline_id="work:12:default", connection="work", git_project_id=12,
        git_pipeline_id=2, status="success", created=NOW, gone=True,
    )  # fmt: skip
    await shelf.store.put([gone])
    order = [(held.use.job_id, held.last) async for held in in_order(shelf.store, shelf.files.usage())]
    assert order == [(ids[n], n < 3) for n in (3, 4, 5, 0, 1, 2)]
    assert await shelf.quota(4 * SIZE).look() == 2 * SIZE
    assert shelf.held(ids) == [0, 1, 2, 5]
    assert await shelf.quota(SIZE).look() == 3 * SIZE
    assert shelf.held(ids) == [2]
    job = await shelf.store.get(JobRun, ids[0])
    assert job is not None and job.log == LogState(erased=True)


async def test_logs_of_nobody_and_connections_with_strange_names(shelf: Shelf) -> None:
    """A file without a record is dropped in its turn; the folder of `my server` has another name."""
    ids = await shelf.put(2, "my server")
    shelf.files.append("work:1:job:77", 0, b"x" * SIZE)
    os.utime(shelf.files.path("work:1:job:77"), (1, 1))
    shelf.files.append("odd", 0, b"x" * SIZE)
    os.utime(shelf.files.path("odd"), (2, 2))
    assert await shelf.quota(SIZE).look() == 3 * SIZE
    assert shelf.held(ids) == [1]
    job = await shelf.store.get(JobRun, ids[0])
    assert job is not None and job.log.size == 0
    assert sorted(path.name for path in shelf.files.root.iterdir()) == [shelf.files.path(ids[0]).parts[-3]]


async def test_it_is_looked_at_again_when_much_was_added(shelf: Shelf) -> None:
    ids = await shelf.put(3)
    quota = shelf.quota(4 * SIZE, quota=3600.0, quota_check=0.01)
    running = asyncio.create_task(quota.run())
    try:
        await until(quota.has_room)
        shelf.files.append("work:12:job:99", 0, b"y" * 3 * SIZE)

        async def dropped() -> bool:
            return shelf.held(ids) == [2]

        await until(dropped)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_there_is_room_up_to_nine_tenths(shelf: Shelf) -> None:
    await shelf.put(8)
    quota = shelf.quota(10 * SIZE)
    assert await quota.has_room()
    shelf.files.append("work:12:job:99", 0, b"y" * SIZE)
    assert not await quota.has_room()
    assert await shelf.quota(0).has_room()
