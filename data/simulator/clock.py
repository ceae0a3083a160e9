"""The simulator's only source of time: the system's clock, or one that a test moves."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

MANUAL_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp()
"""First instant of a manual clock unless the test says otherwise: a Monday morning."""


class Clock(Protocol):
    """Anything that knows the time, in seconds since the epoch, UTC."""

    def now(self) -> float:
        """Return the present instant; never earlier than the one returned before."""
        ...


class SystemClock:
    """The machine's clock, held monotonic."""

    def __init__(self) -> None:
        self._wall, self._mono = time.time(), time.monotonic()

    def now(self) -> float:
        """Return the present instant in seconds since the epoch."""
        return self._wall + time.monotonic() - self._mono


class ManualClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, start: float = MANUAL_START) -> None:
        self._now = start

    def now(self) -> float:
        """Return the instant it was set to."""
        return self._now

    def advance(self, seconds: float) -> float:
        """Move on by `seconds` (not negative) and return the new instant."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._now += seconds
        return self._now


def iso(instant: float) -> str:
    """Return `instant` as GitLab writes times: ISO 8601, UTC, `Z`; cut to milliseconds, so never later than it was."""
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(instant: float | None) -> str | None:
    """Return `iso(instant)`, and None for None."""
    return None if instant is None else iso(instant)


def parse_iso(text: str) -> float:
    """Return the instant that an ISO 8601 text names; without a zone it is UTC.

    Raises:
        ValueError: `text` is not ISO 8601.
    """
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
