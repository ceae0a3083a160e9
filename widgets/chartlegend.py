"""What stands around charts: titles with numbers, the runs, the table of a single chart, the state of the view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from widgets.cells import Span, crop_spans, fit_text, spans_width, truncate
from widgets.curves import Line
from widgets.glyphs import ASCII, glyphs
from widgets.plot import Curve, View
from widgets.scale import short
from widgets.series import letter, sample, series_tone

NUMBER = 9
"""Cells of a column of numbers."""

LEAST_NAME, MOST_NAME = 8, 32
"""Cells of the column of names."""

NOTHING = "-"
"""In place of a number that there is not."""


class Place(NamedTuple):
    """The reading line on one chart: its x, and how far around it a value counts."""

    x: float
    reach: float


def number(value: float | None) -> str:
    """A value in few cells."""
    if value is None:
        return NOTHING
    return "NaN" if math.isnan(value) else short(value)


def value_of(curve: Curve, place: Place | None) -> float | None:
    """The value at the reading line; without one, the last value."""
    return curve.plain.last if place is None else curve.plain.value_at(*place)


def title_row(
    title: str, curves: Sequence[Curve], place: Place | None, width: int, *, sampled: bool = False
) -> tuple[Span, ...]:
    """A chart's title, and its values at the reading line, else the last ones.

    A long title takes the place of least and greatest value of a single run: the axis tells those as well. Of points
    that are `sampled` these are about those of the metric, and say so.
    """
    values = _values(curves, place, "~" if sampled else "")
    kept = values[:1] if len(curves) == 1 else values
    room = max(width // 2, width - spans_width(kept))
    name = (truncate(title, room), "bold")
    shown = values if spans_width([name, *values]) <= width else kept
    return _filled(crop_spans([name, *shown], width), width)


def _values(curves: Sequence[Curve], place: Place | None, about: str) -> list[Span]:
    """The values of a title, each after two spaces; `about` stands before the least and the greatest."""
    if len(curves) != 1:
        named = [(curve.line.colour, number(value_of(curve, place))) for curve in curves]
        return [(f"  {letter(own)} {text}", series_tone(own)) for own, text in named]
    plain = curves[0].plain
    if plain.last is None:
        return []
    value = (f"  {number(value_of(curves[0], place))}", series_tone(curves[0].line.colour))
    ends = plain.y_range
    if ends is None:
        return [value]
    return [value, (f"  min {about}{short(ends[0])}  max {about}{short(ends[1])}", "dim")]


def _filled(spans: tuple[Span, ...], width: int) -> tuple[Span, ...]:
    return (*spans, (" " * (width - spans_width(spans)), ""))


def runs_row(lines: Sequence[Line], state: str, width: int) -> tuple[Span, ...]:
    """The runs with their letters, and at the right end how they are shown."""
    state = truncate(state, width)
    room = width - cell_len(state) - 1
    spans: list[Span] = []
    for line in lines:
        key = f"{_key(line)} " if len(lines) > 1 else ""
        spans.append((f"{key}{line.name}  ", series_tone(line.colour)))
    shown = crop_spans(spans, room) if room > 0 else ()
    return (*shown, (" " * (width - spans_width(shown) - cell_len(state)), ""), (state, "dim"))


def _key(line: Line) -> str:
    """Letter and dash of a run."""
    return letter(line.colour) + ("" if glyphs() is ASCII else sample(line.colour))


def table(curves: Sequence[Curve], view: View, place: Place | None, width: int, height: int) -> list[tuple[Span, ...]]:
    """The numbers of a single chart, a row for each run, in `height` rows of `width` cells."""
    heads = ["last", "min", "max"]
    if view.smoothing:
        heads.insert(0, "smooth")
    if place is not None:
        heads.insert(0, "at line")
    while len(heads) > 1 and LEAST_NAME + (NUMBER + 1) * len(heads) > width:
        heads.pop()
    name = max(LEAST_NAME, min(MOST_NAME, width - (NUMBER + 1) * len(heads) - 1))
    rows = [_row([fit_text("run", name), *(fit_text(head, NUMBER, "right") for head in heads)], "dim", width)]
    shown = len(curves) if len(curves) < height else max(0, height - 2)
    for curve in curves[:shown]:
        cells = _numbers(curve, place, smooth=bool(view.smoothing))[: len(heads)]
        texts = [fit_text(f"{_key(curve.line)} {curve.line.name}", name)]
        rows.append(_row([*texts, *(fit_text(cell, NUMBER, "right") for cell in cells)], _tone(curve), width))
    if shown < len(curves):
        rows.append(_row([f"and {len(curves) - shown} more"], "dim", width))
    blank = ((" " * width, ""),)
    return [*rows, *[blank] * height][:height]


def _tone(curve: Curve) -> str:
    return series_tone(curve.line.colour)


def _numbers(curve: Curve, place: Place | None, *, smooth: bool) -> list[str]:
    ends = curve.plain.y_range or (None, None)
    found = [curve.plain.last, *ends]
    if smooth:
        found.insert(0, curve.smooth.last if place is None else curve.smooth.value_at(*place))
    if place is not None:
        found.insert(0, value_of(curve, place))
    return [number(value) for value in found]


def _row(texts: Sequence[str], tone: str, width: int) -> tuple[Span, ...]:
    return ((fit_text(" ".join(texts), width), tone),)
