"""The outbox of one project, or of one MLflow connection: commands go to the server at most once, and none is lost.

`queued -> sending -> done | refused | unknown`. `sending` is written before the request. When an answer is lost, or an
engine dies between request and answer, the server is looked at before anything is sent again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from data.engine.context import ProjectContext, TrackingContext
from data.engine.server import NotSent
from data.engine.verdict import Done, Handler, Rejected, Undecided, Wait
from data.errors import BadAnswer, LinesideError, RateLimited, SourceError, StoreError, Unreachable
from data.model import Command
from data.sources.faults import Unanswered
from data.store.port import Sort

log = logging.getLogger(__name__)

OLDEST: Final = Sort("created")
MAX_QUEUED: Final = 100
"""Queued commands of a project that are looked at in one round."""
MAX_ATTEMPTS: Final = 3
"""How often a command is sent at most, each time after the server was found not to have carried it out."""
RETRY: Final = 5.0
"""Seconds until a command is tried again that could not be sent and nobody said when."""
LOCAL: Final = frozenset({"note", "label"})
"""Kinds of commands on runs that change no server."""
IDLE: Final = 30.0
"""Longest wait for news of the outbox: a safety net, since every new command wakes it."""


class Outbox:
    """Carries out the commands whose `project_id` is the id of the context, while its lease is ours.

    `local` are the kinds of those that change no server: the others are refused where all is `read_only`.
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
        self._owner = context.leases.owner
        self._wake = asyncio.Event()
        self._not_before: dict[str, float] = {}
        self._launching = asyncio.Lock()

    def wake(self) -> None:
        """Something about commands changed."""
        self._wake.set()

    async def run(self) -> None:
        """Take over what a dead engine left, then work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for command in await self._left_over():
                log.info("taking over: %s", command.title or command.kind)
                group.create_task(self._resolve(command, "the engine that sent it ended before the answer"))
            while True:
                self._wake.clear()
                wait = await self._round(group)
                try:
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def _left_over(self) -> list[Command]:
        """What others left in `sending`, and what we did when we lost the lease in between."""
        await self._context.store.adopt(self._owner, [self._context.id])
        where = {"project_id": self._context.id, "state": "sending", "owner": self._owner}
        return list((await self._context.store.page(Command, where=where, sort=OLDEST, limit=MAX_QUEUED)).records)

    async def _round(self, group: asyncio.TaskGroup) -> float:
        """Claim what may go; gives the seconds until the next look."""
        where = {"project_id": self._context.id, "state": "queued"}
        page = await self._context.store.page(Command, where=where, sort=OLDEST, limit=MAX_QUEUED)
        self._not_before = {one.id: self._not_before.get(one.id, 0.0) for one in page.records}
        ready = {one.id for one in page.records if await self._may_go(one)}
        if ready and self._context.leases.holds(self._context.id):
            claimed = await self._context.store.claim(self._owner, [self._context.id], limit=len(page.records))
            for command in claimed:
                if command.id in ready or command.id not in self._not_before:
                    group.create_task(self._carry_out(command))
                else:
                    await self._settle(replace(command, state="queued", attempts=command.attempts - 1))
            return RETRY
        later = [at - time.monotonic() for at in self._not_before.values()]
        return max(min(later, default=IDLE), 0.05)

    async def _may_go(self, command: Command) -> bool:
        """Whether a queued command is worth claiming; one that waits for the reason it says already is left alone."""
        if self._not_before[command.id] > time.monotonic():
            return False
        try:
            reason = await self._handler(command).hold(command)
        except Rejected:
            return True
        if reason and reason == command.answer:
            self._not_before[command.id] = time.monotonic() + self._context.timing.hold
            return False
        return True

    async def _carry_out(self, command: Command) -> None:
        if command.kind == "launch":
            async with self._launching:
                await self._try(command)
        else:
            await self._try(command)

    async def _try(self, command: Command) -> None:
        try:
            handler = self._handler(command)
            if reason := await handler.hold(command):
                raise Wait(reason, self._context.timing.hold)
            await self._finish(command, await handler.perform(command))
        except Wait as wait:
            await self._put_back(command, wait.reason, wait.seconds)
        except Rejected as rejected:
            await self._refuse(command, rejected.reason)
        except (NotSent, RateLimited) as error:
            await self._put_back(command, str(error), error.retry_after)
        except Unanswered as error:
            await self._resolve(command, error.message)
        except Unreachable as error:
            await self._put_back(command, str(error), error.retry_after)
        except BadAnswer as error:
            await self._resolve(command, error.message)
        except SourceError as error:
            await self._refuse(command, str(error))
        except StoreError as error:
            log.error("%s: %s", command.title or command.kind, error)
            if self._context.leases.holds(self._context.id):
                await self._resolve(command, error.message)
        except Exception as error:  # a fault of ours must leave a word with the command, and the others running
            log.exception("%s failed", command.title or command.kind)
            await self._unknown(
                command, f"Lineside failed ({type(error).__name__}); look on the server before repeating it"
            )

    def _handler(self, command: Command) -> Handler:
        if self._read_only and command.kind not in self._local:
            raise Rejected("this configuration is read-only (read_only: true): nothing is sent to a server")
        handler = self._handlers.get(command.kind)
        if handler is None:
            raise Rejected(f"this version does not know commands of the kind `{command.kind}`")
        return handler

    async def _resolve(self, command: Command, why: str) -> None:
        """Find out whether a request without an answer took effect, then finish it or queue it again."""
        timing = self._context.timing
        sent = command.sent or datetime.now(UTC)
        deadline = sent + timedelta(seconds=timing.settle)
        answer = f"{why}; looking on the server for what became of it"
        command = replace(command, answer=answer)
        await self._settle(command)
        while True:
            late = datetime.now(UTC) >= deadline
            try:
                done = await self._handler(command).check(command)
            except Undecided as undecided:
                return await self._unknown(command, undecided.reason)
            except Rejected as rejected:
                return await self._unknown(command, f"{why}; {rejected.reason}")
            except SourceError as error:
                log.info("%s: cannot be looked for yet: %s", command.title or command.kind, error)
            else:
                if done is not None:
                    return await self._finish(command, done)
                if late and command.attempts >= MAX_ATTEMPTS:
                    return await self._unknown(
                        command, f"{why}, {command.attempts} times; the server shows nothing of it"
                    )
                if late:
                    return await self._put_back(command, f"{why}; the server did not carry it out", 0.0, again=True)
            await asyncio.sleep(timing.search)

    async def _finish(self, command: Command, done: Done) -> None:
        log.info("%s: %s", command.title or command.kind, done.answer)
        now = datetime.now(UTC)
        await self._settle(replace(command, state="done", finished=now, answer=done.answer, result_id=done.result_id))

    async def _refuse(self, command: Command, reason: str) -> None:
        log.info("%s: refused: %s", command.title or command.kind, reason)
        await self._settle(replace(command, state="refused", finished=datetime.now(UTC), answer=reason))
        if (handler := self._handlers.get(command.kind)) is not None:
            try:
                await handler.dropped(command)
            except LinesideError as error:
                log.warning("%s: %s", command.title or command.kind, error)

    async def _unknown(self, command: Command, reason: str) -> None:
        log.warning("%s: unknown: %s", command.title or command.kind, reason)
        await self._settle(replace(command, state="unknown", finished=datetime.now(UTC), answer=reason))

    async def _put_back(self, command: Command, reason: str, seconds: float | None, *, again: bool = False) -> None:
        """Queue it again; what never reached the server counts as no attempt."""
        log.info("%s: waits: %s", command.title or command.kind, reason)
        attempts = command.attempts if again else command.attempts - 1
        self._not_before[command.id] = time.monotonic() + (RETRY if seconds is None else seconds)
        await self._settle(replace(command, state="queued", answer=reason, attempts=max(attempts, 0)))
        self._wake.set()

    async def _settle(self, command: Command) -> None:
        if not await self._context.store.settle(command):
            log.warning("%s: taken over by another engine", command.title or command.kind)
