"""Where the lines of a log file begin, for files of any size that grow while they are read.

Of a large file the end is known at once, and what lies before it as soon as a `Lead` has counted it. Until then lines
are numbered from the first one that is known, so that numbers grow (`LogIndex.prepend`).
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from data.logtext.carry import CARRY_BYTES, carry
from data.logtext.lead import BLOCK, Lead, LeadPart, RankedMark, count_blocks
from data.logtext.line import MAX_BYTES, LogLine, parse_line
from data.logtext.raw import CONTINUATION, LOOKAHEAD, has_continuations
from data.logtext.sections import Section, sections
from data.logtext.sgr import PLAIN, Sgr

LARGE = 4 * 1024 * 1024
"""Bytes of a file from which on its end is read first."""

TAIL = 1024 * 1024
"""Bytes of the end of a large file that are known at once; it takes 2 ms."""

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
        done: everything up to the end of the file is indexed; False when the time was up.
    """

    reset: bool
    first: int
    done: bool


class LogIndex:
    """The logical lines of the log file `path`, which may not exist yet, may grow, and may be erased.

    Attributes:
        size: bytes of the file that were taken over.
        lines: how many lines are known.
        start: first byte that is known; the lines are numbered from here.
    """

    def __init__(self, path: Path, *, tail: int | None = None) -> None:
        """Nothing is read yet. Of a large file the first `extend` takes the last `tail` bytes (None: 1 MiB)."""
        self.path = path
        self._tail = TAIL if tail is None else tail
        self.size = 0
        self.lines = 0
        self._fd = -1
        self._inode = 0
        self._generation = 0
        self._base = 0
        """The first block that is known."""
        self._before = array("Q")
        """Lines before each known block."""
        self._settled = 0
        """The first block whose end may still change."""
        self._settled_lines = 0
        self._marks: list[RankedMark] = []
        self._settled_marks = 0
        self._sections: list[Section] = []
        self._sections_of: tuple[object, ...] = ()
        """What `_sections` were made of."""
        self._blocks: dict[int, list[int]] = {}
        self._parsed: dict[int, LogLine] = {}

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @property
    def start(self) -> int:
        """First byte that is known; lines are numbered from there."""
        return self._base * BLOCK

    @property
    def complete(self) -> bool:
        """Whether the file is known from its beginning, so that line numbers are those of the file."""
        return self._base == 0

    @property
    def guess(self) -> int:
        """About how many lines the file has; exact when `complete`."""
        known = self.size - self.start
        return self.lines + (self.start * self.lines // known if known > 0 else 0)

    def extend(self, *, seconds: float | None = None) -> Growth:
        """Take over what was written since the last call; stop after about `seconds`.

        The first call on a large file takes over its end only; `lead` reads what lies before.
        """
        deadline = None if seconds is None else monotonic() + seconds
        reset = self._reopen()
        size = os.fstat(self._fd).st_size if self._fd >= 0 else 0
        if size == self.size and self._settled_blocks_done(size):
            return Growth(reset, self.lines, True)
        if self.size == 0 and size > LARGE:
            self._base = self._settled = (size - self._tail) // BLOCK
        first = max(0, self.lines - 1)
        self._unsettle()
        done = True
        while (self._settled + 1) * BLOCK + LOOKAHEAD <= size:
            self._settle()
            if deadline is not None and monotonic() > deadline:
                done = False
                break
        self.size = size if done else self._settled * BLOCK
        self._append_tail()
        for number in [number for number in self._parsed if number >= first]:
            del self._parsed[number]
        return Growth(reset, first, done)

    def lead(self) -> Lead | None:
        """Reads what lies before `start`; None when the index is complete."""
        if self.complete or self._fd < 0:
            return None
        return Lead(os.dup(self._fd), self._base, self._generation)

    def prepend(self, part: LeadPart) -> int:
        """Take over what a `Lead` read; returns by how much the number of every line known so far has grown."""
        if part.generation != self._generation or part.end != self._base:
            return 0
        *starts, shift = accumulate(part.counts, initial=0)
        self._before = array("Q", [*starts, *(before + shift for before in self._before)])
        self._base = part.first
        self.lines += shift
        self._settled_lines += shift
        marks = part.marks[-room:] if (room := MAX_MARKS - len(self._marks)) > 0 else []
        self._marks[:0] = marks
        self._settled_marks += len(marks)
        self._parsed.clear()
        return shift

    def finish(self) -> None:
        """Read what lies before `start` here and now: 1 GB takes about a second."""
        lead = self.lead()
        for part in lead or ():
            self.prepend(part)

    def line(self, number: int) -> LogLine:
        """Logical line `number` (0-based), parsed; an empty one beyond the end."""
        found = self._parsed.get(number)
        if found is None:
            if len(self._parsed) >= CACHED_LINES:
                self._parsed.clear()
            found = self._parsed[number] = parse_line(self.raw(number), number, self._state(number))
        return found

    def _state(self, number: int) -> Sgr:
        """The colours with which line `number` begins."""
        before = self._parsed.get(number - 1)
        if not 0 <= number < self.lines or (before is not None and before.end == PLAIN):
            return PLAIN
        offset = self.offset_of(number)
        return carry(self.read(max(0, offset - CARRY_BYTES), min(offset, CARRY_BYTES)))

    def raw(self, number: int) -> bytes:
        """Bytes of logical line `number` without its newline; of a very long one what `parse_line` looks at."""
        if not 0 <= number < self.lines:
            return b""
        start = self.offset_of(number)
        end = self.offset_of(number + 1) if number + 1 < self.lines else self.size
        if end - start > 2 * MAX_BYTES:
            return self.read(start, MAX_BYTES) + self.read(end - MAX_BYTES, MAX_BYTES)
        return self.read(start, end - start).removesuffix(b"\n")

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the file; fewer at its end."""
        return os.pread(self._fd, length, offset) if self._fd >= 0 and length > 0 else b""

    def offset_of(self, number: int) -> int:
        """Where logical line `number`, which must exist, begins in the file."""
        at = bisect_right(self._before, number) - 1
        return self._starts(self._base + at)[number - self._before[at]]

    def line_at(self, offset: int) -> int:
        """Number of the logical line that holds byte `offset`; the first line that is known for one before it."""
        at = min(offset // BLOCK - self._base, len(self._before) - 1)
        if at < 0:
            return 0
        return max(0, self._before[at] + bisect_right(self._starts(self._base + at), offset) - 1)

    @property
    def sections(self) -> list[Section]:
        """The sections of the log, by first line; an unfinished one has no end. The same list until one changes."""
        # Markers only come at the ends, so the last one and how many there are tell whether any did.
        made_of = (self._generation, self._base, len(self._marks), *self._marks[-1:])
        if made_of != self._sections_of:
            self._sections_of = made_of
            self._sections = sections(
                (max(0, self._before[mark.block - self._base] + mark.rank - 1), mark.place) for mark in self._marks
            )
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
        self._generation += 1
        self._base = 0
        self.size = self.lines = self._settled = self._settled_lines = self._settled_marks = 0
        self._before = array("Q")
        self._marks = []
        self._blocks.clear()
        self._parsed.clear()

    def _settled_blocks_done(self, size: int) -> bool:
        return (self._settled + 1) * BLOCK + LOOKAHEAD > size

    def _unsettle(self) -> None:
        """Drop what the end of the file said: what follows a newline there was not known."""
        del self._before[self._settled - self._base :]
        del self._marks[self._settled_marks :]
        for block in [block for block in self._blocks if block >= self._settled]:
            del self._blocks[block]

    def _settle(self) -> None:
        """Count the lines of the next block, whose end cannot change any more."""
        block = self._settled
        (lines,), marks = count_blocks(self.read(block * BLOCK, BLOCK + LOOKAHEAD), block, 1)
        self._append(self._settled_lines, marks)
        self._settled += 1
        self._settled_lines += lines
        self._settled_marks = len(self._marks)

    def _append_tail(self) -> None:
        """Count the lines of the one or two last blocks, which may still change."""
        self.lines = self._settled_lines
        for block in range(self._settled, -(-self.size // BLOCK)):
            data = self.read(block * BLOCK, min(BLOCK + LOOKAHEAD, self.size - block * BLOCK))
            (lines,), marks = count_blocks(data, block, 1)
            self._append(self.lines, marks)
            ends_here = self.size <= (block + 1) * BLOCK and data.endswith(b"\n")
            self.lines += lines - ends_here

    def _append(self, before: int, marks: list[RankedMark]) -> None:
        self._before.append(before)
        self._marks += marks[: MAX_MARKS - len(self._marks)]

    def _starts(self, block: int) -> list[int]:
        """Where the lines begin that `block` owns: those behind a newline in it, and the first one of the file."""
        found = self._blocks.get(block)
        if found is None:
            if len(self._blocks) >= CACHED_BLOCKS:
                self._blocks.clear()
            found = self._blocks[block] = self._scan(block)
        return found

    def _scan(self, block: int) -> list[int]:
        base = block * BLOCK
        data = self.read(base, min(BLOCK + LOOKAHEAD, self.size - base))
        starts = [base + at for at in accumulate(len(part) + 1 for part in data[:BLOCK].split(b"\n")[:-1])]
        if starts and starts[-1] >= self.size:
            starts.pop()
        if has_continuations(data):
            joined = {base + found.start() + 1 for found in CONTINUATION.finditer(data)}
            starts = [start for start in starts if start not in joined]
        if block == 0 and self.size:
            starts.insert(0, 0)
        return starts
