"""Tells the team store what viewers wrote here: commands, views, sessions. Whatever is told twice counts once."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, NamedTuple

from data.errors import StoreReadOnly
from data.model import Command, Record
from data.store.mirror import journal
from data.store.mirror.local import Entry, Local, Pending
from data.store.mirror.merging import Plan, plan
from data.store.mirror.team import Team, answered
from data.store.mirror.timing import MirrorTiming
from data.store.port import Overtaken, Was

log = logging.getLogger(__name__)

TRIES: Final = 20
"""How often a change is tried that others come before; each of these has changed something by then."""


class Told(NamedTuple):
    """What came of one step: whether it went through, and what the team store has then."""

    done: bool
    there: Record | None = None


class Pusher:
    """What the local file has and the team store does not. `pushed` is the local revision up to which it was told."""

    def __init__(self, local: Local, team: Team, timing: MirrorTiming, pushed: int) -> None:
        self._local, self._team, self._timing = local, team, timing
        self.pushed = pushed
        self._turn = asyncio.Lock()
        self._again_at = 0.0
        self.trouble: StoreReadOnly | None = None
        """Why the team store takes no changes of ours; None when it does."""

    async def push(self) -> int:
        """Tell everything that waits; returns how many records that were.

        Raises:
            StoreError: the team store is away; what was not told waits.
        """
        async with self._turn:
            revision = await self._local.store.revision()
            if revision == self.pushed or asyncio.get_running_loop().time() < self._again_at:
                return 0
            revision, pending = await self._local.pending(self.pushed)
            if await self._push_all(pending):
                if pending:
                    await self._local.apply((), {}, entries=[Entry("state", journal.PUSHED, str(revision))])
                self.pushed = revision
            return len(pending)

    async def _push_all(self, pending: list[Pending]) -> bool:
        """Whether nothing waits any more."""
        try:
            done = [await self._push(one) for one in pending]
        except StoreReadOnly as error:
            self.trouble = error
            self._again_at = asyncio.get_running_loop().time() + self._timing.success
            return False
        self.trouble = None
        return all(done)

    async def _push(self, one: Pending) -> bool:
        for _ in range(TRIES):
            async with answered(self._timing.answer):
                there = await self._team.store.get(one.kind, one.id)
            todo = plan(one.here, one.agreed, there, sent=one.sent)
            if todo.step == "nothing":
                return True
            if todo.step in ("submit", "put") and todo.record is not None:
                await self._local.send(todo.record)
            async with answered(self._timing.answer):
                told = await self._tell(todo, there, one)
            if told.done:
                await self._local.agree(one.kind, one.id, one.here, told.there)
                return True
        log.warning("%s %s is changed by others all the time: it waits", one.kind.__name__, one.id)
        return False

    async def _tell(self, todo: Plan, there: Record | None, one: Pending) -> Told:
        """Carry out one step; not done where somebody was faster, so that it has to be decided anew."""
        store, record = self._team.store, todo.record
        if todo.step == "forget" or record is None:
            return Told(True)
        if todo.step == "delete":
            await store.delete(one.kind, [one.id])
            return Told(True)
        if todo.step == "withdraw":
            done = await store.withdraw(one.id)
            return Told(done, await store.get(one.kind, one.id) if done else None)
        if isinstance(record, Command) and todo.step == "submit":
            await store.submit(record)
        elif isinstance(record, Command) and isinstance(there, Command) and todo.step == "amend":
            return Told(await store.amend(record, was=there), record)
        elif todo.step == "put":
            try:
                await store.put([record], was=[Was(one.kind, one.id, there)])
            except Overtaken:
                return Told(False)
        return Told(True, record)
