"""Orders, pages and listings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from data.errors import LinesideError, UsageError
from data.model import JobRun, PipelineRun, TrackedRun
from data.query import parse
from data.store.port import Between, Sort, Store
from tests.store.samples import NOON, changed, run

RUNS = [
    run(
        number,
        status=("success", "failed", "Failed")[number % 3],
        execution_time=float(number % 4),
        completion=None if number % 5 == 0 else NOON + timedelta(seconds=number % 7),
        metrics={"auc": (number % 6) / 10} if number % 2 else {},
    )
    for number in range(60)
]
"""Runs with ties in every field and with missing values."""

Key = Callable[[PipelineRun], Any]
ORDERS: list[tuple[str, Key]] = [
    ("id", lambda one: ()),
    ("created", lambda one: one.created),
    ("status", lambda one: one.status.lower()),
    ("execution_time", lambda one: one.execution_time),
    ("completion", lambda one: one.completion),
    ("metrics.auc", lambda one: one.metrics.get("auc")),
    ("metrics.never", lambda one: one.metrics.get("never")),
    ("failed_count", lambda one: one.failed_count),
]
"""Fields and what they sort by; None is missing."""


def is_in_order(found: list[str], field: str, key: Key, descending: bool) -> bool:
    """Whether records are as the port promises; ties of metrics have an order of the store's own."""
    if "." not in field:
        return found == in_order(key, descending)
    keys = {one.id: key(one) for one in RUNS}
    return [keys[id] for id in found] == [keys[id] for id in in_order(key, descending)] and set(found) == set(keys)


def in_order(key: Key, descending: bool) -> list[str]:
    """What the port promises: ties by id in the same direction, missing values last in both, newest first."""
    has = [one for one in RUNS if key(one) is not None]
    misses = [one for one in RUNS if key(one) is None]
    has.sort(key=lambda one: (key(one), one.id), reverse=descending)
    misses.sort(key=lambda one: one.created, reverse=True)
    return [one.id for one in has + misses]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("field", "key"), ORDERS, ids=[field for field, _ in ORDERS])
async def test_pages_follow_the_order_and_meet_every_record_once(
    store: Store, field: str, key: Key, descending: bool
) -> None:
    await store.put(RUNS)
    found: list[str] = []
    after = None
    while True:
        page = await store.page(PipelineRun, sort=Sort(field, descending), after=after, limit=7)
        found += [one.id for one in page.records]
        after = page.after
        if after is None:
            break
        assert len(page.records) == 7
    assert is_in_order(found, field, key, descending)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("field", "key"), ORDERS, ids=[field for field, _ in ORDERS])
async def test_listings_have_the_same_order(store: Store, field: str, key: Key, descending: bool) -> None:
    await store.put(RUNS)
    listing = await store.listing(PipelineRun, sort=Sort(field, descending))
    await listing.finish()
    assert listing.complete and listing.size == len(RUNS)
    order = [one.id for one in await listing.window(0, 100)]
    assert is_in_order(order, field, key, descending)
    assert order == [one.id for one in (await store.page(PipelineRun, sort=Sort(field, descending))).records]
    assert [one.id for one in await listing.window(20, 5)] == order[20:25]
    assert await listing.window(100, 5) == []
    assert [listing.index_of(id) for id in order] == list(range(len(RUNS)))


async def test_a_page_that_ends_exactly_has_no_next_one(store: Store) -> None:
    await store.put([run(1), run(2)])
    assert (await store.page(PipelineRun, limit=2)).after is None
    assert (await store.page(PipelineRun, limit=3)).after is None
    first = await store.page(PipelineRun, limit=1)
    assert first.records == (run(2),) and first.after is not None
    assert (await store.page(PipelineRun, after=first.after, limit=1)) == ((run(1),), None)


async def test_pages_go_on_where_they_were_while_others_write(store: Store, other: Store) -> None:
    await store.put([run(number) for number in range(10, 30)])
    first = await store.page(PipelineRun, limit=10)
    await other.put([run(number) for number in range(30, 40)])
    await other.delete(PipelineRun, [first.records[-1].id])
    second = await store.page(PipelineRun, after=first.after, limit=10)
    assert [one.run_number for one in (*first.records, *second.records)] == list(range(29, 9, -1))


@pytest.mark.parametrize("after", ["", "x", "[]", '[7,["a"]]', "[0,[1]]", "[-1,[]]", '{"part":0}'])
async def test_a_token_of_something_else_is_refused(store: Store, after: str) -> None:
    await store.put(RUNS)
    with pytest.raises(UsageError, match="continuation"):
        await store.page(PipelineRun, after=after)


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.page(PipelineRun, sort=Sort("colour")),
        lambda store: store.page(PipelineRun, sort=Sort("labels")),
        lambda store: store.page(JobRun, sort=Sort("metrics.auc")),
        lambda store: store.listing(PipelineRun, where={"colour": "red"}),
        lambda store: store.tally(PipelineRun, "colour"),
        lambda store: store.count(PipelineRun, query=parse(" ".join(f"word{n}" for n in range(250)))),
    ],
)
async def test_what_cannot_be_asked_is_said_in_a_sentence(store: Store, call: Callable[[Store], Any]) -> None:
    with pytest.raises(LinesideError, match=r"cannot be sorted|have no field|more than"):
        await call(store)


