"""The copy of one MLflow server alone: its synchronisation, a real store, and counters of what was asked and came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.config import ConnectionSettings, SyncSettings
from data.config.credentials import Credential
from data.engine.board import Board
from data.engine.desk import Desk
from data.engine.leases import Leases
from data.engine.server import Server
from data.engine.timing import Timing
from data.engine.tracking_sync import TrackingSync
from data.sources.mlflow import TrackingSource, open_tracking
from data.store.open import open_store
from data.store.port import Store

NAME = "ml"
"""Name of the connection."""
QUIET = Timing(heartbeat=3600.0, history=0.05, background_gap=0.0, lease=600.0)
"""Nothing is written that says only that all is well."""


@dataclass
class Copying:
    """What is copied, and how much was asked for it."""

    sync: TrackingSync
    store: Store
    server: Server[TrackingSource]
    board: Board

    @property
    def received(self) -> int:
        """Bytes of answers so far."""
        return self.server.received

    @property
    def requests(self) -> int:
        """Requests so far."""
        return self.server.budget.requests

    async def refresh(self) -> tuple[int, int]:
        """One look for news; requests and bytes that it took."""
        requests, received = self.requests, self.received
        await self.sync._read_runs()
        return self.requests - requests, self.received - received


@asynccontextmanager
async def copying(url: str, folder: Path, **sync: Any) -> AsyncIterator[Copying]:
    """A copy of the server at `url` in a new store, which nobody works on but the caller."""
    settings = ConnectionSettings(kind="mlflow", url=url)

    def opened(observe: Any) -> TrackingSource:
        return open_tracking(NAME, settings, Credential(), on_response=observe)

    store = await open_store(folder / "lineside.db")
    leases, board = Leases(store, "test", QUIET), Board()
    server: Server[TrackingSource] = Server(NAME, settings, opened, QUIET, lambda: board.watched)
    keeper = asyncio.create_task(leases.keep(NAME))
    try:
        await leases.until(NAME, held=True)
        made = TrackingSync(server, Desk(store, leases), board, SyncSettings(**sync), QUIET, [])
        yield Copying(made, store, server, board)
    finally:
        keeper.cancel()
        await leases.release()
        server.close()
        await store.close()
