"""Where the lines of a log file begin, for files of any size that grow while they are read."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from data.logtext.line import MAX_BYTES, LogLine, parse_line
from data.logtext.raw import CONTINUATION, LOOKAHEAD, MARK_BYTES, MARK_HINT, has_continuations
from data.logtext.sections import Place, Section, sections
from data.logtext.stream import LineAssembler

BLOCK = 65_536
"""Bytes per entry of the index: 1 GB takes 128 KB, and finding a line reads one block."""

CACHED_BLOCKS = 32
"""Blocks whose line starts are kept."""

CACHED_LINES = 4096
"""Parsed lines that are kept; a screen shows some 50."""

MAX_MARKS = 20_000
"""Section markers of a log that are kept; more than that is no pipeline's, but an attack on memory."""

__all__ = ["BLOCK", "Growth", "LogIndex", "Section"]


class Growth(NamedTuple):
    """What `LogIndex.extend` found.

    Attributes:
        reset: the file was erased, replaced or became shorter; everything known before is void.
        first: first line that is new or may have changed.
        done: the whole file is indexed; False when the time was up.
    """

    reset: bool
    first: int
    done: bool


class _Scan(NamedTuple):
    """Line starts and section markers that one block owns: those whose newline or first byte lies in it."""

    starts: list[int]
    marks: list[Place]


