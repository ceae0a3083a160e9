"""Timestamps of lines in few cells: time of day, since the start, or since the line before."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal, TypeAlias

from data.logtext.line import LogLine

Stamps: TypeAlias = Literal["off", "absolute", "relative", "delta"]

STAMP_CELLS: Final = 8
"""Cells of the longest timestamp."""

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 24 * HOUR
TENTH: Final = timedelta(milliseconds=100)
"""A pause below this is not worth a look."""


def stamp_text(
    way: Stamps, line: LogLine, first: datetime | None, previous: datetime | None, zone: tzinfo | None
) -> str:
    """The timestamp of `line`, at most `STAMP_CELLS` wide; "" when it has none, or for "delta" when it came at once.

    Args:
        way: which one.
        line: the line.
        first: the time of the first line that has one; for "relative".
        previous: the time of the line before that has one; for "delta".
        zone: time zone for "absolute"; None is the machine's own.
    """
    time = line.timestamp
    if way == "off" or time is None:
        return ""
    if way == "absolute":
        return time.astimezone(zone).strftime("%H:%M:%S")
    since = first if way == "relative" else previous
    if way == "relative":
        return _since_start(int((time - (since or time)).total_seconds()))
    return "" if since is None else _pause(time - since)


def clock(seconds: int) -> str:
    """A duration as `0:07` or `1:02:03`."""
    hours, rest = divmod(max(0, seconds), HOUR)
    minutes, left = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def _since_start(seconds: int) -> str:
    """Such as `+1:05`, `+1:02:03`, `+12h05m`, `+12d05h`; `-0:01` for a clock that was set back."""
    sign = "-" if seconds < 0 else "+"
    seconds = abs(seconds)
    text = f"{sign}{clock(seconds)}"
    if len(text) > STAMP_CELLS:
        text = f"{sign}{seconds // HOUR}h{seconds % HOUR // MINUTE:02}m"
    if len(text) > STAMP_CELLS:
        text = f"{sign}{seconds // DAY}d{seconds % DAY // HOUR:02}h"
    return text if len(text) <= STAMP_CELLS else f"{sign}{seconds // DAY}d"


def _pause(pause: timedelta) -> str:
    """Such as `+0.3s`, `+59.9s`, `+1:05`; "" for less than a tenth of a second."""
    if pause < TENTH:
        return ""
    tenths = pause // TENTH
    return f"+{tenths // 10}.{tenths % 10}s" if tenths < 10 * MINUTE else _since_start(tenths // 10)
