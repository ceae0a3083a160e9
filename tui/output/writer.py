"""Writes to the terminal without ever waiting for it, and can be ended while the terminal takes nothing.

What the terminal takes at once is written at once; a thread writes the rest. Handing everything to the thread would
cost up to the interpreter's switch interval (5 ms) whenever the program goes on working.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections import deque

ENDING = 0.25
"""Seconds that the end of the program waits for the terminal to take what is left."""
LOOK = 0.05
"""Seconds between two looks at a terminal that takes nothing."""
SPARE = 0.2
"""Seconds that the thread gets to notice that it is to end."""
MOST_WAITING = 30
"""Texts that wait before whoever writes without a pace of his own is held back, as Textual's own thread does."""
HELD_BACK = 0.25
"""Seconds that he is held back at most: a terminal that takes nothing must not stop the program."""


class Writer(threading.Thread):
    """Takes texts and writes them in their order.

    The terminal is opened anew without blocking: the descriptor of the process shares its flags with the shell that
    started it. A thread that hangs in a write would hold up the interpreter's end, too.
    """

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._encoding = encoding
        self._texts: deque[bytes] = deque()
        self._some = threading.Condition()
        self._writing = False
        self._ends_at: float | None = None
        self._gone = False
        self._descriptor, self._own = _opened(descriptor)

    @property
    def waiting(self) -> int:
        """How many texts the terminal has not taken yet."""
        return len(self._texts) + self._writing

    def write(self, text: str, *, patient: bool = False) -> None:
        """Have `text` written. After the end, or when the terminal is gone, it is dropped.

        Nothing waits for it, unless `patient` says so: then it waits a moment where much has not been taken yet.
        """
        data = text.encode(self._encoding, "replace")
        with self._some:
            if patient:
                self._some.wait_for(lambda: self._gone or len(self._texts) < MOST_WAITING, HELD_BACK)
            if self._own and not self.waiting and self._ends_at is None and not self._gone:
                data = self._at_once(data)
            if data and not self._gone:
                self._texts.append(data)
                self._some.notify_all()

    def _at_once(self, data: bytes) -> bytes:
        """Write what the terminal takes now; returns the rest."""
        try:
            return data[os.write(self._descriptor, data) :]
        except BlockingIOError:
            return data
        except OSError:  # the terminal hung up
            self._gone = True
            return b""

    def hang_up(self) -> None:
        """The terminal is gone: drop everything."""
        with self._some:
            self._gone = True
            self._texts.clear()
            self._some.notify_all()

    def stop(self) -> None:
        """End, as soon as the terminal has taken everything, or does not within `ENDING`."""
        with self._some:
            self._ends_at = time.monotonic() + ENDING
            self._some.notify_all()
        self.join(ENDING + SPARE)
        self._gone = True

    def run(self) -> None:
        """Write until the end."""
        while (data := self._next()) is not None:
            try:
                self._write(data)
            except OSError:  # the terminal hung up
                self.hang_up()
            finally:
                self._writing = False
        with self._some:
            self._gone = True  # nobody may write to what is closed now
        if self._own:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)

    def _next(self) -> bytes | None:
        with self._some:
            while not self._texts:
                if self._gone or self._ends_at is not None:
                    return None
                self._some.wait()
            self._writing = True
            self._some.notify_all()
            return self._texts.popleft()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left and not self._gone:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                if self._ends_at is not None and time.monotonic() >= self._ends_at:
                    self.hang_up()
                select.select([], [self._descriptor], [], LOOK)


def _opened(descriptor: int) -> tuple[int, bool]:
    """A descriptor of the same terminal that never blocks, and whether it is another one than that which was given."""
    try:
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK), True
    except OSError:  # no terminal, or one that has no name in this container
        return descriptor, False
