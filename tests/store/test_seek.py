"""However rows are found, by walking an order or by collecting what fits, they are the same rows in the same order."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from data.model import PipelineRun
from data.query import parse
from data.store.port import Sort, Store
from data.store.sqlite import loading, seek
from data.store.sqlite.store import open_sqlite
from tests.store.samples import NOON, project, run

COUNT = 240
FILTERS = (
    "", "metric.auc>0.5", "metric.auc>0.97", "metric.auc>0", "metric.loss>0 -metric.auc>0.3", "param.opt:a*", "gpu",
    "gpu metric.auc>0.2", "ref:main or metric.auc<0.1", "(gpu or param.opt:sgd) took>30", "took>50s", "churn",
    "label:x -status:failed", "status:failed by:ada", "created<2026-03-04T14:00Z param.lr>=0.1", "none of this",
)  # fmt: skip
SORTS = (
    Sort("created", True), Sort("metrics.auc", True), Sort("metrics.auc"), Sort("params.opt"), Sort("params.opt", True),
    Sort("execution_time"), Sort("ref", True), Sort("completion"), Sort("failed_count", True), Sort("id"),
)  # fmt: skip
WAYS = {
    "walk": {"FEW": 0, "WALKED": 0, "MANY": 0, "SPREAD": 0},
    "walk a little": {"FEW": 0, "WALKED": 20, "MANY": 0, "SPREAD": 0},
    "walk a little, then collect": {"FEW": 0, "WALKED": 20, "MANY": 10_000, "SPREAD": 0},
    "walk far": {"FEW": 3, "WALKED": 10_000, "MANY": 10_000, "SPREAD": 0},
}
"""How rows are found other than by collecting all that fit, which is the way with few of them."""


@pytest_asyncio.fixture
async def filled(tmp_path: Path) -> AsyncIterator[Store]:
    """A store with runs of which each filter finds some."""
    chance = random.Random(4)
    store = await open_sqlite(tmp_path / "lineside.db")
    await store.put([project(1, "Churn", "ml/churn"), project(2, "Fraud", "ml/fraud")])
    await store.put(
        [
            run(
                number,
                project_id=f"gitlab:{1 + number % 2}",
                status=chance.choice(("success", "failed")),
                ref=chance.choice(("main", "Main", "dev")),
                triggered_by=chance.choice(("ada", "bo")),
                execution_time=float(chance.randrange(60)),
                completion=None if number % 7 == 0 else NOON + timedelta(seconds=chance.randrange(20)),
                commit_title=chance.choice(("use the GPU", "docs")),
                labels=("x",) if number % 5 == 0 else (),
                metrics={"auc": chance.randrange(50) / 50, "loss": 1.0} if number % 4 else {"loss": 2.0},
                params={"opt": chance.choice(("adam", "adamw", "sgd", "1", "2")), "lr": chance.choice(("0.1", "1"))}
                if number % 3
                else {},
            )
            for number in range(COUNT)
        ]
    )
    yield store
    await store.close()


async def found(store: Store, text: str, sort: Sort) -> tuple[list[str], list[str], int]:
    """Ids in order by pages and by a listing, and their number."""
    by_page: list[str] = []
    after = None
    while True:
        page = await store.page(PipelineRun, query=parse(text), sort=sort, after=after, limit=37)
        by_page += [one.id for one in page.records]
        after = page.after
        if after is None:
            break
        assert len(page.records) == 37
    listing = await store.listing(PipelineRun, query=parse(text), sort=sort)
    first = [one.id for one in await listing.window(0, 3)]
    await listing.finish()
    order = [one.id for one in await listing.window(0, COUNT)]
    assert first == order[:3]
    return by_page, order, await store.count(PipelineRun, query=parse(text))


async def test_all_ways_find_the_same(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {(text, sort): await found(filled, text, sort) for text in FILTERS for sort in SORTS}
    assert all(by_page == order and len(order) == count for by_page, order, count in expected.values())
    assert {text for text, _ in expected if expected[text, SORTS[0]][2] == 0} == {"none of this"}
    monkeypatch.setattr(seek, "LISTED", 7)
    monkeypatch.setattr(loading, "FIRST", 8)
    monkeypatch.setattr(loading, "SCREEN", 3)
    for way, values in WAYS.items():
        for name, value in values.items():
            monkeypatch.setattr(seek, name, value)
        for (text, sort), answer in expected.items():
            assert await found(filled, text, sort) == answer, (way, text, sort)
