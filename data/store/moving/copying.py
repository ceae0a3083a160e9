"""Copies all records and logs into a store, and checks them. Run again after whatever cut it off, it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

from data.errors import StoreError
from data.model import Command
from data.model.vocabulary import COMMAND_OPEN
from data.store.kinds import KINDS
from data.store.moving.compare import Comparison, compare
from data.store.moving.contents import MOVED, Batch, Piece, Side, held_logs, pages, table
from data.store.moving.holding import Hold
from data.store.moving.mode import Mode
from data.store.moving.origin import LOGS, Origin, Step, Tell

NAMES: Final = {**{kind.table: kind.name for kind in KINDS.values()}, LOGS: LOGS}
"""What people call the records of a table."""


class Moved(NamedTuple):
    """What came of a move.

    Attributes:
        checked: how both sides stand now.
        written: how many were written now, by table, and `logs`; the others were there already.
        waiting: moved commands that wait or are being sent: engines would carry them out on both sides.
    """

    checked: Comparison
    written: dict[str, int]
    waiting: int


async def move(
    origin: Origin, side: Side, *, mode: Mode = Mode.NEW, force: bool = False, tell: Tell = lambda _: None
) -> Moved:
    """Copy what is in `origin`, which is prepared, into a store, and compare both afterwards.

    What is there already is not written again, so that a move that was cut off goes on where it was. With `force`,
    engines may be at work with the store meanwhile.

    Raises:
        StoreError: the store holds other things, somebody works with it, or in the end it is not the same.
    """
    hold = Hold(side, force=force)
    await hold.take()
    try:
        return await _Move(origin, side, mode, hold, tell).run()
    finally:
        await hold.release()


def counted(numbers: Iterable[tuple[str, int]]) -> str:
    """Numbers by table, for people: `runs (3), jobs (12)`; none that is 0."""
    return ", ".join(f"{NAMES[name]} ({number:,})" for name, number in numbers if number)


class _Move:
    def __init__(self, origin: Origin, side: Side, mode: Mode, hold: Hold, tell: Tell) -> None:
        self._origin, self._side, self._mode, self._hold, self._tell = origin, side, mode, hold, tell
        self._written = dict.fromkeys((*map(table, MOVED), LOGS), 0)
        self._waiting = 0

    async def run(self) -> Moved:
        found = None if await self._is_empty() else await self._compare("comparing")
        if found is not None and self._mode is Mode.NEW:
            self._refuse_others(found)
        await self._copy(found)
        checked = await self._compare("verifying")
        self._check(checked)
        return Moved(checked, self._written, self._waiting)

    async def _is_empty(self) -> bool:
        for kind in MOVED:
            async for _ in pages(self._side.store, kind):
                return False
        return not await held_logs(self._side)

    async def _compare(self, doing: str) -> Comparison:
        return await compare(self._origin, self._side, self._mode, doing=doing, tell=self._tell, look=self._hold.look)

    def _refuse_others(self, found: Comparison) -> None:
        """Before anything is written.

        Raises:
            StoreError: the store holds what is not in the origin, or is otherwise there.
        """
        if others := counted((name, one.extra + one.other) for name, one in found.parts.items()):
            raise StoreError(
                f"{self._side.shown} holds other things than {self._origin.shown}: {others}",
                hint="--add keeps them and adds what is not there yet; --overwrite also writes over what differs",
            )

    async def _copy(self, found: Comparison | None) -> None:
        logs = _Logs(self._side, found)
        done: dict[str, int] = dict.fromkeys(self._written, 0)
        async for part in self._origin.parts():
            await self._hold.look()
            if isinstance(part, Batch):
                name, count = table(part.kind), len(part.records)
                self._written[name] += await self._put(part, is_empty=found is None)
            else:
                name, count = LOGS, int(part.last)
                self._written[name] += await logs.take(part)
            done[name] += count
            self._tell(Step("copying", name, done[name], self._origin.sizes.get(name, 0)))

    async def _put(self, batch: Batch, *, is_empty: bool) -> int:
        store, records = self._side.store, list(batch.records)
        if not is_empty and self._mode is not Mode.NEW:
            stored = await store.get_many(batch.kind, [one.id for one in records])
            records = [one for one in records if one.id not in stored or not self._mode.keeps(one, stored[one.id])]
        self._waiting += sum(isinstance(one, Command) and one.state in COMMAND_OPEN for one in records)
        return await store.put(records) if records else 0

    def _check(self, checked: Comparison) -> None:
        """See that the copy is whole.

        Raises:
            StoreError: it is not.
        """
        parts = checked.parts
        lacking = counted((name, one.lacking) for name, one in parts.items())
        others = counted((name, one.other) for name, one in parts.items())
        extra = counted((name, one.extra) for name, one in parts.items()) if self._mode is Mode.NEW else ""
        found = {"it lacks": lacking, "it has otherwise": others, "only it has": extra}
        said = [f"{what} {text}" for what, text in found.items() if text]
        if said or not all(one.is_same for one in parts.values()):
            raise StoreError(
                f"{self._side.shown} is not the same as {self._origin.shown}: {'; '.join(said)}",
                hint="one of them has changed meanwhile; run the command again when nobody works with them",
            )


class _Logs:
    """Writes logs: behind what is there of them, or anew."""

    def __init__(self, side: Side, found: Comparison | None) -> None:
        self._logs = side.logs
        self._anew = set() if found is None else found.other_logs
        self._kept = set() if found is None else found.kept_logs
        self._changed = False

    async def take(self, piece: Piece) -> int:
        """Write a piece; returns 1 behind the last one of a log that is not as it was."""
        if piece.job_id in self._kept:
            return 0
        if not piece.start:
            self._changed = piece.job_id in self._anew
            if self._changed:
                await asyncio.to_thread(self._logs.reset, piece.job_id)
        self._changed |= await asyncio.to_thread(self._write, piece)
        return int(piece.last and self._changed)

    def _write(self, piece: Piece) -> bool:
        held = self._logs.size(piece.job_id)
        new = piece.data[max(held - piece.start, 0) :]
        if new:
            self._logs.append(piece.job_id, piece.start + len(piece.data) - len(new), new)
        return bool(new)
