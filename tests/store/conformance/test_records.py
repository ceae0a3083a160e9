"""Putting, getting and deleting records; what changed since when."""

from __future__ import annotations

import asyncio
import time

import pytest

from data.errors import LinesideError, RecordError, StoreError
from data.model import RECORDS, JobRun, Note, PipelineRun, Project, Record, make
from data.store.mongo import changes as mongo_changes
from data.store.mongo import revisions as mongo_revisions
from data.store.port import Store
from data.store.sqlite.changes import BATCH
from tests.store.conftest import Factory
from tests.store.samples import NOON, changed, full, job, project, run

PATIENCE = 10.0
"""Seconds to wait before a test gives up."""
POLL = 0.1
"""Seconds between two looks at the revision."""


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
async def test_every_record_type_comes_back_as_it_was(store: Store, kind: type[Record]) -> None:
    records = [full(kind, 1), full(kind, 2)]
    assert await store.put(records) == 2
    assert await store.get(kind, records[0].id) == records[0]
    assert await store.get_many(kind, [records[1].id, "missing", records[1].id]) == {records[1].id: records[1]}
    assert {record.id for record in (await store.page(kind)).records} == {record.id for record in records}
    assert await store.delete(kind, [records[0].id, "missing"]) == 1
    assert await store.get(kind, records[0].id) is None


async def test_what_is_equal_is_not_written(store: Store) -> None:
    assert await store.put([run(1), run(2)]) == 2
    before = await store.revision()
    assert await store.put([run(2), run(1)]) == 0
    assert await store.put([]) == 0
    assert await store.delete(PipelineRun, ["missing"]) == 0
    assert await store.revision() == before
    assert await store.put([run(1), run(2, status="running")]) == 1
    assert await store.revision() > before


async def test_the_last_of_several_with_one_id_wins(store: Store) -> None:
    assert await store.put([run(1), run(1, status="failed")]) == 1
    found = await store.get(PipelineRun, "gitlab:1:1")
    assert found is not None and found.status == "failed"


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE pipeline_run; --",
        "%_\\%",
        "naïve Ünïcödé ✓ 🚀 漢字",
        "\u202ereversed\u202c \x1b]52;c;AAAA\x07bell",
        "[bold]markup[/bold]",
        "nul\x00byte",
        'quote" and \\ backslash',
    ],
)
async def test_hostile_text_is_data(store: Store, text: str) -> None:
    note = make(Note, id=f"n:{text}", target_id=text, text=text, by=text)
    await store.put([note])
    assert await store.get(Note, note.id) == note
    assert [found.id for found in (await store.page(Note, where={"target_id": note.target_id})).records] == [note.id]


async def test_a_record_that_could_not_be_read_again_is_refused_whole(store: Store) -> None:
    with pytest.raises(RecordError, match="metrics"):
        await store.put([run(1), run(2, metrics={"loss": float("nan")})])
    assert await store.get(PipelineRun, "gitlab:1:1") is None


async def test_text_that_is_no_unicode_is_refused_in_words(store: Store) -> None:
    with pytest.raises(LinesideError, match=r"Unicode|utf-8"):
        await store.put([Note(id="n", target_id="t", text="\ud800")])
    with pytest.raises(LinesideError, match="utf-8"):
        await store.get(Note, "\ud800")
    assert await store.count(Note) == 0


async def test_changes_tell_what_was_put_and_deleted_since(store: Store) -> None:
    start = await store.revision()
    await store.put([run(1), run(2), job(1, 1)])
    first = await store.changes(start)
    assert first.complete
    assert first.revision == await store.revision()
    assert first.put == {PipelineRun: {"gitlab:1:1", "gitlab:1:2"}, JobRun: {"gitlab:1:job:1"}}
    assert first.deleted == {}

    await store.put([run(1), run(2, status="failed")])
    await store.delete(JobRun, ["gitlab:1:job:1"])
    second = await store.changes(first.revision)
    assert second.put == {PipelineRun: {"gitlab:1:2"}}
    assert second.deleted == {JobRun: {"gitlab:1:job:1"}}

    await store.put([job(1, 1)])
    third = await store.changes(first.revision)
    assert third.put == {PipelineRun: {"gitlab:1:2"}, JobRun: {"gitlab:1:job:1"}}
    assert third.deleted == {}
    nothing = await store.changes(third.revision)
    assert (nothing.put, nothing.deleted, nothing.revision, nothing.complete) == ({}, {}, third.revision, True)


