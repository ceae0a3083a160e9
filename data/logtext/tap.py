"""One growing log of several that are merged: its new bytes as lines with the job's name in front."""

from __future__ import annotations

import os
import re
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from unicodedata import east_asian_width

from data.clean import clean
from data.logtext.ansi import RESET, coloured, painted
from data.logtext.kinds import Kind, kind_of
from data.logtext.line import LogLine, TextSpan
from data.logtext.raw import CONTINUATION
from data.logtext.sgr import Sgr
from data.logtext.stream import LineAssembler

FIRST: Final = 262_144
"""Bytes from the end of a log with which it begins to be merged."""
BEHIND: Final = 4 * 1024 * 1024
"""Unread bytes of a log above which all but the last `FIRST` are passed over: who merges wants to see what is new."""
READ: Final = 65_536
"""Bytes of a log that are read at once; some 10 ms of work."""
ENOUGH: Final = 2000
"""Lines that wait to be written above which no more are read."""
HOLD: Final = 2.0
"""Seconds for which a line waits for older ones of other jobs; logs come in every 3 s while somebody watches."""
TAIL: Final = 4096
"""Bytes that are remembered to see how a log ends for now."""

LATE: Final = datetime.min.replace(tzinfo=UTC)
"""The time of lines that have none: they go first, in the order in which they come."""

COLOURS: Final = (69, 136, 169, 94, 93, 137, 127, 95)
"""Colours of the names, out of the fixed palette (16 to 231).

Of those with a contrast of 3:1 on our dark and our light ground these are farthest apart for normal eyes and for those
without red or green cones (CIE76 distance of 19 at least, simulated after Machado et al. 2009).
"""

BAR: Final = "│"
"""Between the name and the line."""
ERROR: Final = "✗"
"""Stands there in place of the bar when the line tells of an error: behind a name that is not seen otherwise."""
ERROR_LINES: Final = re.compile(rf"^.{{1,40}}? {ERROR} ", re.MULTILINE)
"""What finds these lines."""

EARLIER: Final = "… what came before is in this job's own log"
PASSED: Final = "… some lines came too fast; they are in this job's own log"
ANEW: Final = "… this log begins anew"

_DIM = Sgr(dim=True)
_LOOKS: Final = {"error": Sgr(fg=1), "warning": Sgr(fg=3), "success": Sgr(fg=2), "command": Sgr(bold=True)}
"""How lines of a kind look that have no colours of their own."""


class JobLog(NamedTuple):
    """A log to merge.

    Attributes:
        key: tells it from others, such as the job's id.
        name: stands in front of its lines; from outside, cleaned here.
        path: the file, which may not exist yet.
        ended: nothing will be added to it.
    """

    key: str
    name: str
    path: Path
    ended: bool = False


class Waiting(NamedTuple):
    """A line that waits for its turn: its time, when it was read (seconds of the clock), and its bytes."""

    time: datetime
    read: float
    data: bytes


