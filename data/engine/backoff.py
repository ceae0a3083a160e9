"""How long to wait after failures."""

from __future__ import annotations

import random
from collections.abc import Callable

from data.engine.timing import Timing

JITTER = 0.25
"""Largest part of a wait that chance takes away, so that many engines do not come back at the same moment."""
MAX_DOUBLINGS = 16
"""Further failures do not make the wait longer; keeps the power small."""


class Backoff:
    """Doubles the wait with each failure up to a cap, which is lower while somebody looks."""

    def __init__(self, timing: Timing, chance: Callable[[], float] = random.random) -> None:
        self._timing, self._chance = timing, chance
        self.failures = 0
        self._share = 1.0

    def failed(self) -> None:
        """Count a failure."""
        self.failures += 1
        self._share = 1 - JITTER * self._chance()

    def succeeded(self) -> None:
        """Start anew."""
        self.failures = 0

    def wait(self, watched: bool) -> float:
        """Seconds from the last failure to the next try; 0 without a failure."""
        if not self.failures:
            return 0.0
        doubled = self._timing.backoff_first * 2.0 ** min(self.failures - 1, MAX_DOUBLINGS)
        cap = self._timing.backoff_watched if watched else self._timing.backoff_cap
        return min(doubled, cap) * self._share
