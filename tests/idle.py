"""Waiting for an application that rests, as Textual's pilot does, but ten times as often.

Textual looks every 20 ms whether the process used the CPU, three times per key: most of the time of a test was sleep.
Here a look takes 2 ms, and the event loop itself must have nothing left to do.
"""

from __future__ import annotations

import asyncio
from time import monotonic, process_time

LOOK = 0.002
"""Seconds of one look."""
RESTING = LOOK / 8
"""CPU seconds within one look, at most, of a process that rests: of its threads, too."""
LEAST = 0.01
"""Seconds that are waited at least: a little longer than the timers (1/120 s) by which Textual resizes and repaints."""


async def wait_for_idle(min_sleep: float = LEAST, max_sleep: float = 1.0) -> None:
    """As `textual._wait.wait_for_idle`: until the process rests, at least and at most some seconds."""
    start, ready = monotonic(), asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    while True:
        used = process_time()
        await asyncio.sleep(LOOK)
        rests = not ready and process_time() - used < RESTING
        passed = monotonic() - start
        if passed >= max_sleep or (rests and passed >= max(min_sleep, LEAST)):
            return
