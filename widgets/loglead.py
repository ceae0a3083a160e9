"""Reading what lies before the known part of a large log, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from data.logtext import Lead, LeadPart

TELL_EVERY = 0.05
"""Seconds between two deliveries, so that keys are answered between them."""


PAUSE = 0.012
"""Seconds for which reading rests when the user does something, so that the answer need not wait for it."""


class LeadReader:
    """Runs a `Lead` and delivers its parts, in the order in which they are to be prepended.

    `deliver` is called in the thread, with at least one part; when it raises RuntimeError, reading ends.
    """

    def __init__(self, lead: Lead, deliver: Callable[[LeadReader, list[LeadPart]], None]) -> None:
        self._lead, self._deliver = lead, deliver
        self._stopped = threading.Event()
        self._rest_until = 0.0
        lead.between = self._between
        self._thread = threading.Thread(target=self._run, name="log-lead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End soon, and deliver nothing more."""
        self._stopped.set()

    def rest(self) -> None:
        """Let the user's wish be answered first."""
        self._rest_until = monotonic() + PAUSE

    def _between(self) -> None:
        while (left := self._rest_until - monotonic()) > 0 and not self._stopped.wait(left):
            pass

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
