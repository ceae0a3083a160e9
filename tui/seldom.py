"""How often what nobody looks at is drawn."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

SELDOM: Final = 3.0
"""Seconds between two looks at what is new while the terminal has no focus: it may still be in sight beside others."""


class Seldom:
    """Whether it is time for something that comes again and again: always, or rarely while the terminal has no focus.

    A terminal that does not report its focus has it for ever (Textual's `app_focus`).
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = float("-inf")

    def is_due(self, focus: bool) -> bool:
        """Whether to do it now; if so, that is noted."""
        now = self._clock()
        if not focus and now - self._last < SELDOM:
            return False
        self._last = now
        return True
