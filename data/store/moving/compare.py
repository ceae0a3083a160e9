"""Compares what is moved with what a store holds: record by record and log by log, in one pass over both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from data.model import Record, encode
from data.store.moving.contents import MOVED, Batch, Piece, Side, held_logs, pages, table
from data.store.moving.mode import Mode
from data.store.moving.origin import LOGS, Origin, Step, Tell
from data.store.moving.tally import Tally


@dataclass(slots=True)
class Compared:
    """How the two sides stand, for the records of a kind or for logs.

    Attributes:
        here: what is moved, without those that `kept` counts.
        there: what the store has of it, without these.
        lacking: what the store lacks, or has only the beginning of (a log).
        other: what the store has otherwise.
        kept: what the store has otherwise, and what stays so.
        extra: what only the store has.
    """

    here: Tally = field(default_factory=Tally)
    there: Tally = field(default_factory=Tally)
    lacking: int = 0
    other: int = 0
    kept: int = 0
    extra: int = 0

    @property
    def is_same(self) -> bool:
        """Whether the store has all that is moved, as it is: by every single one, by count and by checksum."""
        return not self.lacking and not self.other and self.here == self.there


@dataclass(slots=True)
class Comparison:
    """All kinds and logs."""

    parts: dict[str, Compared]
    """By table, and `logs`."""
    other_logs: set[str] = field(default_factory=set)
    """Ids of the jobs whose logs the store has otherwise."""
    kept_logs: set[str] = field(default_factory=set)
    """Those whose logs it has otherwise, and which stay so."""


async def compare(
    origin: Origin, side: Side, mode: Mode, *, doing: str, tell: Tell, look: Callable[[], Awaitable[None]]
) -> Comparison:
    """Compare all of `origin` with a store; `doing` is what that is called, `look` is awaited now and then."""
    comparison = Comparison({name: Compared() for name in (*map(table, MOVED), LOGS)})
    records = _Records(side, comparison, mode)
    logs = _Logs(side, comparison, mode, await held_logs(side) if origin.sizes.get(LOGS) else {})
    async for part in origin.parts():
        await look()
        if isinstance(part, Batch):
            await records.take(part)
        else:
            await logs.take(part)
        name = table(part.kind) if isinstance(part, Batch) else LOGS
        tell(Step(doing, name, comparison.parts[name].here.count, origin.sizes.get(name, 0)))
    await records.end()
    logs.end()
    return comparison


class _Cursor:
    """The records of a kind in a store, walked along once."""

    def __init__(self, side: Side, kind: type[Record]) -> None:
        self._pages: AsyncIterator[tuple[Record, ...]] = pages(side.store, kind)
        self._page: tuple[Record, ...] = ()
        self._at = 0
        self.passed = 0

    async def find(self, id_: str) -> Record | None:
        """The record of an id, which is greater than all asked for before; counts those that were passed over."""
        while (record := await self._current()) is not None and record.id < id_:
            self._at += 1
            self.passed += 1
        if record is None or record.id != id_:
            return None
        self._at += 1
        return record

    async def end(self) -> None:
        """Pass over what is left."""
        while await self._current() is not None:
            self.passed += len(self._page) - self._at
            self._at = len(self._page)

    async def _current(self) -> Record | None:
        if self._at == len(self._page):
            try:
                self._page, self._at = await anext(self._pages), 0
            except StopAsyncIteration:
                self._page, self._at = (), 0
        return self._page[self._at] if self._page else None


class _Records:
    def __init__(self, side: Side, comparison: Comparison, mode: Mode) -> None:
        self._side, self._parts, self._mode = side, comparison.parts, mode
        self._kind: type[Record] | None = None
        self._cursor: _Cursor | None = None

    async def take(self, batch: Batch) -> None:
        if batch.kind is not self._kind:
            await self.end()
            self._kind, self._cursor = batch.kind, _Cursor(self._side, batch.kind)
        cursor = self._cursor
        assert cursor is not None
        for record in batch.records:
            self._compare(record, await cursor.find(record.id))

    def _compare(self, record: Record, found: Record | None) -> None:
        part = self._parts[table(type(record))]
        data = encode(record)
        stored = None if found is None else encode(found)
        if found is not None and stored != data and self._mode.keeps(record, found):
            part.kept += 1
            return
        part.here.add(data)
        if stored is None:
            part.lacking += 1
            return
        part.there.add(stored)
        part.other += stored != data

    async def end(self) -> None:
        if self._kind is not None and self._cursor is not None:
            await self._cursor.end()
            self._parts[table(self._kind)].extra += self._cursor.passed
            self._kind = None


class _Logs:
    def __init__(self, side: Side, comparison: Comparison, mode: Mode, held: Mapping[str, int]) -> None:
        self._side, self._comparison, self._mode, self._held = side, comparison, mode, held
        self._part = comparison.parts[LOGS]
        self._seen: set[str] = set()
        self._here, self._there = sha256(), sha256()
        self._differs = False

    async def take(self, piece: Piece) -> None:
        if not piece.start:
            self._here, self._there, self._differs = sha256(), sha256(), False
        held = self._held.get(piece.job_id, 0)
        length = min(len(piece.data), max(held - piece.start, 0))
        stored = await asyncio.to_thread(self._side.logs.read, piece.job_id, piece.start, length) if length else b""
        self._here.update(piece.data)
        self._there.update(stored)
        self._differs |= not piece.data.startswith(stored)
        if piece.last:
            self._count(piece.job_id, piece.start + len(piece.data), held)

    def _count(self, job_id: str, size: int, held: int) -> None:
        self._seen.add(job_id)
        is_other = self._differs or held > size
        if is_other and self._mode.keeps_log(is_further=not self._differs):
            self._part.kept += 1
            self._comparison.kept_logs.add(job_id)
            return
        self._part.here.add_named(job_id, self._here.digest(), size)
        if is_other:
            self._part.other += 1
            self._comparison.other_logs.add(job_id)
        elif held < size:
            self._part.lacking += 1
        else:
            self._part.there.add_named(job_id, self._there.digest(), held)

    def end(self) -> None:
        self._part.extra = len(self._held.keys() - self._seen)
