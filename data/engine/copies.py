"""Keeps the copies of a team's logs within this machine's quota: what is dropped comes again when somebody reads it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from data.errors import LinesideError
from data.store.logs import LogFiles, LogUse
from data.store.port import Store

log = logging.getLogger(__name__)

PACE: Final = 300.0
"""Seconds between two looks at the space that they take."""
TOPIC: Final = "log:"
"""Beginning of the topic of an `Interest` in a log."""


async def keep_room(local: Store, files: LogFiles, limit: int, connections: Collection[str]) -> None:
    """Look now and then, until cancelled. `limit` are bytes, 0 for any number; `connections` those of GitLab."""
    while True:
        try:
            await make_room(local, files, limit, connections)
        except LinesideError as error:
            log.warning("copies of logs: %s", error)
        await asyncio.sleep(PACE)


async def make_room(local: Store, files: LogFiles, limit: int, connections: Collection[str]) -> int:
    """Drop copies that were not read for longest, until the rest fits, but none that is open; returns the bytes."""
    if not limit:
        return 0
    uses = await asyncio.to_thread(files.usage, connections)
    excess = sum(use.size for use in uses) - limit
    if excess <= 0:
        return 0
    interests = await local.interests(datetime.now(UTC))
    open_now = {one.topic.removeprefix(TOPIC) for one in interests if one.topic.startswith(TOPIC)}
    chosen: list[LogUse] = []
    freed = 0
    for use in sorted(uses, key=lambda use: use.read):
        if freed >= excess:
            break
        if use.job_id not in open_now:
            chosen.append(use)
            freed += use.size
    await asyncio.to_thread(_discard, files, chosen)
    log.info("%d copies of logs that were not read for longest were dropped, %d bytes", len(chosen), freed)
    return freed


def _discard(files: LogFiles, uses: Collection[LogUse]) -> None:
    for use in uses:
        files.discard(use)
