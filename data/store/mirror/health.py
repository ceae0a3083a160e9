"""Says in the local file how the team store is, for viewers that never ask it themselves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from data.errors import StoreError
from data.model import Connection
from data.model.vocabulary import TEAM_STORE
from data.store.mirror.local import Local, LocalTrouble
from data.store.mirror.team import Team, state_of
from data.store.mirror.timing import MirrorTiming

NAME: Final = "team store"
KIND: Final = "mongodb"
FILLING: Final = "older records are still on their way"
"""Hint while all is well but for that."""


class Health:
    """The `Connection` of the team store. `place` is what people call it: without user and password."""

    def __init__(self, local: Local, place: str, timing: MirrorTiming) -> None:
        self._local, self._place, self._timing = local, place, timing
        self._said = float("-inf")
        self._reached: datetime | None = None

    async def good(self, team: Team, refused: StoreError | None, *, filling: bool) -> bool:
        """It answers; `refused` is why it takes no changes of ours. True when that was written, which is rare."""
        state = "ok" if refused is None else "error"
        error, hint = ("", FILLING if filling else "") if refused is None else (refused.message, refused.hint)
        loop = asyncio.get_running_loop()
        self._reached = now = datetime.now(UTC)
        was = await self._stored()
        same = was is not None and (was.state, was.last_error, was.hint) == (state, error, hint)
        if same and loop.time() - self._said < self._timing.success:
            return False
        await self._write(
            replace(
                was or self._new(),
                url=self._place,
                state=state,
                last_error=error,
                hint=hint,
                last_check=now,
                last_success=now,
                offline_since=None,
                version=team.version,
                can_write=refused is None,
            )
        )
        self._said = loop.time()
        return True

    async def bad(self, error: StoreError) -> bool:
        """It does not answer, or refuses us. True when that is new. It counts as away since it answered last."""
        state = "error" if isinstance(error, LocalTrouble) else state_of(error)
        was = await self._stored()
        if was is not None and (was.state, was.last_error) == (state, error.message):
            return False
        now = datetime.now(UTC)
        since = (was.offline_since or self._reached or was.last_success if was is not None else self._reached) or now
        await self._write(
            replace(
                was or self._new(),
                url=self._place,
                state=state,
                last_error=error.message,
                hint=error.hint,
                last_check=now,
                offline_since=since,
            )
        )
        self._said = float("-inf")
        return True

    def _new(self) -> Connection:
        return Connection(id=TEAM_STORE, name=NAME, kind=KIND, url=self._place)

    async def _stored(self) -> Connection | None:
        return await self._local.store.get(Connection, TEAM_STORE)

    async def _write(self, record: Connection) -> None:
        await self._local.say(record)
