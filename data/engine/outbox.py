"""The outbox of one project, or of one MLflow connection: commands go to the server at most once, and none is lost.

`queued -> sending -> done | refused | unknown`. `sending` is written before the request. When an answer is lost, or an
engine dies between request and answer, the server is looked at before anything is sent again.

Commands are looked at in the order of their `place`. Those of one queue (the launches of a pipeline) go one after the
other: one that waits for a free place keeps those behind it waiting, one that is held back or delayed lets them pass.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from data.engine.context import ProjectContext, TrackingContext
from data.engine.server import NotSent
from data.engine.settling import Settling
from data.engine.verdict import Handler, Hold, Later, Rejected, Undecided, Wait
from data.engine.waiting import waits, waits_for_server
from data.errors import BadAnswer, RateLimited, SourceError, StoreError, Unauthorized, Unreachable
from data.model import Command
from data.sources.faults import Unanswered
from data.store.port import PAGE, Sort

log = logging.getLogger(__name__)

ORDER: Final = Sort("place")
MAX_QUEUED: Final = 1000
"""Queued commands of a project that are looked at in one round."""
MAX_ATTEMPTS: Final = 3
"""How often a command is sent at most, each time after the server was found not to have carried it out."""
RETRY: Final = 5.0
"""Seconds until a command is tried again that could not be sent and nobody said when."""
LOCAL: Final = frozenset({"note", "label"})
"""Kinds of commands of projects that go even where all is read-only: they change no server, and no definition."""
IDLE: Final = 30.0
"""Longest wait for news of the outbox: a safety net, since every new command wakes it."""
BETWEEN: Final = 9
"""As many times as long as a round took, there is none: reading a thousand queued commands is dear."""
LONGEST: Final = 0.5
"""At most so many seconds."""
SHORTEST: Final = 0.05
"""Least seconds between two rounds that nobody asked for."""
TOGETHER: Final = 4
"""Commands of a project that are carried out at a time, those that change no server apart: all write to the store one
after the other, and behind a thousand of them leases would not be renewed in time.
"""
LOOKED_FOR: Final = Hold("the one before it is being looked for on the server", blocks=True)
"""Why a command waits whose predecessor may or may not have been carried out."""


class Standing(NamedTuple):
    """How a queued command stands."""

    queue: str = ""
    hold: Hold | None = None
    quiet: bool = False
    """It waits only a moment: nothing is said."""


class Outbox:
    """Carries out the commands whose `project_id` is the id of the context, while its lease is ours.

    `local` are the kinds of those that go even where all is `read_only`: the others are refused there.
    """

    def __init__(
        self,
        context: ProjectContext | TrackingContext,
        handlers: Mapping[str, Handler],
        *,
        read_only: bool,
        local: Collection[str] = LOCAL,
    ) -> None:
        self._context, self._handlers, self._read_only, self._local = context, handlers, read_only, local
        self._settling = Settling(context, handlers)
        self._owner = context.leases.owner
        self._wake = asyncio.Event()
        self._not_before: dict[str, float] = {}
        self._places = {here: asyncio.Semaphore(TOGETHER) for here in (True, False)}
        self._taken: dict[str, Standing] = {}
        self._waiting = False

    def wake(self) -> None:
        """Something about commands changed."""
        self._wake.set()

    def runs_changed(self) -> None:
        """Something about runs changed: a place may be free, or a run have ended that a command waits for."""
        if self._waiting:
            self._wake.set()

    async def run(self) -> None:
        """Take over what a dead engine left, then work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for command in await self._left_over():
                if await self._settling.left(command):
                    continue
                log.info("taking over: %s", command.title or command.kind)
                self._taken[command.id] = Standing(self._queue(command), LOOKED_FOR)
                group.create_task(self._look(command, "the engine that sent it ended before the answer"))
            for handler in self._handlers.values():
                await handler.tidy()
            while True:
                self._wake.clear()
                began = time.monotonic()
                wait = await self._round(group)
                took = time.monotonic() - began
                try:
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                # Each that ends wakes it, and with many of them there would be nothing but rounds.
                await asyncio.sleep(min(took * BETWEEN, LONGEST))

    async def _left_over(self) -> list[Command]:
        """What others left in `sending`, and what we did when we lost the lease in between."""
        await self._context.store.adopt(self._owner, [self._context.id])
        where = {"project_id": self._context.id, "state": "sending", "owner": self._owner}
        return list((await self._context.store.page(Command, where=where, sort=ORDER, limit=MAX_QUEUED)).records)

    # Who goes

    async def _round(self, group: asyncio.TaskGroup) -> float:
        """Start what may go, and say of the rest why it waits; gives the seconds until the next look."""
        if not self._context.leases.holds(self._context.id):
            return RETRY
        queued = await self._queued()
        known = {one.id for one in queued} | set(self._taken)
        await self._settling.taken_back(known)
        self._not_before = {id: at for id, at in self._not_before.items() if id in known}
        busy = {one.queue: one.hold for one in self._taken.values() if one.queue}
        pauses: list[float] = []
        self._waiting = False
        for command in queued:
            if command.id in self._taken:
                continue
            standing = await self._standing(command, busy)
            hold = standing.hold
            if hold is None and not standing.quiet:
                self._taken[command.id] = standing
                group.create_task(self._carry_out(command))
            else:
                self._waiting = True
                await self._settling.say(command, command.answer if hold is None else hold.reason)
            if hold is not None:
                pauses.append(self._context.timing.hold if hold.seconds is None else hold.seconds)
            if standing.queue and (hold is None or hold.blocks):
                busy.setdefault(standing.queue, hold)
        return max(min(pauses, default=IDLE), SHORTEST)

    async def _queued(self) -> list[Command]:
        where = {"project_id": self._context.id, "state": "queued"}
        found: list[Command] = []
        after: str | None = None
        while len(found) < MAX_QUEUED:
            page = await self._context.store.page(Command, where=where, sort=ORDER, after=after, limit=PAGE)
            found += page.records
            after = page.after
            if after is None:
                break
        return found

    async def _standing(self, command: Command, busy: Mapping[str, Hold | None]) -> Standing:
        """Whether it may go now; one that will never go may, too: it is refused then."""
        try:
            handler = self._handler(command)
            queue = handler.queue(command)
            if hold := await waits(self._context.store, command):
                return Standing(queue, hold)
            if queue and queue in busy:
                return Standing(queue, busy[queue], quiet=busy[queue] is None)
            if (left := self._not_before.get(command.id, 0.0) - time.monotonic()) > 0:
                return Standing(queue, Hold(command.answer, blocks=True, seconds=left))
            return Standing(queue, await handler.hold(command))
        except Rejected:
            return Standing()

    # What is sent

    async def _carry_out(self, command: Command) -> None:
        """Claim a command when it is its turn, and carry it out; those of its queue go afterwards."""
        handler = self._handlers.get(command.kind)
        try:
            turn = handler.turn(command) if handler is not None else nullcontext()
            async with turn, self._places[command.kind in self._local]:
                claimed = await self._claimed(command)
                why = await self._try(claimed) if claimed is not None else ""
            if claimed is not None and why:
                self._taken[command.id] = self._taken[command.id]._replace(hold=LOOKED_FOR)
                await self._resolve(claimed, why, claimed.sent or datetime.now(UTC))
        finally:
            self._let_go(command)

    def _let_go(self, command: Command) -> None:
        self._taken.pop(command.id, None)
        self._wake.set()

    async def _claimed(self, command: Command) -> Command | None:
        """The command as ours; None where it has to wait after all, or was taken back."""
        if not self._context.leases.holds(self._context.id):
            return None
        try:
            hold = await self._handler(command).hold(command)
        except Rejected:
            hold = None
        if hold is not None:
            await self._settling.say(command, hold.reason)
            return None
        claimed = await self._context.store.claim(self._owner, [self._context.id], ids=[command.id])
        return claimed[0] if claimed else None

    async def _try(self, command: Command) -> str:
        """Send it once; gives why its outcome has to be looked for on the server, empty when that is known."""
        try:
            handler = self._handler(command)
            if hold := await waits(self._context.store, command):
                raise Wait(hold.reason, 0.0)
            await self._settling.finish(command, await handler.perform(command))
        except Wait as wait:
            await self._put_back(command, wait.reason, wait.seconds)
        except Later as later:
            await self._settling.put_off(command, later)
        except Rejected as rejected:
            await self._settling.refuse(command, rejected.reason)
        except Undecided as undecided:
            await self._settling.unknown(command, undecided.reason)
        except (NotSent, RateLimited, Unauthorized) as error:
            await self._put_back(command, self._why(error), error.retry_after)
        except Unanswered as error:
            return error.message
        except Unreachable as error:
            await self._put_back(command, self._why(error), error.retry_after)
        except BadAnswer as error:
            return error.message
        except SourceError as error:
            await self._settling.refuse(command, str(error))
        except StoreError as error:
            log.error("%s: %s", command.title or command.kind, error)
            return error.message if self._context.leases.holds(self._context.id) else ""
        except Exception as error:  # a fault of ours must leave a word with the command, and the others running
            log.exception("%s failed", command.title or command.kind)
            reason = f"Lineside failed ({type(error).__name__}); look on the server before repeating it"
            await self._settling.unknown(command, reason)
        return ""

    def _handler(self, command: Command) -> Handler:
        if self._read_only and command.kind not in self._local:
            raise Rejected("this configuration is read-only (read_only: true): nothing is sent to a server")
        handler = self._handlers.get(command.kind)
        if handler is None:
            raise Rejected(f"this version does not know commands of the kind `{command.kind}`")
        return handler

    def _queue(self, command: Command) -> str:
        try:
            return self._handler(command).queue(command)
        except Rejected:
            return ""

    def _why(self, error: SourceError) -> str:
        return waits_for_server(error, limited=bool(self._context.server.budget.closed_for))

    async def _put_back(self, command: Command, reason: str, seconds: float | None, *, again: bool = False) -> None:
        self._not_before[command.id] = time.monotonic() + (RETRY if seconds is None else seconds)
        await self._settling.put_back(command, reason, again=again)

    # What became of it

    async def _look(self, command: Command, why: str) -> None:
        try:
            # Whoever left it may have sent it at the last moment.
            await self._resolve(command, why, datetime.now(UTC))
        finally:
            self._let_go(command)

    async def _resolve(self, command: Command, why: str, sent: datetime) -> None:
        """Find out whether a request without an answer took effect, then finish it or queue it again."""
        timing = self._context.timing
        deadline = sent + timedelta(seconds=timing.settle)
        command = replace(command, answer=f"{why}; looking on the server for what became of it")
        await self._settling.settle(command)
        while True:
            late = datetime.now(UTC) >= deadline
            try:
                done = await self._handler(command).check(command)
            except Later as later:
                return await self._settling.put_off(command, later)
            except Undecided as undecided:
                return await self._settling.unknown(command, undecided.reason)
            except Rejected as rejected:
                return await self._settling.unknown(command, f"{why}; {rejected.reason}")
            except SourceError as error:
                log.info("%s: cannot be looked for yet: %s", command.title or command.kind, error)
            else:
                if done is not None:
                    return await self._settling.finish(command, done)
                if late and command.attempts >= MAX_ATTEMPTS:
                    reason = f"{why}, {command.attempts} times; the server shows nothing of it"
                    return await self._settling.unknown(command, reason)
                if late:
                    return await self._put_back(command, f"{why}; the server did not carry it out", 0.0, again=True)
            await asyncio.sleep(timing.search)
