"""How often the driver goes to the server for what a reader asks: over a slow network that is all that counts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from msgspec.structs import replace

from data.model import PipelineRun
from data.query import parse
from data.store.mongo.store import open_mongo
from data.store.port import Sort
from tests.bench.fill import runs
from tests.team.counting import watched
from tests.team.ferret import FerretDB

RUNS = 150
PAGE = 50
PARTS = ("numbers", "texts", "without")
"""Parts of an order by a metric: what has a number, a text, or nothing there; each is asked for when it is reached."""


async def test_a_page_is_one_round_trip(mongo: FerretDB) -> None:
    made = runs(RUNS, datetime.now(UTC))
    with watched() as trips:
        store = await open_mongo(mongo.url(f"lineside_{uuid.uuid4().hex[:12]}"))
        try:
            await store.put(made)
            trips.reset()
            newest = [one.id for one in reversed(made)]
            page = await store.page(PipelineRun, limit=PAGE)
            assert [one.id for one in page.records] == newest[:PAGE]
            assert trips.counts == {"find": 1}
            page = await store.page(PipelineRun, after=page.after, limit=PAGE)
            assert [one.id for one in page.records] == newest[PAGE : 2 * PAGE]
            assert trips.counts == {"find": 2}
            trips.reset()
            sort = Sort("metrics.val_auc", descending=True)
            page = await store.page(PipelineRun, query=parse("status:failed"), sort=sort, limit=PAGE)
            assert page.records and {one.status for one in page.records} == {"failed"}
            assert trips.total <= len(PARTS), trips.counts
            trips.reset()
            revision = await store.revision()
            assert trips.total == 1, trips.counts
            await store.put([replace(made[0], status="canceled")])
            trips.reset()
            changes = await store.changes(revision)
            assert changes.put == {PipelineRun: frozenset({made[0].id})}
            assert trips.total <= 3, trips.counts
        finally:
            await store.close()
