"""Parts of histories with finer points: kept while somebody looks at them and a while longer, a few of each run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

MAX_WINDOWS: Final = 32
"""Parts of histories that are kept of one MLflow run."""
STALE: Final = 600.0
"""Seconds after which a part is dropped at which nobody looks any more."""


class Windows:
    """When which part was looked at last, by MLflow run."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, dict[str, float]] = {}
        self._known: set[tuple[str, str]] = set()

    def looked_at(self, tracked_id: str, series_id: str) -> None:
        """Somebody looks at this part."""
        self._seen.setdefault(tracked_id, {})[series_id] = self._clock()

    def is_new(self, tracked_id: str, key: str) -> bool:
        """Whether this is the first question for parts of a metric: then others may be there from an earlier time."""
        if (tracked_id, key) in self._known:
            return False
        self._known.add((tracked_id, key))
        return True

    def found(self, tracked_id: str, series_ids: Iterable[str]) -> None:
        """Parts that an earlier engine has left; they count as looked at a while ago."""
        seen = self._seen.setdefault(tracked_id, {})
        for series_id in series_ids:
            seen.setdefault(series_id, self._clock() - STALE / 2)

    def take_dropped(self) -> list[str]:
        """Parts that are to be deleted now, forgotten here; those that were looked at last stay longest."""
        now, dropped = self._clock(), []
        for tracked_id, seen in list(self._seen.items()):
            oldest = sorted(seen, key=seen.__getitem__)
            stale = [one for one in oldest if now - seen[one] > STALE]
            for series_id in {*stale, *oldest[: max(len(oldest) - MAX_WINDOWS, 0)]}:
                del seen[series_id]
                dropped.append(series_id)
            if not seen:
                del self._seen[tracked_id]
                self._known = {one for one in self._known if one[0] != tracked_id}
        return sorted(dropped)
