"""What a store holds that is moved: which records in which order, and the bytes of logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final, NamedTuple

from data.errors import StoreError
from data.model import RECORDS, Connection, EngineState, Interest, JobRun, Lease, Record, SyncState, encode
from data.store.kinds import KINDS
from data.store.kinds.common import BY_ID
from data.store.logs import LogFiles

if TYPE_CHECKING:
    from data.store.logs import LogStore
    from data.store.port import Store

MOMENTARY: Final = (Lease, Interest, EngineState)
"""What running processes say of themselves: it means nothing elsewhere."""
MOVED: Final[tuple[type[Record], ...]] = (*(kind for kind in RECORDS if kind not in (*MOMENTARY, SyncState)), SyncState)
"""Kinds in the order in which they are written.

Runs come before their jobs, as stores of the plain design need them. How far a copy of a server goes is read first and
written last: where a move is cut off, or the store is in use, engines rather ask once more than miss something.
"""
OF_THIS_MACHINE: Final = "store"
"""Id of the `Connection` that says how a mirror stands to its team store."""
OF_OTHERS: Final = "@mongo"
"""Connection in the ids of jobs that were found in documents of other tools (`data.store.mongo.keys.FOREIGN`)."""

PAGE_BYTES: Final = 4_000_000
"""Bytes of records that are read at a time, about."""
FIRST_PAGE: Final = 100
"""Records of the first page, from which the size of the next ones is told."""
MOST: Final = 2_000
"""Records of a page at most."""
PIECE: Final = 1 << 20
"""Bytes of a log that are read at a time."""


class Side(NamedTuple):
    """A store that is open, with its logs."""

    store: Store
    logs: LogStore
    shown: str
    """What to call it, without user and password."""


class Batch(NamedTuple):
    """Some records of a kind, in the order of their ids."""

    kind: type[Record]
    records: tuple[Record, ...]


class Piece(NamedTuple):
    """Bytes of a log from byte `start` on; the log has no more behind the `last` one."""

    job_id: str
    start: int
    data: bytes
    last: bool


def table(kind: type[Record]) -> str:
    """The name of a kind for programs, such as `pipeline_run`."""
    return KINDS[kind].table


def is_moved(record: Record) -> bool:
    """Whether a record of a kind that is moved is."""
    return not (isinstance(record, Connection) and record.id == OF_THIS_MACHINE)


async def pages(store: Store, kind: type[Record]) -> AsyncIterator[tuple[Record, ...]]:
    """All records of a kind that are moved, in the order of their ids.

    Raises:
        StoreError: the store gives them in another order, so that nothing could be compared.
    """
    after: str | None = None
    limit, last = FIRST_PAGE, ""
    while True:
        page = await store.page(kind, sort=BY_ID, after=after, limit=limit)
        for record in page.records:
            if record.id <= last:
                raise StoreError(f"the {KINDS[kind].name} of the store do not come in the order of their ids")
            last = record.id
        if records := tuple(filter(is_moved, page.records)):
            yield records
        if page.after is None:
            return
        after = page.after
        average = sum(len(encode(record)) for record in page.records) // len(page.records) + 1
        limit = max(1, min(PAGE_BYTES // average, MOST))


async def held_logs(side: Side) -> dict[str, int]:
    """Bytes of each log that is held, by the id of its job, in order.

    Empty ones are left out, and files whose names do not tell a job that any record tells either.
    """
    connections = [*await side.store.tally(JobRun, "connection"), OF_OTHERS]
    uses = await asyncio.to_thread(side.logs.usage, connections)
    found = {use.job_id: use.size for use in uses if use.job_id and use.size}
    if isinstance(side.logs, LogFiles) and (unnamed := {use.path: use.size for use in uses if not use.job_id}):
        # The name of a file does not tell every id of a job, but that of a job tells its file.
        async for records in pages(side.store, JobRun):
            found |= {job.id: unnamed[path] for job in records if (path := side.logs.path(job.id)) in unnamed}
    return dict(sorted(found.items()))
