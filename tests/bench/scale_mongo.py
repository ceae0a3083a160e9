"""Fills a MongoDB store with a long history in minutes, with the documents that `Store.put` would write."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from pymongo import AsyncMongoClient

from data.model import PipelineRun
from data.store.mongo.client import describe
from data.store.mongo.documents import own, written
from data.store.mongo.homes import OWN, home
from data.store.mongo.keys import key_of
from data.store.mongo.plain import plain
from data.store.mongo.store import open_mongo
from tests.bench.scale import make_runs, projects

BATCH: Final = 2_000
"""Documents of one request."""


async def build(url: str, runs: int, metrics: int = 6, params: int = 6) -> None:
    """Write so many runs, the last one of now, each with some metrics and parameters."""
    store = await open_mongo(url)
    await store.put(projects())
    number = await store.revision()
    at = home(PipelineRun)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url)
    began = time.monotonic()
    try:
        collection = client[describe(url)[1]][at.collection]
        made = make_runs(runs, datetime.now(UTC), metrics, params)
        done = 0
        while some := list(islice(made, BATCH)):
            documents = [{"_id": key_of(at, one.id), **plain(one), OWN: own(at, written(one), number)} for one in some]
            await collection.insert_many(documents, ordered=False)
            done += len(some)
            print(f"\r  {done:,} runs, {done / (time.monotonic() - began):,.0f}/s ", end="", flush=True)
        print()
    finally:
        await client.close()
        await asyncio.sleep(0)
        await store.close()