class Tap:
    """One log: what of it was not written yet.

    Args:
        job: the log.
        place: 0-based, which of the merged logs it is; chooses the colour.
        width: cells of the name.
    """

    def __init__(self, job: JobLog, place: int, width: int) -> None:
        self.lines: deque[Waiting] = deque()
        self.behind = False
        """Whether the file has more than was read."""
        self.ended = job.ended
        self._path = job.path
        self._label = f"\x1b[1;38;5;{COLOURS[place % len(COLOURS)]}m{fit(clean(job.name), width)}{RESET}"
        self._fd = self._offset = -1
        self._inode = (0, 0)
        self._assembler = LineAssembler()
        self._stamped: bool | None = None
        self._time = LATE
        self._tail = b""
        self._read_at = 0.0

    @property
    def awaited(self) -> bool:
        """Whether lines may come that are older than those of other logs."""
        return not self.lines and (self.behind or (not self.ended and self._stamped is not False))

    def overdue(self, now: float) -> bool:
        """Whether the first line has waited long enough, or too many are behind it."""
        return now - self.lines[0].read >= HOLD or len(self.lines) >= ENOUGH

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self, now: float) -> None:
        """Read what was added, up to `READ` bytes; `now` is in seconds of a monotonic clock."""
        if len(self.lines) >= ENOUGH:
            return
        size = self._reopen(now)
        if self._offset < 0 or size - self._offset > BEHIND:
            self._pass_over(size, now)
        data = os.pread(self._fd, READ, self._offset) if size > self._offset else b""
        self._offset += len(data)
        self.behind = self._offset < size
        if data:
            self._read_at = now
            self._tail = (self._tail + data)[-TAIL:]
            self._take(self._assembler.feed(data), now)
        if not self.behind:
            self._take(self._rest(now), now)

    def _reopen(self, now: float) -> int:
        """Open the file if it is there, and anew when it is another one; its size."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return self._offset
        inode = (found.st_dev, found.st_ino)
        if self._fd < 0 or inode != self._inode or found.st_size < self._offset:
            if self._fd >= 0:
                self.close()
                self._take(self._assembler.flush(), now)
                self._say(ANEW, now)
                self._offset = 0
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            self._inode, self._tail = inode, b""
        return found.st_size

    def _pass_over(self, size: int, now: float) -> None:
        """Go on with the last `FIRST` bytes, at the beginning of a line."""
        if self._fd < 0:
            return
        first = self._offset < 0
        self._offset = max(0, size - FIRST)
        if self._offset:
            self._take(self._assembler.flush(), now)
            self._offset += line_start(os.pread(self._fd, READ, self._offset))
            self._say(EARLIER if first else PASSED, now)

    def _rest(self, now: float) -> list[LogLine]:
        """What is left when the file was read to its end, and can be shown.

        With timestamps only the next line says that the one before is over, so the last one is shown after a while; a
        progress bar is left to go on.
        """
        if not self._tail or not (self.ended or now - self._read_at >= HOLD):
            return []
        bar = b"\r" in self._tail.removesuffix(b"\n").rpartition(b"\n")[2]
        self._tail = b""
        if self.ended:
            return self._assembler.flush()
        return [] if bar else self._assembler.settle()

    def _take(self, lines: list[LogLine], now: float) -> None:
        for line in lines:
            if line.timestamp is not None:
                self._stamped = True
                self._time = max(self._time, line.timestamp)
            elif self._stamped is None:
                self._stamped = False
            if line.text or not line.marks:
                self.lines.append(Waiting(self._time, now, self._encoded(line)))

    def _say(self, text: str, now: float) -> None:
        self.lines.append(Waiting(self._time, now, f"{self._label} {BAR} {coloured(text, _DIM)}\n".encode()))

    def _encoded(self, line: LogLine) -> bytes:
        """`line` as a line of a log: header, name, and its text as a terminal would show it."""
        header = ""
        if line.timestamp is not None:
            header = line.timestamp.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z 00O "
        # Behind the marker of a section's end, too, stands a line such as the verdict on the job.
        kind = kind_of(line.text) if line.marks else line.kind
        bar = coloured(ERROR, _LOOKS["error"]) if kind == "error" else BAR
        return f"{header}{self._label} {bar} {_painted(line, kind)}\n".encode()


def cells(text: str) -> int:
    """Cells that a clean text takes, about: East Asian wide characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def fit(name: str, width: int) -> str:
    """`name` in exactly `width` cells."""
    if cells(name) > width:
        while cells(name) > width - 1:
            name = name[:-1]
        name += "…"
    return name + " " * (width - cells(name))


def note(text: str) -> bytes:
    """A line of our own."""
    return f"{coloured(text, _DIM)}\n".encode()


def line_start(data: bytes) -> int:
    """Where the first logical line begins in `data`, which begins anywhere; 0 when none does."""
    newline = data.find(b"\n")
    while newline >= 0 and CONTINUATION.match(data, newline):
        newline = data.find(b"\n", newline + 1)
    return newline + 1


def _painted(line: LogLine, kind: Kind) -> str:
    """The text of `line`, which is of `kind`, with its colours."""
    look = None if line.spans else _LOOKS.get(kind)
    return painted(line if look is None else line._replace(spans=(TextSpan(0, len(line.text), look),)))
