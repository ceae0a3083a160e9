"""How much may run at a time: launches of a pipeline, launches of a connection, new pipelines in a minute.

Counting and creating must not interleave, else two launches take the last place: within an engine a lock, and among
engines a short lease of the store, are held around both.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from data.engine.timing import Timing
from data.engine.verdict import Hold
from data.errors import StoreError
from data.model import Command, Pipeline, PipelineRun
from data.model.vocabulary import ACTIVE
from data.store.port import Between, Store, Where

LAUNCHED: Final = Between(low=" ")
"""Values of `PipelineRun.submission_id` of runs that were launched here."""
CREATIONS: Final = 25
"""Pipelines that GitLab.com lets a user create in a project in a minute (GitLab docs, gitlab_com, rate limits)."""
SENT: Final = ("sending", "done", "refused", "unknown")
"""States of launches whose request may have reached the server."""
RENEWALS: Final = 3
"""How often the lease is renewed in its life."""


class Capacity:
    """The places for launches of one connection: at most `limit` at a time, 0 for any number."""

    def __init__(self, store: Store, owner: str, connection: str, limit: int, timing: Timing) -> None:
        self._store, self._owner, self._connection, self._limit = store, owner, connection, limit
        self._timing = timing
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Nobody else launches on this connection during the block, in whichever engine."""
        name = f"launching:{self._connection}"
        async with self._lock:
            while await self._store.lease(name, self._owner, seconds=self._timing.lease) is None:
                await asyncio.sleep(self._timing.watch)
            keeping = asyncio.create_task(self._keep(name))
            try:
                yield
            finally:
                keeping.cancel()
                with suppress(StoreError):
                    await self._store.release(name, self._owner)

    async def _keep(self, name: str) -> None:
        while True:
            await asyncio.sleep(self._timing.lease / RENEWALS)
            with suppress(StoreError):  # the next renewal may go through; until then nobody takes it
                await self._store.lease(name, self._owner, seconds=self._timing.lease)

    async def full(self) -> Hold | None:
        """Why a launch must wait for the connection."""
        if not self._limit:
            return None
        active: Where = {
            "connection": self._connection, "submission_id": LAUNCHED, "status": sorted(ACTIVE), "gone": False,
        }  # fmt: skip
        sending: Where = {"connection": self._connection, "kind": "launch", "state": "sending"}
        count = await self._store.count(PipelineRun, where=active) + await self._store.count(Command, where=sending)
        if count < self._limit:
            return None
        return Hold(f"at most {self._limit} launched runs at a time on {self._connection}; it goes when one ends", True)

    async def pipeline_full(self, pipeline: Pipeline) -> Hold | None:
        """Why a launch must wait for its pipeline, of which all active runs count, whoever started them."""
        most = pipeline.max_concurrent
        if not most:
            return None
        where: Where = {"pipeline_id": pipeline.id, "status": sorted(ACTIVE), "gone": False, "parent_run_id": ""}
        if await self._store.count(PipelineRun, where=where) < most:
            return None
        return Hold(f"at most {most} run{'s' * (most > 1)} of {pipeline.name} at a time; it goes when one ends", True)

    async def too_many(self, project_id: str) -> Hold | None:
        """Why a launch must wait for the minute to pass in which its project had so many."""
        since = datetime.now(UTC) - timedelta(seconds=self._timing.creations)
        where: Where = {"project_id": project_id, "kind": "launch", "state": list(SENT), "sent": Between(low=since)}
        if await self._store.count(Command, where=where) < CREATIONS:
            return None
        return Hold(f"GitLab takes {CREATIONS} new pipelines of a project in a minute; it goes by itself", True)
