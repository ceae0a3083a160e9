"""How a connection does, as its `Connection` record: written at once when it changes, rarely when all stays well."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from data.config import ConnectionSettings
from data.engine.budget import Budget
from data.engine.timing import Timing
from data.errors import Forbidden, RateLimited, SourceError, Unauthorized, Unreachable
from data.model import Connection
from data.sources.http import server_of

STEP: Final = 0.05
"""Share of a rate limit that must have been used before the record tells what remains."""
_STATES: Final = (
    (Unreachable, "offline"), (Unauthorized, "unauthorized"), (RateLimited, "limited"), (Forbidden, "forbidden"),
)  # fmt: skip
_TELLTALE: Final = ("state", "last_error", "hint", "offline_since", "retry_at", "version", "user", "auth", "can_write")
"""Fields whose change is written at once."""


class Health:
    """The health of one connection, kept in memory and handed out when it is worth a write."""

    def __init__(
        self,
        name: str,
        settings: ConnectionSettings,
        timing: Timing,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timing, self._now, self._clock = timing, now, clock
        self.record = Connection(id=name, name=name, kind=settings.kind, url=server_of(settings.url))
        self._written = self.record
        self._written_at = float("-inf")

    def probed(self, found: Connection) -> None:
        """Take in what the server tells of itself and of our credential."""
        now = self.record
        told = {name: getattr(found, name) for name in ("url", "auth", "user", "version", "scopes", "can_write")}
        self.record = replace(now, **{name: value for name, value in told.items() if value not in ("", ())})

    def succeeded(self) -> None:
        """A request was answered."""
        now = self._now()
        self.record = replace(
            self.record, state="ok", last_check=now, last_success=now, last_error="", hint="", offline_since=None
        )

    def failed(self, error: SourceError) -> None:
        """A request failed for a reason that concerns the whole connection."""
        now = self._now()
        state = next((state for kind, state in _STATES if isinstance(error, kind)), "error")
        since = (self.record.offline_since or now) if state == "offline" else None
        self.record = replace(
            self.record, state=state, last_check=now, last_error=error.message, hint=error.hint, offline_since=since
        )

    def budget(self, budget: Budget) -> None:
        """Take in what remains of the rate limit, in steps, and until when the server is not asked."""
        rate = budget.rate
        remaining = self.record.rate_remaining
        if rate.limit and rate.remaining is not None:
            moved = remaining is None or abs(rate.remaining - remaining) >= STEP * rate.limit
            if moved or rate.limit != self.record.rate_limit:
                self.record = replace(
                    self.record, rate_limit=rate.limit, rate_remaining=rate.remaining, rate_reset=rate.reset
                )
        closed = budget.closed_for
        if not closed:
            self.record = replace(self.record, retry_at=None)
        elif self.record.retry_at is None:
            self.record = replace(self.record, retry_at=self._now() + timedelta(seconds=closed))
        self.record = replace(self.record, requests=budget.requests)

    def due(self) -> Connection | None:
        """The record, when it is worth writing now."""
        new, old = self.record, self._written
        if new.last_check is None:
            return None
        telling = any(getattr(new, name) != getattr(old, name) for name in _TELLTALE)
        beat = self._clock() - self._written_at >= self._timing.heartbeat
        if not telling and not (beat and new.last_check != old.last_check):
            return None
        self._written, self._written_at = new, self._clock()
        return new
