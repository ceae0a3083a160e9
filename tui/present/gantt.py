"""The Gantt strip of a job: a thin line while it waited, a thick one while it ran; two places to a cell."""

from __future__ import annotations

import math

from tui.present.text import took
from tui.present.timeline import Axis, Lane
from widgets.cells import Cell, Span
from widgets.glyphs import ASCII, glyphs, status_tone

NOTHING, QUEUED, RAN = 0, 1, 2
"""What a half of a cell holds."""
LINES = (" ╶╺", "╴─╼", "╸╾━")
"""Character of a cell by what its left and its right half hold."""
PLAIN = (" -=", "--=", "===")
"""The same in ASCII."""
CUT = "┊"
"""Where idle time was cut out of the axis."""
PLAIN_CUT = ":"
LABEL_ROOM = 7
"""Cells of the axis for one of its numbers, at least."""
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)
"""Seconds that may lie between two numbers of the axis."""


def strip(lane: Lane | None, axis: Axis, width: int) -> Cell:
    """A lane in `width` cells of the axis; whatever ran at all is seen. Empty without a lane."""
    if lane is None or width <= 0 or not axis.parts:
        return Cell()
    halves = bytearray(2 * width)
    began = lane.end if lane.start is None else lane.start
    _fill(halves, axis.place(lane.queued), axis.place(began), QUEUED)
    if lane.start is not None:
        _fill(halves, axis.place(lane.start), axis.place(lane.end), RAN, least=1)
    return _cell(halves, cuts(axis, width), status_tone(lane.status))


def _fill(halves: bytearray, low: float, high: float, what: int, least: int = 0) -> None:
    size = len(halves)
    first = min(size - 1, math.floor(low * size))
    last = max(first + least, math.ceil(high * size - 1e-9)) if high > low or least else first
    for place in range(first, min(size, last)):
        halves[place] = what


def _cell(halves: bytearray, cut: frozenset[int], tone: str) -> Cell:
    plain = glyphs() is ASCII
    lines = PLAIN if plain else LINES
    spans: list[Span] = []
    for place in range(0, len(halves), 2):
        left, right = halves[place], halves[place + 1]
        text = lines[left][right]
        if text == " " and place // 2 in cut:
            text = PLAIN_CUT if plain else CUT
        own = tone if RAN in (left, right) else "dim"
        if spans and spans[-1][1] == own:
            spans[-1] = spans[-1][0] + text, own
        else:
            spans.append((text, own))
    if spans and not spans[-1][0].strip():
        spans.pop()
    elif spans:
        spans[-1] = spans[-1][0].rstrip(), spans[-1][1]
    return Cell.of(*spans)


def cuts(axis: Axis, width: int) -> frozenset[int]:
    """Cells at which idle time was cut out."""
    gaps = (
        (before.at + before.end - before.start + after.at) / 2
        for before, after in zip(axis.parts, axis.parts[1:], strict=False)
    )
    return frozenset(min(width - 1, int(gap / axis.length * width)) for gap in gaps)


def heading(axis: Axis, width: int) -> str:
    """The numbers of the axis in `width` cells: time since its beginning, each one from where its moment lies."""
    if not axis.parts or width < LABEL_ROOM:
        return ""
    count = max(1, width // LABEL_ROOM)
    step = next((step for step in STEPS if axis.length / step <= count), None)
    step = step or math.ceil(axis.length / count / STEPS[-1]) * STEPS[-1]
    first, *later = axis.parts
    begins = [0.0, *(part.start - axis.origin for part in later)]
    ticks = [number * step for number in range(1, int((first.end - first.start) // step) + 1)]
    text = " " * width
    for moment in (*begins, *ticks):
        label = took(moment) or "0:00"
        at = int(axis.place(axis.origin + moment) * width)
        free = not text[max(0, at - 1) : at + len(label) + 1].strip()
        if free and at + len(label) <= width:
            text = text[:at] + label + text[at + len(label) :]
    return text.rstrip()
