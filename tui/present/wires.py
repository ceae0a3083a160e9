"""Lines between two neighbouring columns of a graph, drawn with box characters in as few cells as they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from widgets.glyphs import ASCII, glyphs

LEFT, RIGHT, UP, DOWN = 1, 2, 4, 8
"""Directions in which a line leaves a cell."""
BOX = {
    LEFT | RIGHT: "─", UP | DOWN: "│", LEFT | DOWN: "╮", LEFT | UP: "╯", RIGHT | DOWN: "╭", RIGHT | UP: "╰",
    LEFT | RIGHT | DOWN: "┬", LEFT | RIGHT | UP: "┴", LEFT | UP | DOWN: "┤", RIGHT | UP | DOWN: "├",
    LEFT | RIGHT | UP | DOWN: "┼", LEFT: "╴", RIGHT: "╶", UP: "╵", DOWN: "╷",
}  # fmt: skip
"""Character by directions."""
PLAIN = {LEFT | RIGHT: "-", UP | DOWN: "|", LEFT: "-", RIGHT: "-"}
"""The same in ASCII, where every turn is a `+`."""


class Bundle(NamedTuple):
    """Lines that share a vertical part: rows on the left that all lead to the same rows on the right."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]

    @property
    def first(self) -> int:
        """The topmost row that it touches."""
        return min(*self.sources, *self.targets)

    @property
    def last(self) -> int:
        """The lowest one."""
        return max(*self.sources, *self.targets)


class Wire(NamedTuple):
    """One cell of the lines: its character, and the bundles that pass through it."""

    text: str
    bundles: frozenset[int]


def bundles(edges: Iterable[tuple[int, int]]) -> list[Bundle]:
    """The edges (row on the left, row on the right) as bundles, from the top downwards."""
    targets: dict[int, set[int]] = {}
    for source, target in edges:
        targets.setdefault(source, set()).add(target)
    shared: dict[tuple[int, ...], list[int]] = {}
    for source, own in sorted(targets.items()):
        shared.setdefault(tuple(sorted(own)), []).append(source)
    found = [Bundle(tuple(sources), own) for own, sources in shared.items()]
    return sorted(found, key=lambda one: (one.first, one.last))


def tracks(found: Sequence[Bundle]) -> list[int] | None:
    """The track (column of the vertical part) of each bundle, from 0 on the left; None where they cannot be told apart.

    A line that comes from a row must have turned off before another bundle's line may enter along the same row.
    """
    before: dict[int, set[int]] = {number: set() for number in range(len(found))}
    for number, one in enumerate(found):
        for other, two in enumerate(found):
            if number != other and set(one.sources) & set(two.targets):
                before[other].add(number)
    placed: dict[int, int] = {}
    while len(placed) < len(found):
        ready = [number for number in before if number not in placed and before[number] <= placed.keys()]
        if not ready:
            return None
        for number in ready:
            least = 1 + max((placed[other] for other in before[number]), default=-1)
            placed[number] = next(
                track
                for track in range(least, least + len(found))
                if all(
                    placed[other] != track or found[other].last < found[number].first
                    or found[other].first > found[number].last
                    for other in placed
                )
            )  # fmt: skip
    return [placed[number] for number in range(len(found))]


def draw(found: Sequence[Bundle], track: Sequence[int], width: int, height: int) -> list[list[Wire]]:
    """The lines in `height` rows of `width` cells; a track lies one cell from the left edge on.

    Where a line passes through the upright part of another bundle, that one is drawn as if it were alone, so that
    nobody takes the two for joined.
    """
    cells: dict[tuple[int, int], dict[int, int]] = {}

    def mark(row: int, x: int, bundle: int, bits: int) -> None:
        own = cells.setdefault((row, x), {})
        own[bundle] = own.get(bundle, 0) | bits

    for number, one in enumerate(found):
        turn = 1 + track[number]
        for row in one.sources:
            for x in range(turn):
                mark(row, x, number, LEFT | RIGHT)
            mark(row, turn, number, LEFT)
        for row in one.targets:
            for x in range(turn + 1, width):
                mark(row, x, number, LEFT | RIGHT)
            mark(row, turn, number, RIGHT)
        for row in range(one.first, one.last):
            mark(row, turn, number, DOWN)
            mark(row + 1, turn, number, UP)
    return [[_wire(cells.get((row, x), {})) for x in range(width)] for row in range(height)]


def _wire(own: dict[int, int]) -> Wire:
    if not own:
        return Wire(" ", frozenset())
    upright = [bits for bits in own.values() if bits & (UP | DOWN)]
    bits = 0
    for one in upright[:1] or own.values():
        bits |= one
    text = PLAIN.get(bits, "+") if glyphs() is ASCII else BOX[bits]
    return Wire(text, frozenset(own))
