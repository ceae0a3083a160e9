"""Counts the lines of a log before the part that is known already: from there backwards, in a thread of its own."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple

from data.logtext.raw import CONTINUATION, LOOKAHEAD, MARK_BYTES, MARK_HINT, has_continuations
from data.logtext.sections import Place

BLOCK = 65_536
"""Bytes of which the lines are counted together: 1 GB takes 128 KB, and finding a line reads one block."""

PIECE = 4
"""Blocks that are read at a time. Searching 256 KiB holds the interpreter's lock for 0.1 ms."""

PART = 512
"""Blocks that are told of together: 32 MiB, some 25 ms of work."""


class RankedMark(NamedTuple):
    """A section marker and the place of its line among those that its block owns, from 1; 0 if it owns none before."""

    block: int
    rank: int
    place: Place


class LeadPart(NamedTuple):
    """The blocks from `first` up to `end` (exclusive), counted.

    Attributes:
        generation: that of the index for which they were read; it has another one when the file was replaced.
        counts: lines that each block owns: those that begin behind a newline in it.
        marks: section markers, in the order of the file.
    """

    generation: int
    first: int
    end: int
    counts: array[int]
    marks: list[RankedMark]


class Lead:
    """What lies before block `end` of the open file `handle`, which becomes the lead's own and is closed by it."""

    def __init__(self, handle: int, end: int, generation: int) -> None:
        self._handle, self._end, self._generation = handle, end, generation
        self.between: Callable[[], None] = lambda: None
        """Called in the reading thread before each piece, every half millisecond: may wait to let others go first."""

    def __iter__(self) -> Iterator[LeadPart]:
        """Parts of some 25 ms of work each, the last one reaches the beginning. Reads the file; for another thread."""
        try:
            while self._end > 0:
                first = max(0, self._end - PART)
                yield self._part(first, self._end)
                self._end = first
        finally:
            os.close(self._handle)

    def _part(self, first: int, end: int) -> LeadPart:
        counts = array("I")
        marks: list[RankedMark] = []
        for block in range(first, end, PIECE):
            self.between()
            blocks = min(PIECE, end - block)
            data = os.pread(self._handle, blocks * BLOCK + LOOKAHEAD, block * BLOCK)
            found_counts, found_marks = count_blocks(data, block, blocks)
            counts += found_counts
            marks += found_marks
        return LeadPart(self._generation, first, end, counts, marks)


def count_blocks(data: bytes, block: int, blocks: int) -> tuple[array[int], list[RankedMark]]:
    """Lines and section markers that `blocks` blocks from `block` on own.

    `data` begins with the first of them and reaches `LOOKAHEAD` bytes beyond the last one, or to the end of the file.
    """
    counts = array("I", (data.count(b"\n", at * BLOCK, (at + 1) * BLOCK) for at in range(blocks)))
    if block == 0:
        counts[0] += 1
    size = blocks * BLOCK
    joined: list[int] = []
    if has_continuations(data):
        joined = [at for found in CONTINUATION.finditer(data) if (at := found.start()) < size]
        for at in joined:
            counts[at // BLOCK] -= 1
    return counts, _marks(data, block, size, joined) if MARK_HINT in data else []


def _marks(data: bytes, block: int, size: int, joined: list[int]) -> list[RankedMark]:
    """The section markers in the first `size` bytes of `data`; newlines at `joined` begin no line."""
    marks: list[RankedMark] = []
    begin = counted = newlines = 0
    for found in MARK_BYTES.finditer(data):
        at = found.start()
        if at >= size:
            break
        if at // BLOCK * BLOCK != begin:
            begin = counted = at // BLOCK * BLOCK
            newlines = 0
        newlines += data.count(b"\n", counted, at)
        counted = at
        rank = newlines - (bisect_left(joined, at) - bisect_left(joined, begin))
        first_of_file = block == 0 and begin == 0
        marks.append(RankedMark(block + at // BLOCK, rank + first_of_file, Place.of(found, block * BLOCK)))
    return marks
