"""Writes down what becomes of commands, and why they wait; what hangs on them follows."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from data.engine.context import ProjectContext, TrackingContext
from data.engine.verdict import Done, Handler, Later
from data.errors import LinesideError
from data.model import Command
from data.store.amending import amend

log = logging.getLogger(__name__)


class Settling:
    """The ends of the commands of one outbox."""

    def __init__(self, context: ProjectContext | TrackingContext, handlers: Mapping[str, Handler]) -> None:
        self._context, self._handlers = context, handlers
        self._open: set[str] = set()

    async def say(self, command: Command, reason: str) -> None:
        """Write why a queued command waits; what it says already is not written again."""
        told = command
        if reason and reason != command.answer:
            # Its user may move it or hold it back meanwhile.
            amended = await amend(self._context.store, command.id, lambda now: replace(now, answer=reason))
            if amended is None:
                return
            told = amended
            log.info("%s: waits: %s", told.title or told.kind, reason)
        elif command.id in self._open:
            return
        self._open.add(command.id)
        await self._follow(told)

    async def taken_back(self, known: Collection[str]) -> None:
        """Settle what users took back: it is not among the `known`, those that are queued or being sent."""
        gone = self._open.difference(known)
        if not gone:
            return
        self._open -= gone
        for command in (await self._context.store.get_many(Command, sorted(gone))).values():
            if command.state == "withdrawn":
                log.info("%s: taken back", command.title or command.kind)
                await self._follow(command)
                await self._drop(command)

    async def finish(self, command: Command, done: Done) -> None:
        """It was carried out."""
        log.info("%s: %s", command.title or command.kind, done.answer)
        now = datetime.now(UTC)
        await self.settle(replace(command, state="done", finished=now, answer=done.answer, result_id=done.result_id))

    async def refuse(self, command: Command, reason: str) -> None:
        """It will not be carried out."""
        log.info("%s: refused: %s", command.title or command.kind, reason)
        refused = replace(command, state="refused", finished=datetime.now(UTC), answer=reason)
        if await self.settle(refused):
            await self._drop(refused)

    async def unknown(self, command: Command, reason: str) -> None:
        """Whether it was carried out cannot be found out."""
        log.warning("%s: unknown: %s", command.title or command.kind, reason)
        await self.settle(replace(command, state="unknown", finished=datetime.now(UTC), answer=reason))

    async def put_back(self, command: Command, reason: str, *, again: bool = False) -> None:
        """Queue it again; what never reached the server counts as no attempt, but `again` says that it may have."""
        log.info("%s: waits: %s", command.title or command.kind, reason)
        attempts = command.attempts if again else max(command.attempts - 1, 0)
        await self.settle(replace(command, state="queued", answer=reason, attempts=attempts))

    async def put_off(self, command: Command, later: Later) -> None:
        """Queue it again for a later time, which outlasts this engine."""
        log.info("%s: %s", command.title or command.kind, later.reason)
        at = datetime.now(UTC) + timedelta(seconds=later.seconds)
        await self.settle(replace(command, state="queued", answer=later.reason, not_before=at))

    async def settle(self, command: Command) -> bool:
        """Write a command that is ours; False when another engine has taken it over.

        An outcome that cannot be written now is kept for `left`.
        """
        if command.state != "sending":
            self._context.unsettled[command.id] = command
        ours = await self._context.store.settle(command)
        self._context.unsettled.pop(command.id, None)
        if not ours:
            log.warning("%s: taken over by another engine", command.title or command.kind)
            return False
        if command.state in ("queued", "sending"):
            self._open.add(command.id)
        else:
            self._open.discard(command.id)
        await self._follow(command)
        return True

    async def left(self, command: Command) -> bool:
        """Write the outcome of a command that is still `sending`, where it is known here; False where it is not."""
        outcome = self._context.unsettled.pop(command.id, None)
        if outcome is None or outcome.sent != command.sent:
            return False
        log.info("%s: its outcome could not be written before", command.title or command.kind)
        if await self.settle(replace(outcome, owner=command.owner)) and outcome.state == "refused":
            await self._drop(outcome)
        return True

    async def _follow(self, command: Command) -> None:
        if (handler := self._handlers.get(command.kind)) is None:
            return
        try:
            await handler.follow(command)
        except LinesideError as error:
            log.warning("%s: %s", command.title or command.kind, error)

    async def _drop(self, command: Command) -> None:
        if (handler := self._handlers.get(command.kind)) is None:
            return
        try:
            await handler.dropped(command)
        except LinesideError as error:
            log.warning("%s: %s", command.title or command.kind, error)
