"""Searching a log in a thread of its own, window by window, so that every key is answered meanwhile."""

from __future__ import annotations

import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

REPORT_EVERY = 0.05
"""Seconds between two reports of a running search."""


class LineSearch:
    """The lines of a file that match a pattern, found in the background and kept up to date by `resume`.

    First a quick pass looks for one match to jump to: from where the user is to the end, then from the beginning on.
    The thorough pass then finds every match. `report` is called in the thread: after the quick pass, every
    `REPORT_EVERY` while there is something new, and at the end.

    Attributes:
        lines: numbers of the matching lines, ascending; only ever grows, by the thread; everybody may read it.
        first: where in the file (byte) the line begins that the quick pass found; None before, and when it found none.
        done: every line of the file was searched.
    """

    def __init__(
        self, path: Path, pattern: re.Pattern[str], report: Callable[[LineSearch], None], near: int = 0
    ) -> None:
        """`near`: the byte of the file from which on the user wants to see the first match."""
        self.path, self.pattern, self._report = path, pattern, report
        self.lines = array("I")
        self.first: int | None = None
        self.done = False
        self._near = near
        self._looked = False
        self._offset = self._line = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._again = self._running = False

    def resume(self) -> None:
        """Search what was not searched yet; while the thread runs, it will do so when it is at the end."""
        with self._lock:
            self._again = True
            if self._running or self._stopped.is_set():
                return
            self._running = True
            self.done = False
        self._thread = threading.Thread(target=self._run, name="log-search", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the search for good; what it found stays."""
        self._stopped.set()

    def join(self, seconds: float) -> None:
        """Wait up to `seconds` for the thread to end."""
        if self._thread is not None:
            self._thread.join(seconds)

    def after(self, line: int) -> int | None:
        """The next matching line behind `line`, None when there is none (yet)."""
        at = bisect_right(self.lines, line)
        return self.lines[at] if at < len(self.lines) else None

    def before(self, line: int) -> int | None:
        """The last matching line before `line`."""
        at = bisect_left(self.lines, line) - 1
        return self.lines[at] if at >= 0 else None

    def place(self, line: int) -> int:
        """Which match `line` is, from 1; 0 when it is none."""
        at = bisect_left(self.lines, line)
        return at + 1 if at < len(self.lines) and self.lines[at] == line else 0

    def _run(self) -> None:
        while self._goes_on():
            with suppress(OSError):  # the file was erased meanwhile; whoever shows it starts anew
                if not self._looked:
                    self._look()
                self._search()
        if not self._stopped.is_set():
            self._report(self)

    def _goes_on(self) -> bool:
        """Whether there is something to search; once this is False the next `resume` needs a new thread."""
        with self._lock:
            self._running = self._again and not self._stopped.is_set()
            self._again = False
            self.done = not self._running
            return self._running

    def _look(self) -> None:
        """The quick pass."""
        self._looked = True
        stopped = self._stopped.is_set
        from data.logtext.search import find_first  # only now, as a log is opened far more often than searched

        self.first = find_first(self.path, self.pattern, offset=self._near, stop=stopped)
        if self.first is None and self._near:
            self.first = find_first(self.path, self.pattern, size=self._near, stop=stopped)
        if self.first is not None and not stopped():
            self._report(self)

    def _search(self) -> None:
        from data.logtext.search import find_lines

        reported = monotonic()
        told = len(self.lines)
        for found in find_lines(self.path, self.pattern, offset=self._offset, line=self._line):
            if self._stopped.is_set():
                return
            newest = self.lines[-1] if self.lines else -1
            self.lines.extend(line for line in found.lines if line > newest)
            self._offset, self._line = found.offset, found.line
            if len(self.lines) > told and monotonic() - reported > REPORT_EVERY:
                reported = monotonic()
                told = len(self.lines)
                self._report(self)
