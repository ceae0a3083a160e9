"""Reading what lies before the known part of a large log, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from data.logtext import Lead, LeadPart

TELL_EVERY = 0.05
"""Seconds between two deliveries, so that keys are answered between them."""


class LeadReader:
    """Runs a `Lead` and delivers its parts, in the order in which they are to be prepended.

    `deliver` is called in the thread, with at least one part; when it raises RuntimeError, reading ends.
    """

    def __init__(self, lead: Lead, deliver: Callable[[LeadReader, list[LeadPart]], None]) -> None:
        self._lead, self._deliver = lead, deliver
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-lead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End soon, and deliver nothing more."""
        self._stopped.set()

    def join(self, seconds: float) -> None:
        """Wait up to `seconds` for the thread to end."""
        self._thread.join(seconds)

    def _run(self) -> None:
        with suppress(OSError):  # the disk fails; what is known stays readable
            self._read()

    def _read(self) -> None:
        parts: list[LeadPart] = []
        told = monotonic()
        reading = iter(self._lead)
        for part in reading:
            parts.append(part)
            if self._stopped.is_set():
                break
            if part.first == 0 or monotonic() - told >= TELL_EVERY:
                try:
                    self._deliver(self, parts)
                except RuntimeError:  # the event loop is closed: the program ends, nobody wants to know
                    break
                parts, told = [], monotonic()
