"""A narrow line, as SSH over a bad network is one, between a program's pty and the terminal of the person before it.

Bytes leave one after the other at the line's rate, and arrive half a round trip later. Where more wait than its buffer
holds, the pty is not read, so that the program itself has to wait. Nothing of the program is instrumented.
"""

from __future__ import annotations

import heapq
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.servers import readable
from tests.terminal.pty import Terminal

PIECE = 256
"""Bytes that travel together: 8 ms of a line of 256 kbit/s."""
BITS = 8
"""Bits of a byte."""
NAP = 0.002
"""Seconds after which a full buffer is looked at again."""


class Rate(NamedTuple):
    """What a line can do: bits per second, seconds of a round trip, bytes that wait in its buffer."""

    bits: float
    round_trip: float
    buffer: int = 65_536


NARROW = Rate(256_000, 0.1)
"""The line of the budgets."""


@dataclass
class Channel:
    """One direction of a line.

    Attributes:
        free: when the last byte that was given to it has left.
        most: most bytes that ever waited in it.
    """

    rate: Rate
    free: float = 0.0
    most: float = 0.0

    def waiting(self, now: float) -> float:
        """Bytes that have not left yet."""
        return max(0.0, self.free - now) * self.rate.bits / BITS

    def full(self, now: float) -> bool:
        """Whether it takes nothing more."""
        return self.waiting(now) >= self.rate.buffer

    def arrival(self, size: int, now: float) -> float:
        """When the last of `size` bytes that are sent now arrives."""
        self.free = max(now, self.free) + size * BITS / self.rate.bits
        self.most = max(self.most, self.waiting(now))
        return self.free + self.rate.round_trip / 2


@dataclass
class Remote:
    """The terminal of a program that lives at the far end of a line.

    Attributes:
        arrived: (when, what) of the program's output, in the order in which it came to the terminal.
    """

    terminal: Terminal
    rate: Rate = NARROW
    arrived: list[tuple[float, bytes]] = field(default_factory=list)
    _down: Channel = field(init=False)
    _up: Channel = field(init=False)
    _coming: deque[tuple[float, bytes]] = field(default_factory=deque)
    _going: list[tuple[float, int, bytes]] = field(default_factory=list)
    _typed: int = 0

    def __post_init__(self) -> None:
        """Make both directions."""
        self._down, self._up = Channel(self.rate), Channel(self.rate)

    @property
    def most_waiting(self) -> float:
        """Most bytes of output that ever waited in the line."""
        return self._down.most

    def type(self, keys: bytes) -> float:
        """Press keys now, at the near end; returns when that was."""
        now = time.monotonic()
        self._typed += 1
        heapq.heappush(self._going, (self._up.arrival(len(keys), now), self._typed, keys))
        return now

    def hold(self, keys: bytes, hertz: float, seconds: float) -> float:
        """Hold a key that repeats itself; returns when it was sent for the last time."""
        began = last = time.monotonic()
        for number in range(int(hertz * seconds)):
            self.run(began + number / hertz)
            last = self.type(keys)
        return last

    def settle(self, quiet: float, limit: float) -> None:
        """Go on until nothing has come for `quiet` seconds and nothing is under way, for at most `limit` seconds."""
        began = time.monotonic()

        def rests() -> bool:
            last = max(began, self.arrived[-1][0] if self.arrived else 0.0)
            return not self._coming and not self._going and time.monotonic() - last > quiet

        if not self.run(began + limit, rests):
            raise TimeoutError(f"it wrote for more than {limit:.0f} seconds")

    def run(self, until: float, stop: Callable[[], bool] = lambda: False) -> bool:
        """Carry bytes in both directions until a time, or until `stop` holds, which it returns."""
        while (now := time.monotonic()) < until:
            if stop():
                return True
            self._carry(now)
            due = [until, now + 5 * NAP]
            due += [self._going[0][0]] if self._going else []
            due += [self._coming[0][0]] if self._coming else []
            self._take(max(0.0, min(due) - now), now)
        return False

    def _carry(self, now: float) -> None:
        """Hand over what has arrived at either end; the terminal answers what it is asked."""
        while self._going and self._going[0][0] <= now:
            os.write(self.terminal.fd, heapq.heappop(self._going)[2])
        while self._coming and self._coming[0][0] <= now:
            when, piece = self._coming.popleft()
            self.arrived.append((when, piece))
            if said := self.terminal.responder.answer(piece):
                self.type(said)

    def _take(self, seconds: float, now: float) -> None:
        """Read a piece of output, waiting at most so long, where the line has room for it."""
        if self._down.full(now):
            time.sleep(min(seconds, NAP))
        elif readable(self.terminal.fd, seconds):
            try:
                piece = os.read(self.terminal.fd, PIECE)
            except OSError:  # the program has ended
                time.sleep(min(seconds, NAP))
                return
            now = time.monotonic()
            self._coming.append((self._down.arrival(len(piece), now), piece))

    def behind(self, since: float) -> float:
        """Seconds from `since` until the terminal shows what it shows at last; 0 if it did at once.

        Everything that has arrived is shown only now, so that the emulator takes no time from the line.
        """
        last = since
        shown = {row: self._looks(row) for row in range(self.terminal.screen.lines)}
        for when, piece in self.arrived:
            self.terminal.raw += piece
            self.terminal.stream.feed(piece)
            if self._changes(shown):
                last = max(last, when)
        self.arrived.clear()
        return last - since

    def _changes(self, shown: dict[int, tuple[object, ...]]) -> bool:
        """Whether rows that were written to look otherwise than before; takes note of how they look."""
        dirty, changed = self.terminal.screen.dirty, False
        for row in dirty:
            looks = self._looks(row)
            changed |= shown[row] != looks
            shown[row] = looks
        dirty.clear()
        return changed

    def _looks(self, row: int) -> tuple[object, ...]:
        screen = self.terminal.screen
        return tuple(screen.buffer[row][column] for column in range(screen.columns))
