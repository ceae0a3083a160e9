"""One MLflow connection: its copy, and what people ask of its runs, while its lease is ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from data.config import ProjectSettings
from data.engine.context import TrackingContext
from data.engine.feed import News
from data.engine.marks import Labels, TrackedNotes
from data.engine.outbox import Outbox
from data.engine.session import FAILED, Tools, first, heed_end, together
from data.engine.settle import Settle
from data.engine.tracking_sync import TrackingSync
from data.engine.verdict import Handler
from data.errors import LinesideError, SourceError, StoreError
from data.model import Command, TrackedRun

log = logging.getLogger(__name__)

LOCAL = frozenset({"label"})
"""Kinds of commands on MLflow runs that change no server: a note is a tag on MLflow."""


class TrackingSession:
    """All work on one MLflow connection."""

    def __init__(self, tools: Tools, name: str, projects: Sequence[ProjectSettings]) -> None:
        self.name, self._tools = name, tools
        server = tools.tracking[name]
        self._sync = TrackingSync(server, tools.desk, tools.board, tools.settings.sync, tools.timing, projects)
        context = TrackingContext(name, server, tools.desk, tools.leases, tools.timing)
        handlers: dict[str, Handler] = {
            "settle": Settle(context), "note": TrackedNotes(context), "label": Labels(context, TrackedRun),
        }  # fmt: skip
        self._outbox = Outbox(context, handlers, read_only=tools.settings.read_only, local=LOCAL)

    async def run(self) -> None:
        """Work whenever the connection's lease is ours, until cancelled."""
        leases = self._tools.leases
        async with asyncio.TaskGroup() as group:
            group.create_task(leases.keep(self.name))
            while True:
                await leases.until(self.name, held=True)
                rest = 0.0
                try:
                    await leases.during(self.name, together(self._sync.run(), self._outbox.run()))
                except* StoreError as faults:
                    log.warning("%s: work stops for now: %s", self.name, first(faults))
                    rest = FAILED if leases.holds(self.name) else 0.0
                heed_end()
                await asyncio.sleep(rest)

    async def once(self) -> LinesideError | None:
        """Synchronise everything once; gives the first error."""
        leases, timing = self._tools.leases, self._tools.timing
        keeper = asyncio.create_task(leases.keep(self.name))
        try:
            async with asyncio.timeout(2 * timing.lease):
                await leases.until(self.name, held=True)
            return await self._sync.once()
        except TimeoutError:
            return LinesideError(f"{self.name} is being synchronised by another engine")
        except (SourceError, StoreError) as error:
            return error
        finally:
            keeper.cancel()

    def wake(self, *, refresh: bool) -> None:
        """Viewers look at something else; `refresh`: somebody wants everything fresh."""
        self._sync.wake()
        if refresh:
            self._sync.refresh()

    def tell(self, news: News) -> None:
        """Records changed in the store."""
        if Command in news:
            self._outbox.wake()
        if TrackedRun in news and self._tools.leases.holds(self.name):
            self._sync.tell(news[TrackedRun])
