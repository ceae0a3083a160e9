"""What people write for numbers, durations, sizes and times."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from data.query.fields import FieldType

EXAMPLES: Final[dict[FieldType, tuple[str, str]]] = {
    "text": ("a text", "main"),
    "mixed": ("a number or a text", "0.01"),
    "number": ("a number", "3 or 0.9"),
    "duration": ("a duration", "90s, 10m, 2h, 1d, 1h30m"),
    "size": ("a size", "500MB, 2GB"),
    "time": ("a time", "7d (ago), today, yesterday, 2026-11-01, 2026-11-01T12:30"),
}
"""What a value of a type is called, and how one writes it."""

SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
"""Units of durations."""
MEGABYTES: Final = {
    "b": 1e-6, "kb": 1e-3, "mb": 1.0, "gb": 1e3, "tb": 1e6,
    "kib": 2**10 / 1e6, "mib": 2**20 / 1e6, "gib": 2**30 / 1e6, "tib": 2**40 / 1e6,
}  # fmt: skip
"""Units of sizes; `k`, `m`, `g` and `t` alone count as `kb` and so on."""
OLDEST: Final = timedelta(days=100 * 365)
"""No age is greater."""
YEARS: Final = range(1900, 3000)
"""Years of times."""

_DURATION: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|[smhdw]))+")
_DURATION_PART: Final = re.compile(r"([0-9.]+)(ms|[smhdw])")
_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kmgt]i?b?|b)")
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[t ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_DAYS_AGO: Final = {"today": 0, "yesterday": 1}
_DAY: Final = timedelta(days=1)


class Span(NamedTuple):
    """The stretch of time that a text names: a day, a minute, a second. Both ends are the same for an age (`7d`)."""

    start: datetime
    end: datetime
    """The first moment behind it."""


def number(text: str) -> float | None:
    """The finite number that Python's `float` reads in a text, None for any other text.

    Parameters and tags that hold one are numbers, and so are operands.
    """
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def duration(text: str) -> float | None:
    """Seconds of `90s`, `10m`, `2h`, `1d`, `1h30m`; a plain number counts seconds."""
    text = text.lower()
    if _DURATION.fullmatch(text) is None:
        return number(text)
    seconds = sum(float(amount) * SECONDS[unit] for amount, unit in _DURATION_PART.findall(text))
    return seconds if math.isfinite(seconds) else None


def size(text: str) -> float | None:
    """Megabytes (of 1,000,000 bytes, as MLflow's system metrics have them) of `500MB`, `2g`, `1.5GiB`, `300`."""
    found = _SIZE.fullmatch(text.lower())
    if found is None:
        return number(text)
    unit = found[2] if found[2].endswith("b") else f"{found[2]}b"
    megabytes = float(found[1]) * MEGABYTES[unit]
    return megabytes if math.isfinite(megabytes) else None


def amount(sort: FieldType, text: str) -> float | None:
    """The number that a text means for a field of the type `sort`, in the type's unit; None where it means none."""
    readers = {"duration": duration, "size": size}
    return readers.get(sort, number)(text)


def span(text: str, now: datetime | None = None) -> Span | None:
    """The time that a text names, in UTC; None where it names none.

    Days, and times without an offset, are those of `now`'s time zone; without `now` those of this machine.
    """
    text = text.lower()
    moment = now or datetime.now(UTC)
    if _DURATION.fullmatch(text):
        seconds = duration(text)
        if seconds is None or seconds > OLDEST.total_seconds():
            return None
        ago = moment.astimezone(UTC) - timedelta(seconds=seconds)
        return Span(ago, ago)
    if text in _DAYS_AGO:
        today = (moment if now else moment.astimezone()).date()
        return _stretch(datetime.combine(today - _DAYS_AGO[text] * _DAY, time()), _DAY, now)
    found = _TIME.fullmatch(text)
    return None if found is None else _written(found, now)


def _written(found: re.Match[str], now: datetime | None) -> Span | None:
    day, minute, second, offset = found.groups()
    try:
        if date.fromisoformat(day).year not in YEARS:
            return None
        clock = f"T{minute}{second or ''}{(offset or '').upper()}" if minute else ""
        start = datetime.fromisoformat(day + clock)
    except ValueError:
        return None
    width = _DAY if not minute else timedelta(seconds=1) if second else timedelta(minutes=1)
    return _stretch(start, width, now)


def _stretch(start: datetime, width: timedelta, now: datetime | None) -> Span:
    """From `start` on for `width` on the clock on the wall: a day on which that is put back lasts 25 hours."""
    return Span(_utc(start, now), _utc(start + width, now))


def _utc(moment: datetime, now: datetime | None) -> datetime:
    if moment.tzinfo is None and now is not None:
        moment = moment.replace(tzinfo=now.tzinfo)
    return moment.astimezone(UTC)
