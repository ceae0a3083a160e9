"""Counts what a driver of this process asks of a MongoDB server: a round trip is a command and its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from pymongo import monitoring


class Trips(monitoring.CommandListener):
    """Commands of all clients that were made since `watched` began, by name; heartbeats are none."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds = 0.0
        """Time that the server took for them, network included."""
        self._lock = Lock()

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    def reset(self) -> None:
        """Begin anew."""
        with self._lock:
            self.counts.clear()
            self.seconds = 0.0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """A command was sent."""
        with self._lock:
            self.counts[event.command_name] += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Its answer is here."""
        self._took(event.duration_micros)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """So is one that refuses."""
        self._took(event.duration_micros)

    def _took(self, micros: int) -> None:
        with self._lock:
            self.seconds += micros / 1_000_000


@contextmanager
def watched() -> Iterator[Trips]:
    """Counts for every client that is made in the block."""
    trips = Trips()
    monitoring.register(trips)
    try:
        yield trips
    finally:
        monitoring._LISTENERS.command_listeners.remove(trips)  # pymongo itself registers for good