async def test_many_changes_come_in_pieces_without_a_loss(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo_changes, "BATCH", BATCH // 100)  # FerretDB reads all records for each answer
    monkeypatch.setattr(mongo_revisions, "TOLD", BATCH // 500)
    batch = BATCH if store.name == "sqlite" else mongo_changes.BATCH
    jobs, runs = 12 * batch // 5, 3 * batch // 2
    for start in range(0, jobs, jobs // 4):
        await store.put([job(number, 1) for number in range(start, start + jobs // 4)])
    await store.put([run(number) for number in range(runs)])
    seen: set[str] = set()
    since, rounds, complete = 0, 0, False
    while not complete:
        found = await store.changes(since)
        assert found.revision > since
        since, complete, rounds = found.revision, found.complete, rounds + 1
        seen |= found.put.get(JobRun, frozenset()) | found.put.get(PipelineRun, frozenset())
    assert len(seen) == jobs + runs
    assert rounds > 1
    assert since == await store.revision()


async def test_another_one_sees_a_write_soon(store: Store, other: Store) -> None:
    before = await other.revision()
    await store.put([run(1)])
    deadline = time.monotonic() + PATIENCE
    while await other.revision() == before:
        assert time.monotonic() < deadline, "the write was not noticed"
        await asyncio.sleep(POLL)
    assert (await other.changes(before)).put == {PipelineRun: {"gitlab:1:1"}}
    assert await other.get(PipelineRun, "gitlab:1:1") == run(1)


async def test_revisions_grow_over_all_writers(store: Store, other: Store) -> None:
    seen = [await store.revision()]
    for number in range(10):
        await (store, other)[number % 2].put([run(number)])
        seen.append(await (other, store)[number % 2].revision())
    assert seen == sorted(set(seen))


async def test_writers_at_the_same_time_lose_nothing(store: Store, other: Store) -> None:
    async def write(to: Store, numbers: range) -> None:
        for number in numbers:
            await to.put([run(number)])

    await asyncio.gather(write(store, range(100)), write(other, range(100, 200)))
    assert await store.count(PipelineRun) == await other.count(PipelineRun) == 200
    assert len((await store.changes(0)).put[PipelineRun]) == 200


async def test_records_stay_when_the_store_is_opened_again(factory: Factory) -> None:
    first = await factory.open()
    await first.put([project(1, "churn", "ml/churn"), full(Note)])
    revision = await first.revision()
    await first.close()
    again = await factory.open()
    assert await again.get(Project, "gitlab:1") == project(1, "churn", "ml/churn")
    assert await again.get(Note, "Note:1") == full(Note)
    assert await again.revision() == revision
    await again.close()


async def test_a_closed_store_says_so(factory: Factory) -> None:
    store = await factory.open()
    await store.close()
    for call in (store.get(Project, "x"), store.put([run(1)]), store.revision(), store.listing(PipelineRun)):
        with pytest.raises(StoreError, match="closed"):
            await call
    await store.close()


async def test_a_caller_that_goes_away_leaves_the_store_in_order(store: Store) -> None:
    for number in range(20):
        task = asyncio.create_task(store.put([run(number, commit_title="x" * 1000)]))
        for _ in range(number):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await store.put([run(100)])
    assert await store.get(PipelineRun, "gitlab:1:100") == run(100)
    assert changed(run(100), created=NOON) not in (await store.page(PipelineRun)).records
