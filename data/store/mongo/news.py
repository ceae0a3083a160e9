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


Stream = AsyncCollectionChangeStream[dict[str, Any]]


class News:
    """Tells when the revision moves. For one waiter at a time."""

    def __init__(self, server: Server, revisions: Revisions) -> None:
        self._calls, self._collection, self._revisions = server.calls, server.database[COLLECTION], revisions
        self._offered = not server.scans
        self._stream: Stream | None = None
        self._asked = float("-inf")

    async def wait(self, after: int, poll: float) -> int:
        """The newest revision, as soon as it is greater than `after`, at the latest after `poll` seconds."""
        deadline = time.monotonic() + poll
        while self._offered:
            newest = await self._calls.run(self._revisions.stable())
            if newest > after or time.monotonic() >= deadline:
                return newest
            await self._listen(poll)
        if self._revisions.known > after:
            return self._revisions.known
        await asyncio.sleep(max(min(self._asked + poll, deadline) - time.monotonic(), 0))
        self._asked = time.monotonic()
        return await self._calls.run(self._revisions.stable())

    async def close(self) -> None:
        """Let go of the change stream."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await self._calls.run(stream.close())

    async def _listen(self, poll: float) -> None:
        """Wait for one event for at most `poll` seconds. The first time it returns at once: what came before counts."""
        stream, self._stream = self._stream, None  # whoever gives up leaves it behind
        self._stream = await self._calls.run(self._next(stream, max(int(poll * _MILLISECONDS), 1)))

    async def _next(self, stream: Stream | None, wait: int) -> Stream | None:
        """The stream after its next event, or a new one."""
        try:
            if stream is None:
                return await self._collection.watch(_CLOSED, max_await_time_ms=wait)
            await stream.try_next()
            return stream
        except PyMongoError as error:
            if stream is not None:
                await stream.close()
            if not isinstance(error, OperationFailure):
                raise
            self._offered = False  # a server alone has no change streams (MongoDB manual, "Change Streams")
            return None
