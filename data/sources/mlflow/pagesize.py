"""How many runs one page asks for: as many as make a few megabytes, whatever a run weighs.

MLflow sends a run with all its metrics, params and tags, which cannot be left out (MLflow docs, REST API, search runs):
7 kB for one with twenty metrics, 270 kB for one with 1,500. A page of 200 of the latter would be 54 MB.
"""

from __future__ import annotations

from typing import Final

PAGE_BYTES: Final = 4_000_000
"""What a page aims at: parsed in some ten milliseconds, and larger ones are no faster per run."""
MOST_BYTES: Final = 4 * PAGE_BYTES
"""A longer page is not read but asked for again with fewer runs."""
FIRST: Final = 20
"""Runs of the first page, when nothing is known of their size."""
GROWTH: Final = 4
"""How much larger one page may be than the one before: small runs may be followed by large ones."""


class PageSize:
    """What was learned of the runs of one connection."""

    def __init__(self) -> None:
        self._runs = FIRST
        self._each = 0.0

    def fitting(self, most: int) -> int:
        """Runs to ask for next, at most `most`."""
        return max(1, min(most, self._runs))

    def learn(self, runs: int, size: int) -> None:
        """A page of `runs` had `size` bytes: heavier runs count at once, lighter ones bit by bit."""
        if runs:
            each = size / runs
            self._each = max(each, (self._each + each) / 2)
            self._runs = max(1, min(int(PAGE_BYTES / self._each), self._runs * GROWTH))

    def too_long(self, runs: int, size: int) -> None:
        """A page of `runs` would have had `size` bytes or more."""
        self.learn(runs, size)
        self._runs = max(1, min(self._runs, runs // GROWTH))
