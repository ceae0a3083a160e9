"""Spends a server's rate limit: half of it is kept for people, background work slows down as it shrinks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from typing import Final

from data.sources.http import RateLimit

WINDOW: Final = 60.0
"""Seconds of a rate limit's window where the server does not say (GitLab.com counts per minute)."""
FOR_PEOPLE: Final = 0.5
"""Share of the limit that only what somebody looks at or asked for may use."""
BACKGROUND_SHARE: Final = 0.25
"""Share of a known limit that background calls may take, counted in calls."""
AT_EASE: Final = 0.8
"""Share of the limit above which nothing is slowed down."""


class Rank(IntEnum):
    """Who wants a request; lower goes first."""

    PERSON = 0
    """Somebody looks at it or asked for it."""
    ROUTINE = 1
    """Keeps running things fresh."""
    BACKGROUND = 2
    """History, deletions, details of what ended long ago."""


class Budget:
    """The limit of one connection. All times are seconds of `clock`, those of servers come as UTC datetimes."""

    def __init__(
        self,
        per_minute: int | None,
        *,
        background_gap: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._clock, self._wall = clock, wall
        self._own_gap = WINDOW / per_minute if per_minute else 0.0
        self._own_next = 0.0
        self._rate = RateLimit()
        self._heard = 0.0
        self._not_before = 0.0
        self._background_gap = background_gap
        self._background_next = 0.0
        self.requests = 0

    @property
    def rate(self) -> RateLimit:
        """What the server said last."""
        return self._rate

    @property
    def closed_for(self) -> float:
        """Seconds until the server may be asked again at all; 0 when it may be asked now."""
        return max(self._not_before - self._clock(), 0.0)

    def heard(self, rate: RateLimit, retry_after: float | None = None) -> None:
        """Take in the limits of an answer; `retry_after` closes the connection for so many seconds."""
        if rate.limit is not None and rate.remaining is not None:
            self._rate, self._heard = rate, self._clock()
        if retry_after is not None:
            self.close(retry_after)

    def close(self, seconds: float) -> None:
        """The server refused for want of budget: ask nothing for `seconds`."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    def begin(self, rank: Rank) -> None:
        """A call of `rank` is about to be made; it may take several requests."""
        if rank is Rank.BACKGROUND:
            self._background_next = self._clock() + self._gap()

    def _gap(self) -> float:
        """Seconds between two background calls; a server that grants more gets more."""
        if not self._rate.limit:
            return self._background_gap
        return min(self._background_gap, WINDOW / (BACKGROUND_SHARE * self._rate.limit))

    def spent(self) -> None:
        """Count a request that is about to be made."""
        self.requests += 1
        self._own_next = max(self._own_next, self._clock()) + self._own_gap

    def wait(self, rank: Rank) -> float:
        """Seconds that a request of `rank` should wait now; ask again afterwards, others may have gone first."""
        closed = self.closed_for
        if closed:
            return closed
        own = max(self._own_next - self._clock(), 0.0)
        if rank is Rank.PERSON or own:
            return own
        gap = max(self._background_next - self._clock(), 0.0) if rank is Rank.BACKGROUND else 0.0
        return max(self._slowed(rank), gap)

    def _slowed(self, rank: Rank) -> float:
        limit, remaining = self._rate.limit, self._rate.remaining
        if not limit or remaining is None:
            return 0.0
        since = self._clock() - self._heard
        left = self._window_left()
        if not left or remaining >= AT_EASE * limit:
            return 0.0
        free = remaining - FOR_PEOPLE * limit
        if free <= 0:
            # Routine work trickles even then, so that running pipelines do not stand still for a whole window.
            return left if rank is Rank.BACKGROUND else max(min(left, WINDOW / 12) - since, 0.0)
        return max(left / free - since, 0.0) if rank is Rank.BACKGROUND else 0.0

    def _window_left(self) -> float:
        """Seconds until the server's window ends."""
        reset: datetime | None = self._rate.reset
        if reset is not None:
            return max(reset.timestamp() - self._wall(), 0.0)
        return max(self._heard + WINDOW - self._clock(), 0.0)
