"""Finds a region of rows that moved up or down, so that the terminal can move it instead of drawing it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from operator import ne
from typing import NamedTuple

from tui.output.rows import BLANK, Row

LEAST_ROWS = 4
"""Changed rows below which nothing is looked for."""
OVERHEAD = 40
"""Cells that moving must save: what the sequences for it, and for the colours of the rows that come in, cost."""
CANDIDATES = 2
"""Distances that are looked at closely."""


class Scroll(NamedTuple):
    """Rows `top` to `bottom`, both included, move up by `rows`, or down if negative."""

    top: int
    bottom: int
    rows: int


def find(shown: Sequence[Row | None], wanted: Sequence[Row], changed: Sequence[int]) -> Scroll | None:
    """The region whose move saves the most, or none.

    Args:
        shown: what the terminal shows; None: nobody knows.
        wanted: what it should show.
        changed: indices of the rows that differ, ascending.
    """
    if len(changed) < LEAST_ROWS:
        return None
    distances = _distances(shown, wanted, changed)
    if not distances:
        return None
    staying = dict.fromkeys(range(changed[0], changed[-1] + 1), 0)
    staying.update((y, _differing(shown[y], wanted[y])) for y in changed)
    best: tuple[int, Scroll] | None = None
    for distance in distances:
        found = _region(shown, wanted, staying, distance)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    return None if best is None or best[0] < OVERHEAD else best[1]


def _distances(shown: Sequence[Row | None], wanted: Sequence[Row], changed: Sequence[int]) -> list[int]:
    """Distances by which the text of many changed rows moved, in the columns that change at all."""
    columns = _columns(shown, wanted, changed)
    if columns is None:
        return []
    left, right = columns
    where: dict[str, list[int]] = {}
    for y in range(changed[0], changed[-1] + 1):
        row = shown[y]
        if row is not None:
            where.setdefault("".join(row.chars[left:right]), []).append(y)
    votes: Counter[int] = Counter()
    for y in changed:
        text = "".join(wanted[y].chars[left:right])
        found = where.get(text, ())
        if len(found) == 1 and found[0] != y and text.strip():
            votes[found[0] - y] += 1
    return [distance for distance, count in votes.most_common(CANDIDATES) if count >= LEAST_ROWS - 1]


def _columns(shown: Sequence[Row | None], wanted: Sequence[Row], changed: Sequence[int]) -> tuple[int, int] | None:
    """The columns that hold every change, up to the second; None: some rows are unknown."""
    width = len(wanted[changed[0]].chars)
    left, right = width, 0
    for y in changed:
        row = shown[y]
        if row is None:
            continue
        old, new = row.chars, wanted[y].chars
        left = next(compress(range(left), map(ne, old, new)), left)
        right = next(compress(range(width, right, -1), map(ne, reversed(old), reversed(new))), right)
    return (left, right) if left < right else None


def _region(
    shown: Sequence[Row | None], wanted: Sequence[Row], staying: Mapping[int, int], distance: int
) -> tuple[int, Scroll] | None:
    """The rows for which moving by `distance` saves the most cells, and how many.

    `staying`: for each row that is looked at the cells that have to be drawn if nothing is moved.
    """
    first, last = min(staying), max(staying)
    sources = range(max(first, first + distance), min(last, last + distance) + 1)
    saved = best = 0
    start = 0
    span: tuple[int, int] | None = None
    for source in sources:
        y = source - distance
        gain = staying[y] - _differing(shown[source], wanted[y])
        if saved <= 0:
            saved, start = 0, y
        saved += gain
        if saved > best:
            best, span = saved, (start, y)
    if span is None:
        return None
    top, bottom = (span[0], span[1] + distance) if distance > 0 else (span[0] + distance, span[1])
    coming = range(bottom - distance + 1, bottom + 1) if distance > 0 else range(top, top - distance)
    best -= sum(max(0, _drawn(wanted[y]) - staying[y]) for y in coming)
    return best, Scroll(top, bottom, distance)


def _differing(shown: Row | None, wanted: Row) -> int:
    """Cells that have to be drawn, roughly."""
    if shown is wanted:
        return 0
    if shown is None:
        return _drawn(wanted)
    if shown.chars != wanted.chars:
        return sum(map(ne, shown.chars, wanted.chars))
    return 0 if shown.pens == wanted.pens else sum(map(ne, shown.pens, wanted.pens))


def _drawn(row: Row) -> int:
    """Cells of a row that are drawn when it was erased."""
    return len(row.chars) - row.chars.count(BLANK)
