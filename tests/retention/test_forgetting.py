"""What goes with a run, and what is left of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data.model import JobRun, PipelineRun, Record, RunInfo, Submission, make
from data.store.kinds import KINDS
from data.store.logs import LogFiles
from data.store.open import open_store
from data.store.port import Store
from data.store.retention.forgetting import Unleased, forget
from tests.retention.world import NOW, run, with_all, write_logs


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "lineside.db")
    yield opened
    await opened.close()


async def everything(store: Store) -> dict[type[Record], set[str]]:
    """Ids of all records."""
    pages = {kind: (await store.page(kind, limit=1000)).records for kind in KINDS}
    return {kind: {one.id for one in records} for kind, records in pages.items() if records}


async def test_all_that_is_its_own_goes_and_nothing_else(store: Store, tmp_path: Path) -> None:
    logs = LogFiles(tmp_path / "logs")
    stays = with_all(run(2, 90, run_info_id="R2"))
    await store.put(stays)
    before = await everything(store)
    goes = with_all(run(1, 90, run_info_id="R1"))
    await store.put(goes)
    for records in (goes, stays):
        write_logs(logs, records)
    found = await forget(store, logs, Unleased(store), [run(1, 90, run_info_id="R1")])
    assert await everything(store) == before
    assert (found.numbers()[JobRun], found.logs, found.bytes) == (2, ["gitlab:1:job:11"], 100)
    assert [use.job_id for use in logs.usage()] == ["gitlab:1:job:21"]


async def test_what_was_cut_off_is_ended_the_next_time(store: Store, tmp_path: Path) -> None:
    logs, goes = LogFiles(tmp_path / "logs"), run(1, 90, run_info_id="R1")
    await store.put(with_all(goes))

    class Broken(Unleased):
        async def delete(self, kind: type[Record], ids: object) -> int:
            if kind is PipelineRun:
                raise ConnectionError
            return await super().delete(kind, ids)  # type: ignore[arg-type]

    with pytest.raises(ConnectionError):
        await forget(store, logs, Broken(store), [goes])
    assert set(await everything(store)) == {PipelineRun}
    await forget(store, logs, Unleased(store), [goes])
    assert await everything(store) == {}


async def test_runs_of_one_run_id_lose_it_and_what_was_asked_for_stays(store: Store, tmp_path: Path) -> None:
    one, other, asked = run(1, 90, run_info_id="R"), run(2, 1, run_info_id="R"), run(3, 90, run_info_id="S")
    await store.put([
        one, other, asked,
        make(RunInfo, id="R", runs=(one.id, other.id), test_run_id=""), make(RunInfo, id="S", runs=(asked.id,)),
        make(Submission, id="s", timestamp=NOW, requester="ada", run_id="S"),
    ])  # fmt: skip
    await forget(store, LogFiles(tmp_path / "logs"), Unleased(store), [one, asked])
    infos = await store.get_many(RunInfo, ["R", "S"])
    assert {id: info.runs for id, info in infos.items()} == {"R": (other.id,), "S": ()}
