"""How far the copy of something goes, as its `SyncState` record: written when it changes, rarely when it does not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from data.engine.desk import Desk
from data.engine.timing import Timing
from data.errors import LinesideError
from data.model import SyncState

STALE: Final = 300.0
"""Seconds after which a failure that did not happen again is forgotten: what fails comes round each minute."""


class Progress:
    """The `SyncState` of a project (`what` is its path) or of an MLflow connection."""

    def __init__(self, desk: Desk, lease: str, connection: str, what: str, timing: Timing) -> None:
        self._desk, self._lease, self._timing = desk, lease, timing
        self.state = SyncState(id=f"{connection}:{what}", connection=connection, what=what)
        self._written_at = float("-inf")
        self._errors: dict[str, tuple[LinesideError, float]] = {}

    async def load(self, project_id: str = "") -> None:
        """Take up what was reached before."""
        stored = await self._desk.store.get(SyncState, self.state.id)
        self.state = replace(stored or self.state, project_id=project_id)

    async def seen(self, watermark: datetime | None) -> None:
        """A list was read up to `watermark`."""
        if watermark is not None and (self.state.watermark is None or watermark > self.state.watermark):
            await self._write(replace(self.state, watermark=watermark, last_success=datetime.now(UTC)))
        elif time.monotonic() - self._written_at >= self._timing.heartbeat:
            await self._write(replace(self.state, last_success=datetime.now(UTC)))

    async def backfilled(self, to: datetime) -> None:
        """History is complete back to `to`."""
        await self._write(replace(self.state, backfilled_to=to))

    async def passed(self) -> None:
        """A full pass has ended."""
        await self._write(replace(self.state, last_full=datetime.now(UTC)))

    async def outcome(self, name: str, error: LinesideError | None) -> None:
        """One part of the work went well or failed. One failure of those that last is shown, always the same."""
        now = time.monotonic()
        self._errors.pop(name, None)
        if error is not None:
            self._errors[name] = (error, now)
        self._errors = {key: one for key, one in self._errors.items() if now - one[1] < STALE}
        shown = self._errors[min(self._errors)][0] if self._errors else None
        message, hint = (shown.message, shown.hint) if shown else ("", "")
        if (message, hint) != (self.state.last_error, self.state.hint):
            await self._write(replace(self.state, last_error=message, hint=hint))

    async def _write(self, state: SyncState) -> None:
        if state != self.state:
            await self._desk.put(self._lease, [state])
            self.state, self._written_at = state, time.monotonic()
