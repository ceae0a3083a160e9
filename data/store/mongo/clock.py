"""The server's clock: engines on machines whose own clocks differ agree by it who holds a lease."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from data.store.mongo.client import Server

ASKED: Final = 60.0
"""Seconds after which the server is asked again."""
_AWAKE_OR_NOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The clock that goes on while the machine sleeps, where there is one (Linux, clock_gettime(2))."""


class ServerClock:
    """The time of a server, by `localTime` in its answer to `hello` (MongoDB manual, "hello")."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._at = float("-inf")
        self._then = datetime.min.replace(tzinfo=UTC)

    async def now(self) -> datetime:
        """The present time, as exact as half the way to the server and back."""
        began = time.clock_gettime(_AWAKE_OR_NOT)
        if began - self._at < ASKED:
            return self._then + timedelta(seconds=began - self._at)
        told = (await self._server.client.admin.command("hello")).get("localTime")
        ended = time.clock_gettime(_AWAKE_OR_NOT)
        if not isinstance(told, datetime):
            return datetime.now(UTC)
        self._then = told if told.tzinfo is not None else told.replace(tzinfo=UTC)
        self._at = (began + ended) / 2
        return self._then + timedelta(seconds=ended - self._at)
