"""The x axis: numbers of steps, times of day, times since the start, and where their labels stand."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo

from widgets.curves import Axis
from widgets.scale import nice_step, short, tick_label, ticks

MINUTE, HOUR, DAY = 60, 3600, 86_400

TIME_STEPS = (
    *(1, 2, 5, 10, 15, 20, 30),
    *(count * MINUTE for count in (1, 2, 5, 10, 15, 20, 30)),
    *(count * HOUR for count in (1, 2, 3, 4, 6, 8, 12)),
    *(DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 56 * DAY, 91 * DAY, 182 * DAY, 364 * DAY),
)
"""Distances of ticks in seconds."""

LABEL_ROOM = 10
"""Cells of the axis for one of its labels, at least."""

NAMES: dict[Axis, str] = {"step": "step", "time": "time of day", "since": "since start"}
"""What the axes are called."""

MOST_STEP = 1e15
"""Steps beyond which a number is shortened."""


def x_ticks(axis: Axis, low: float, high: float, count: int, zone: tzinfo | None = None) -> dict[float, str]:
    """Values of x from `low` to `high` with their labels, about `count` of them, in order."""
    if axis == "step":
        step = max(1.0, nice_step(high - low, count))
        values = [low] if high <= low else [at for at in ticks(low, high, count) if at == math.floor(at)] or [low]
        return {value: tick_label(value, step) for value in values}
    if high - low < 1:
        return {low: x_label(axis, low, zone)}
    step = time_step(high - low, count)
    if axis == "since":
        first, last = math.ceil(low / step), math.floor(high / step)
        return {float(at * step): duration(at * step) for at in range(first, last + 1)} or {low: duration(low)}
    return _times(low, high, step, zone)


def time_step(span: float, count: int) -> float:
    """Seconds, a usual part of a minute, an hour or a day, that divide `span` into at most `count` parts."""
    rough = span / max(1, count)
    return next((float(step) for step in TIME_STEPS if step >= rough), nice_step(span / DAY, count) * DAY)


def _times(low: float, high: float, step: float, zone: tzinfo | None) -> dict[float, str]:
    """Ticks at whole hours, days and so on of the time zone."""
    start = datetime.fromtimestamp(low, zone)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    at = midnight + math.ceil((low - midnight) / step) * step
    found: dict[float, str] = {}
    day = None
    while at <= high:
        moment = datetime.fromtimestamp(at, zone)
        new_day = moment.date() != day and (day is not None or step >= DAY)
        found[at] = f"{moment:%b %d}" if new_day else f"{moment:%H:%M:%S}" if step < MINUTE else f"{moment:%H:%M}"
        day = moment.date()
        at += step
    return found or {low: f"{start:%H:%M:%S}"}


def x_label(axis: Axis, x: float, zone: tzinfo | None = None) -> str:
    """One place on the axis, as exactly as one can use it."""
    if axis == "step":
        return str(round(x)) if abs(x) < MOST_STEP else short(x)
    if axis == "since":
        return duration(x)
    return f"{datetime.fromtimestamp(x, zone):%b %d %H:%M:%S}"


def duration(seconds: float) -> str:
    """A span of time in its two greatest units: `0`, `42s`, `1m30`, `2h05`, `3d4h`."""
    sign, left = ("-" if seconds < 0 else ""), timedelta(seconds=abs(seconds))
    total = int(left.total_seconds())
    if 0 < abs(seconds) < 10:  # noqa: PLR2004 - below, tenths count
        return f"{sign}{short(abs(seconds), 2)}s"
    if total < MINUTE:
        return f"{sign}{total}s" if total else "0"
    if total < HOUR:
        return sign + _pair(total, MINUTE, "m", 1)
    if total < DAY:
        return sign + _pair(total, HOUR, "h", MINUTE)
    days, hours = total // DAY, total % DAY // HOUR
    return f"{sign}{days}d{hours}h" if hours else f"{sign}{days}d"


def _pair(total: int, unit: int, name: str, rest: int) -> str:
    left = total % unit // rest
    return f"{total // unit}{name}{left:02d}" if left else f"{total // unit}{name}"


def axis_line(labels: dict[int, str], width: int) -> str:
    """`labels`, by the cell on which each is centred, in `width` cells; those without room are left out."""
    text = [" "] * width
    free = 0
    for cell, label in sorted(labels.items()):
        start = max(0, min(cell - len(label) // 2, width - len(label)))
        if start >= free and start + len(label) <= width:
            text[start : start + len(label)] = label
            free = start + len(label) + 1
    return "".join(text)


def label_count(width: int) -> int:
    """How many labels an axis of `width` cells has room for."""
    return max(1, width // LABEL_ROOM)


def with_label(text: str, cell: int, label: str) -> tuple[str, str, str]:
    """An axis line with `label` centred on `cell`: (before, label, after). Labels that it touches are left out."""
    label = label[: len(text)]
    start = max(0, min(cell - len(label) // 2, len(text) - len(label)))
    stop = start + len(label)
    left, right = start, stop
    while left > 0 and text[left - 1] != " ":
        left -= 1
    while right < len(text) and text[right] != " ":
        right += 1
    return text[:left].ljust(start), label, text[right:].rjust(len(text) - stop)