class LogIndex:
    """The logical lines of the log file `path`, which may not exist yet, may grow, and may be erased."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.lines = 0
        self._fd = -1
        self._inode = 0
        self._before = array("Q")
        self._settled = 0
        self._settled_lines = 0
        self._marks: list[Place] = []
        self._settled_marks = 0
        self._sections: list[Section] | None = None
        self._blocks: dict[int, list[int]] = {}
        self._parsed: dict[int, LogLine] = {}

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def extend(self, *, seconds: float | None = None) -> Growth:
        """Take over what was written since the last call; stop after about `seconds`."""
        deadline = None if seconds is None else monotonic() + seconds
        reset = self._reopen()
        size = os.fstat(self._fd).st_size if self._fd >= 0 else 0
        if size == self.size and self._settled_blocks_done(size):
            return Growth(reset, self.lines, True)
        first = max(0, self.lines - 1)
        self._unsettle()
        done = True
        while (self._settled + 1) * BLOCK + LOOKAHEAD <= size:
            self._settle(self._scan(self._settled, size))
            if deadline is not None and monotonic() > deadline:
                done = False
                break
        self.size = size if done else self._settled * BLOCK
        self._append_tail()
        for number in [number for number in self._parsed if number >= first]:
            del self._parsed[number]
        return Growth(reset, first, done)

    def line(self, number: int) -> LogLine:
        """Logical line `number` (0-based), parsed; an empty one beyond the end."""
        found = self._parsed.get(number)
        if found is None:
            if len(self._parsed) >= CACHED_LINES:
                self._parsed.clear()
            found = self._parsed[number] = parse_line(self.raw(number), number)
        return found

    def raw(self, number: int) -> bytes:
        """Bytes of logical line `number` without its newline; of a very long one what `parse_line` looks at."""
        if not 0 <= number < self.lines:
            return b""
        start = self.offset_of(number)
        end = self.offset_of(number + 1) if number + 1 < self.lines else self.size
        if end - start > 2 * MAX_BYTES:
            return self.read(start, MAX_BYTES) + self.read(end - MAX_BYTES, MAX_BYTES)
        return self.read(start, end - start).removesuffix(b"\n")

    def tail(self) -> list[LogLine]:
        """The lines in the last block of the file, whose numbers (-1) are not known before all is indexed."""
        size = os.fstat(self._fd).st_size if self._fd >= 0 else 0
        data = self.read(max(0, size - BLOCK), BLOCK)
        assembler = LineAssembler()
        lines = [*assembler.feed(data), *assembler.flush()]
        return [line._replace(number=-1) for line in lines[size > BLOCK :]]

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the file; fewer at its end."""
        return os.pread(self._fd, length, offset) if self._fd >= 0 and length > 0 else b""

    def offset_of(self, number: int) -> int:
        """Where logical line `number`, which must exist, begins in the file."""
        block = bisect_right(self._before, number) - 1
        return self._starts(block)[number - self._before[block]]

    def line_at(self, offset: int) -> int:
        """Number of the logical line that holds byte `offset`."""
        block = min(offset // BLOCK, len(self._before) - 1)
        if block < 0:
            return 0
        return max(0, self._before[block] + bisect_right(self._starts(block), offset) - 1)

    @property
    def sections(self) -> list[Section]:
        """The sections of the log, by first line; an unfinished one has no end."""
        if self._sections is None:
            self._sections = sections((self.line_at(place.offset), place) for place in self._marks)
        return self._sections

    # Blocks

    def _reopen(self) -> bool:
        """Open the file if it is there; True when it is not the one, or less of it, than before."""
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            had = self._fd >= 0
            self._forget()
            return had
        if self._fd >= 0 and status.st_ino == self._inode and status.st_size >= self.size:
            return False
        had = self._fd >= 0
        self._forget()
        self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self._inode = status.st_ino
        return had

    def _forget(self) -> None:
        self.close()
        self.size = self.lines = self._settled = self._settled_lines = self._settled_marks = 0
        self._before = array("Q")
        self._marks = []
        self._sections = None
        self._blocks.clear()
        self._parsed.clear()

    def _settled_blocks_done(self, size: int) -> bool:
        return (self._settled + 1) * BLOCK + LOOKAHEAD > size

    def _unsettle(self) -> None:
        """Drop what the end of the file said: what follows a newline there was not known."""
        del self._before[self._settled :]
        if len(self._marks) != self._settled_marks:
            del self._marks[self._settled_marks :]
            self._sections = None
        for block in [block for block in self._blocks if block >= self._settled]:
            del self._blocks[block]

    def _settle(self, scan: _Scan) -> None:
        self._append(self._settled, scan, self._settled_lines)
        self._settled += 1
        self._settled_lines += len(scan.starts)
        self._settled_marks = len(self._marks)

    def _append_tail(self) -> None:
        self.lines = self._settled_lines
        for block in range(self._settled, -(-self.size // BLOCK)):
            scan = self._scan(block, self.size)
            self._append(block, scan, self.lines)
            self.lines += len(scan.starts)

    def _append(self, block: int, scan: _Scan, before: int) -> None:
        self._before.append(before)
        if scan.marks:
            self._marks += scan.marks[: MAX_MARKS - len(self._marks)]
            self._sections = None
        self._blocks.pop(block, None)

    def _starts(self, block: int) -> list[int]:
        found = self._blocks.get(block)
        if found is None:
            if len(self._blocks) >= CACHED_BLOCKS:
                self._blocks.clear()
            found = self._blocks[block] = self._scan(block, self.size).starts
        return found

    def _scan(self, block: int, size: int) -> _Scan:
        """Read block `block` of a file of `size` bytes."""
        base = block * BLOCK
        data = self.read(base, min(BLOCK + LOOKAHEAD, size - base))
        starts = [base + at for at in accumulate(len(part) + 1 for part in data[:BLOCK].split(b"\n")[:-1])]
        if starts and starts[-1] >= size:
            starts.pop()
        if has_continuations(data):
            joined = {base + found.start() + 1 for found in CONTINUATION.finditer(data)}
            starts = [start for start in starts if start not in joined]
        marks = []
        if MARK_HINT in data:
            found_marks = MARK_BYTES.finditer(data)
            marks = [Place.of(found, base) for found in found_marks if found.start() < BLOCK]
        if block == 0 and size:
            starts.insert(0, 0)
        return _Scan(starts, marks)