async def test_a_listing_is_a_picture_of_its_moment(store: Store, other: Store) -> None:
    count = 1_000 if store.name == "sqlite" else 250  # FerretDB reads all of them each time
    await store.put([run(number) for number in range(count)])
    listing = await store.listing(PipelineRun)
    await listing.finish()
    await other.put([run(number) for number in range(count, count + 100)])
    await other.put([changed(run(count // 2), status="failed")])
    gone = [f"gitlab:1:{number}" for number in range(count - 10, count - 5)]
    await other.delete(PipelineRun, gone)
    assert listing.size == count
    top = await listing.window(0, 10)
    assert [one.run_number for one in top] == [count - number for number in range(1, 6)]
    assert [one.status for one in await listing.window(count // 2 - 1, 1)] == ["failed"]
    assert listing.index_of(f"gitlab:1:{count + 50}") is None
    assert listing.index_of(f"gitlab:1:{count // 2}") == count // 2 - 1
    assert listing.index_of(gone[0]) is None
    newer = await store.listing(PipelineRun)
    await newer.finish()
    assert newer.size == count + 95


async def test_windows_are_whole_while_others_write(store: Store, other: Store) -> None:
    count = 3_000 if store.name == "sqlite" else 220  # FerretDB reads all of them each time
    await store.put([run(number) for number in range(count)])
    stop = asyncio.Event()

    async def write() -> None:
        number = count
        while not stop.is_set():
            await other.put([run(number), run(number % count, status="failed")])
            number += 1

    writer = asyncio.create_task(write())
    try:
        for _ in range(15 if store.name == "sqlite" else 3):
            listing = await store.listing(PipelineRun)
            at_once = await listing.window(0, 50)
            await listing.finish()
            order = await listing.window(0, listing.size)
            numbers = [one.run_number for one in order]
            assert numbers == list(range(listing.size - 1, -1, -1))
            assert [one.id for one in at_once] == [one.id for one in order[:50]]
    finally:
        stop.set()
        await writer


async def test_an_empty_listing(store: Store) -> None:
    listing = await store.listing(PipelineRun, query=parse("nothing"))
    await listing.finish()
    assert (listing.size, listing.complete, await listing.window(0, 10)) == (0, True, [])


async def test_mlflow_runs_sort_by_the_last_value_of_a_metric(store: Store) -> None:
    from data.model import MetricSummary

    await store.put(
        [
            TrackedRun(id=f"m:{n}", connection="m", run_id=str(n), metrics={"a.b/c d": MetricSummary(last=value)})
            for n, value in enumerate((0.5, None, -1e300, 7.0))
        ]
    )
    page = await store.page(TrackedRun, sort=Sort("metrics.a.b/c d", descending=True))
    assert [one.run_id for one in page.records] == ["3", "0", "2", "1"]


async def test_numbers_follow_their_record(store: Store) -> None:
    by_auc = Sort("metrics.auc", descending=True)
    await store.put([run(1, metrics={"auc": 0.1}), run(2, metrics={"auc": 0.5})])
    await store.put([run(1, metrics={"auc": 0.9})])
    assert [one.run_number for one in (await store.page(PipelineRun, sort=by_auc)).records] == [1, 2]
    await store.put([run(1)])
    assert [one.run_number for one in (await store.page(PipelineRun, sort=by_auc)).records] == [2, 1]
    await store.delete(PipelineRun, ["gitlab:1:2"])
    assert [one.run_number for one in (await store.page(PipelineRun, sort=by_auc)).records] == [1]


async def test_where_compares_exactly(store: Store) -> None:
    await store.put(RUNS)

    async def numbers(**where: Any) -> list[int]:
        page = await store.page(PipelineRun, where=where, sort=Sort("created"))
        return [one.run_number for one in page.records]

    assert await numbers(status="failed") == [n for n in range(60) if n % 3 == 1]
    assert await numbers(status=["Failed"]) == [n for n in range(60) if n % 3 == 2]
    assert await numbers(status=["failed", "Failed"], execution_time=1.0) == [
        n for n in range(60) if n % 3 and n % 4 == 1
    ]
    assert await numbers(status=[]) == []
    assert await numbers(run_number=list(range(40, 500))) == list(range(40, 60))
    assert await numbers(completion=None) == [n for n in range(60) if n % 5 == 0]
    assert await numbers(completion=[None, NOON + timedelta(seconds=1)], gone=False) == [
        n for n in range(60) if n % 5 == 0 or n % 7 == 1
    ]
    assert await numbers(parent_run_id="", run_number=[3, 4]) == [3, 4]
    assert await numbers(created=RUNS[7].created) == [7]
    assert await numbers(created=Between(RUNS[5].created, RUNS[8].created)) == [5, 6, 7]
    assert await numbers(run_number=Between(None, 2)) == [0, 1]
    assert await numbers(completion=Between(NOON)) == [n for n in range(60) if n % 5]


async def test_count_and_tally(store: Store) -> None:
    await store.put(RUNS)
    assert await store.count(PipelineRun) == 60
    assert await store.count(PipelineRun, where={"status": "failed"}) == 20
    assert await store.count(PipelineRun, query=parse("status:failed")) == 40
    assert await store.tally(PipelineRun, "status") == {"success": 20, "failed": 20, "Failed": 20}
    assert await store.tally(PipelineRun, "project_id", query=parse("status:success")) == {"gitlab:1": 20}
    assert (await store.tally(PipelineRun, "completion"))[""] == 12
    await store.put([run(100, labels=("gpu", "nightly")), run(101, labels=("gpu",))])
    assert await store.tally(PipelineRun, "labels") == {"gpu": 2, "nightly": 1}
    assert await store.tally(JobRun, "status") == {}
