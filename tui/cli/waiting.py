"""Waits for what an engine does: with a deadline, with somebody there to do it, and saying why it takes long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from data.errors import Forbidden, LinesideError, Unauthorized, Unreachable, UsageError
from data.model import Connection, EngineState, Interest, Lease
from tui.cli.failures import say
from tui.context import Context, collect
from tui.workers import is_alive, workers

if TYPE_CHECKING:
    from data.engine.process import EngineProcess

T = TypeVar("T")

POLL = 0.1
"""Seconds between two looks at the store."""
INTEREST_SECONDS = 15.0
"""How long an engine serves an interest that is not renewed."""
RENEW_SECONDS = 5.0
"""Seconds between two renewals."""
LOOK_SECONDS = 5.0
"""Seconds between two looks whether an engine serves."""
ENGINE_LOG = "engine.log"
"""File in the state folder that holds what an engine said that a command started."""
DEAD = {"unauthorized": Unauthorized, "forbidden": Forbidden}
"""Connection states that waiting does not change."""


class Waiter:
    """Waits on the store, while an engine works.

    Args:
        context: the open session.
        start: start an engine for the time being where none serves.
        lease: name of the work that is waited for: an engine that holds it serves. Any engine does, where it is empty.
    """

    def __init__(self, context: Context, *, start: bool, lease: str = "") -> None:
        self.context = context
        self.since = datetime.now(UTC)
        self.engine: EngineProcess | None = None
        self._start, self._lease, self._look_at = start, lease, 0.0
        self._viewer = f"cli-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._said: set[str] = set()
        self._topics: Sequence[str] = ()
        self._renew_at = 0.0

    async def until(
        self,
        check: Callable[[], Awaitable[T | None]],
        *,
        timeout: float,
        topics: Sequence[str] = (),
        connection: str = "",
    ) -> T | None:
        """The first result of `check` that is not None; None when `timeout` seconds have passed.

        `check` is asked every `POLL` seconds. `topics` are what the engine is to look after meanwhile. `connection`
        names the server that it depends on: its troubles are told.

        Raises:
            Unauthorized, Forbidden: the server rejects the credential, so that waiting is no use.
            LinesideError: the engine that we started has ended.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            now = loop.time()
            await self._renew(topics, now)
            if (found := await check()) is not None:
                return found
            await self._check_health(connection)
            if now >= deadline:
                return None
            await asyncio.sleep(min(POLL, deadline - now))

    async def _renew(self, topics: Sequence[str], now: float) -> None:
        if topics and (now >= self._renew_at or self._topics != topics):
            new = self._topics != topics
            self._topics, self._renew_at = topics, now + RENEW_SECONDS
            await self.watch(topics)
            if new:
                await self.context.bring(topics)

    async def watch(self, topics: Sequence[str], seconds: float = INTEREST_SECONDS) -> None:
        """Say what the engine is to look after, for some seconds."""
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        viewer = self._viewer
        await self.context.store.watch(
            [Interest(id=f"{viewer}:{topic}", viewer=viewer, topic=topic, expires=expires) for topic in topics]
        )

    async def trouble(self, connection: str) -> Connection | None:
        """The connection's record, where its newest check since we wait went wrong."""
        record = await self.context.store.get(Connection, connection) if connection else None
        if record is None or record.state in {"ok", "unknown"} or not record.last_check:
            return None
        return record if record.last_check >= self.since else None

    async def _check_health(self, connection: str) -> None:
        record = await self.trouble(connection)
        if record is not None:
            error = DEAD.get(record.state)
            if error is not None:
                raise error(f"{record.name}: {record.last_error}", hint=record.hint)
            self.say_once(f"{record.name} is {record.state}: {record.last_error}")
        await self._ensure_engine()

    async def _ensure_engine(self) -> None:
        """Start an engine where none serves; look again now and then, since engines end."""
        if self.engine is not None:
            if not self.engine.running:
                raise _engine_ended()
            return
        now = asyncio.get_running_loop().time()
        if self._start and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            if not await engine_serves(self.context, self._lease):
                self.engine = await asyncio.to_thread(start_engine, self.context)

    async def give_secrets(self, command_id: str, values: Mapping[str, str]) -> None:
        """Hand the values of a launch's secret variables to an engine of our own; they are written nowhere.

        Raises:
            UsageError: another engine works on the project, to which there is no way but the store.
        """
        from data.config import Secret

        if await engine_serves(self.context, self._lease) or not self._start:
            raise UsageError(
                f"the values of {', '.join(values)} are secret, and another engine would send this launch",
                hint="launch it in the dashboard that runs this engine, or end the engine first",
            )
        if self.engine is None:
            self.engine = await asyncio.to_thread(start_engine, self.context)
        self.engine.give_secrets(command_id, {key: Secret(value) for key, value in values.items()})

    def say_once(self, text: str) -> None:
        """Say a sentence on stderr, unless it was said already."""
        if text not in self._said:
            self._said.add(text)
            say(text)


@contextlib.asynccontextmanager
async def waiter(context: Context, *, start: bool, lease: str = "") -> AsyncIterator[Waiter]:
    """A `Waiter`; the engine that it started, if any, is ended behind it."""
    waiting = Waiter(context, start=start, lease=lease)
    try:
        yield waiting
    finally:
        if waiting.engine is not None:
            await asyncio.to_thread(waiting.engine.stop)


async def engine_serves(context: Context, lease: str) -> bool:
    """Whether an engine, on any machine, was seen lately that holds a lease, or any engine for an empty name."""
    now = datetime.now(UTC)
    if context.place.team:
        return any(not lease or lease in one.leases for one in await workers(context, now))
    alive = {state.id for state in await collect(context.store, EngineState) if is_alive(state, now)}
    if not lease:
        return bool(alive)
    held = await context.store.get(Lease, lease)
    return held is not None and held.expires > now and held.owner in alive


def start_engine(context: Context) -> EngineProcess:
    """Start an engine process for this session's configuration and store."""
    from data.config.paths import ensure, state_dir
    from data.engine.process import spawn

    with (ensure(state_dir()) / ENGINE_LOG).open("wb") as words:
        return spawn(context.config_path, place=context.place, stderr=words)


def _engine_ended() -> LinesideError:
    from data.config.paths import state_dir

    hint = f"its last words are in {state_dir() / ENGINE_LOG}; lineside doctor tells more"
    return LinesideError("the engine that was started for this has ended", hint=hint)


def deadline_error(what: str, seconds: float, record: Connection | None) -> LinesideError:
    """What to say when time is up."""
    if record is None:
        return LinesideError(f"{what}: no answer within {seconds:g} s", hint="give it more with --timeout")
    return Unreachable(f"{what}: {record.name} is {record.state}: {record.last_error}", hint=record.hint)
