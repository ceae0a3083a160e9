"""Waiting for writes of others: a change stream where the server has them, else a small request now and then."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from pymongo.asynchronous.change_stream import AsyncCollectionChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from data.store.mongo.client import Server
from data.store.mongo.revisions import COLLECTION, Revisions

_CLOSED: Final = [{"$match": {"updateDescription.updatedFields.open": False}}]
"""The moment a revision is whole."""
_MILLISECONDS: Final = 1000


class News:
    """Tells when the revision moves. For one waiter at a time."""

    def __init__(self, server: Server, revisions: Revisions) -> None:
        self._collection, self._revisions = server.database[COLLECTION], revisions
        self._offered = not server.scans
        self._stream: AsyncCollectionChangeStream[dict[str, Any]] | None = None
        self._asked = float("-inf")

    async def wait(self, after: int, poll: float) -> int:
        """The newest revision, as soon as it is greater than `after`, at the latest after `poll` seconds."""
        deadline = time.monotonic() + poll
        while self._offered:
            newest = await self._revisions.stable()
            if newest > after or time.monotonic() >= deadline:
                return newest
            await self._listen(poll)
        if self._revisions.known > after:
            return self._revisions.known
        await asyncio.sleep(max(min(self._asked + poll, deadline) - time.monotonic(), 0))
        self._asked = time.monotonic()
        return await self._revisions.stable()

    async def close(self) -> None:
        """Let go of the change stream."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    async def _listen(self, poll: float) -> None:
        """Wait for one event for at most `poll` seconds. The first time it returns at once: what came before counts."""
        try:
            if self._stream is None:
                wait = max(int(poll * _MILLISECONDS), 1)
                self._stream = await self._collection.watch(_CLOSED, max_await_time_ms=wait)
            else:
                await self._stream.try_next()
        except OperationFailure:  # a server alone has no change streams (MongoDB manual, "Change Streams")
            self._offered = False
            await self.close()
        except (PyMongoError, asyncio.CancelledError):
            await self.close()
            raise
