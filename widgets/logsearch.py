"""Searching a log in a thread of its own, window by window, so that every key is answered meanwhile."""

from __future__ import annotations

import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from data.logtext import find_lines

REPORT_EVERY = 0.05
"""Seconds between two reports of a running search."""


class LineSearch:
    """The lines of a file that match a pattern, found in the background and kept up to date by `resume`.

    `lines` only ever grows, by the thread; everybody may read it. `report` is called in the thread.
    """

    def __init__(self, path: Path, pattern: re.Pattern[str], report: Callable[[LineSearch], None]) -> None:
        self.path, self.pattern, self._report = path, pattern, report
        self.lines = array("Q")
        self.done = False
        self._offset = self._line = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._again = False

    def resume(self) -> None:
        """Search what was not searched yet; while the thread runs, it will do so when it is at the end."""
        self._again = True
        if self._stopped.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
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
        while self._again and not self._stopped.is_set():
            self._again = False
            try:
                self._search()
            except OSError:  # the file was erased meanwhile; whoever shows it starts anew
                break
        self.done = True
        if not self._stopped.is_set():
            self._report(self)

    def _search(self) -> None:
        reported = monotonic()
        for found in find_lines(self.path, self.pattern, offset=self._offset, line=self._line):
            if self._stopped.is_set():
                return
            newest = self.lines[-1] if self.lines else -1
            self.lines.extend(line for line in found.lines if line > newest)
            self._offset, self._line = found.offset, found.line
            if found.lines and monotonic() - reported > REPORT_EVERY:
                reported = monotonic()
                self._report(self)
