"""When garbage is collected: while nobody types.

The slowest key of a Textual program is the one that waits for the garbage collector. It rests while the program starts,
since importing makes no garbage; what was imported is never looked at again; and what comes later is collected in the
pauses between keys.
"""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (50_000, 20, 50)
"""When Python collects by itself (`gc.set_threshold`): only where no pause comes for very long."""
YOUNG: Final = 5_000
"""New objects from which on a pause is used: looking through them takes some milliseconds."""
LONG_PAUSE: Final = 20.0
"""Seconds without a key after which all objects are looked through once, which takes some 50 milliseconds."""


class Garbage:
    """Collects in pauses, where `begin` has been called; before that Python's own rules hold."""

    def __init__(self) -> None:
        self._begun = False
        self._all_looked_at = False

    def begin(self) -> None:
        """All is imported: collect again, where the program's start put that off."""
        if gc.isenabled():
            return
        gc.enable()
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        self._begun = True

    def pause(self, seconds: float) -> None:
        """Nobody has typed for so long. To be called every second or so."""
        if not self._begun:
            return
        if seconds < LONG_PAUSE:
            self._all_looked_at = False
        elif not self._all_looked_at:
            self._all_looked_at = True
            gc.collect()
            return
        if gc.get_count()[0] > YOUNG:
            gc.collect(1)
