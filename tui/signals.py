"""Signals that end the program as a key would, so that nothing is left behind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What ends the program; the last one says that the terminal is gone, as when an SSH line drops."""
BY_SIGNAL = 128
"""What shells add to the number of the signal that ended a program."""

Handler = Callable[[int, FrameType | None], object] | int | None


class Signals:
    """Calls a function on the event loop for the first signal that ends the program; a shell sends some twice."""

    def __init__(self, ended: Callable[[int], None]) -> None:
        self._ended = ended
        self._before: dict[int, Handler] = {}
        self._came = False

    def take(self) -> None:
        """From now on."""
        loop = asyncio.get_running_loop()

        def came(number: int, _frame: FrameType | None) -> None:
            if not self._came:
                self._came = True
                loop.call_soon_threadsafe(self._ended, number)

        self._before = {number: signal.signal(number, came) for number in SIGNALS}

    def give_back(self) -> None:
        """To whoever had them before, such as the demo, which has something to remove."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
