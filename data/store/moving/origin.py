"""Where a move reads from: a store, or a backup (`data.store.moving.unpacking`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import NamedTuple, Protocol

from data.errors import UsageError
from data.model import SyncState
from data.store.moving.contents import MOVED, PIECE, Batch, Piece, Side, held_logs, pages, table

LOGS = "logs"
"""What logs are called among the names of tables."""


class Step(NamedTuple):
    """How far it is."""

    doing: str
    """`reading`, `comparing`, `copying`, `verifying`."""
    what: str
    """Name of a table, or `logs`."""
    done: int
    of: int
    """How many there are in all, about; 0 where nobody knows."""


Tell = Callable[[Step], None]
"""Takes note of how far it is; called often."""


class Origin(Protocol):
    """What is moved. It can be read as often as need be."""

    @property
    def shown(self) -> str:
        """What to call it, without user and password."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Number of records by table, and of `logs`; known once it is prepared."""

    async def prepare(self, tell: Tell) -> None:
        """See that it can be read.

        Raises:
            UsageError: there is nothing in it.
            StoreError: it cannot be read; StoreCorrupt and StoreVersion say why.
        """

    def parts(self) -> AsyncIterator[Batch | Piece]:
        """All that is in it: logs, each from its beginning to its last piece, then at least one batch of each of
        `MOVED`, in that order, and within each in the order of ids.

        Logs come first so that no record tells of one that is not there yet; stores of the plain design also write the
        end of a job's log beside the job.
        """


class StoreOrigin:
    """A store with its logs. See `Origin`."""

    def __init__(self, side: Side, *, logs: bool = True) -> None:
        self._side, self._logs = side, logs
        self.shown = side.shown
        self.sizes: Mapping[str, int] = {}

    async def prepare(self, tell: Tell) -> None:
        """Count what is there."""
        sizes: dict[str, int] = {}
        for kind in MOVED:
            tell(Step("reading", table(kind), 0, 0))
            sizes[table(kind)] = await self._side.store.count(kind)
        sizes[LOGS] = len(await held_logs(self._side)) if self._logs else 0
        if not any(sizes.values()):
            raise UsageError(f"{self.shown} holds nothing", hint="is it the right one?")
        self.sizes = sizes

    async def parts(self) -> AsyncIterator[Batch | Piece]:
        """Logs, then records."""
        store = self._side.store
        reached = [records async for records in pages(store, SyncState)]
        if self._logs:
            for job_id in await held_logs(self._side):
                async for piece in self._pieces(job_id):
                    yield piece
        for kind in MOVED:
            yield Batch(kind, ())
            if kind is SyncState:
                for records in reached:
                    yield Batch(kind, records)
            else:
                async for records in pages(store, kind):
                    yield Batch(kind, records)

    async def _pieces(self, job_id: str) -> AsyncIterator[Piece]:
        start, data = 0, await self._read(job_id, 0)
        while data:
            following = await self._read(job_id, start + len(data))
            yield Piece(job_id, start, data, last=not following)
            start, data = start + len(data), following

    async def _read(self, job_id: str, start: int) -> bytes:
        return await asyncio.to_thread(self._side.logs.read, job_id, start, PIECE)
