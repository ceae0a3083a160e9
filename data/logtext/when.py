"""When the lines of a log were written: finding a time in a file of any size, by bisection over its bytes."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo
from typing import NamedTuple, Protocol

WINDOW = 16_384
"""Bytes in which the next time is looked for first."""

REACH = 1024 * 1024
"""Bytes that are looked through for the next time. Where times are written at all, nearly every line has one."""

OVERLAP = 128
"""Bytes that two windows share, so that no time is cut; none is longer."""

RUNNER_TIME = re.compile(rb"\n((?:19|2\d)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z) [0-9a-f]{2}[EO]")
"""The time in the header that the runner writes before each line (FF_TIMESTAMPS; lib/gitlab/ci/trace/stream.rb)."""

PROGRAM_TIME = re.compile(
    rb"\n(?:\x1b\[[0-9;]*m|\[)*"
    rb"((?:19|2\d)\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
)
"""A time in ISO 8601 by which programs begin their lines, for logs that no runner has written."""

CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
"""A time of day."""

AGE_UNITS = re.compile(r"\+(?:(\d{1,3})d)?(?:(\d{1,5})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s?)?")
AGE_CLOCK = re.compile(r"\+()(?:(\d{1,5}):)?(\d{1,2}):([0-5]\d)")
"""A time since the beginning, as `+2d`, `+1h30m`, `+90s`, `+90` and as `+1:30`, `+1:02:03`."""


class Bytes(Protocol):
    """What is looked through; a `LogIndex` is such."""

    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Bytes; fewer at the end."""


class Stamp(NamedTuple):
    """Byte at which a line with a time begins, and that time."""

    offset: int
    time: datetime


class Clock(NamedTuple):
    """A time of day, and how long it lasts: a minute, or a second when it was given with seconds."""

    time: time
    lasts: timedelta


def parse_clock(text: str) -> Clock | None:
    """`12:30` or `12:30:05`; None for anything else."""
    found = CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = found.groups()
    lasts = timedelta(minutes=1) if second is None else timedelta(seconds=1)
    return Clock(time(int(hour), int(minute), int(second or 0)), lasts)


def parse_age(text: str) -> timedelta | None:
    """`+90s`, `+2m`, `+1h30m`, `+2d`, `+1:30` (minutes and seconds) or `+1:02:03`; None for anything else."""
    found = AGE_CLOCK.fullmatch(text) or AGE_UNITS.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


class LogTimes:
    """The times in `log`, which ascend: those of the runner's headers, else those that begin the lines themselves.

    `zone` is that of times of day, and of written times without one; None is the machine's own.
    """

    def __init__(self, log: Bytes, zone: tzinfo | None = None) -> None:
        self._log, self._zone = log, zone
        self._pattern = RUNNER_TIME
        self.first = self._first()
        """The first time; None when the log has none."""

    def _first(self) -> Stamp | None:
        for pattern in (RUNNER_TIME, PROGRAM_TIME):
            self._pattern = pattern
            found = self.next(0) or self._last()
            if found is not None:
                return found
        return None

    @property
    def by_runner(self) -> bool:
        """Whether they are those of the runner's headers."""
        return self.first is not None and self._pattern is RUNNER_TIME

    @property
    def last(self) -> datetime | None:
        """The last time; None when the log has none."""
        found = self._last()
        return None if found is None else found.time

    def next(self, offset: int) -> Stamp | None:
        """The first line at or behind byte `offset` that has a time, if one is within `REACH`."""
        end = min(self._log.size, offset + REACH)
        length = WINDOW
        while offset < end:
            found = self._pattern.search(self._read(offset, length))
            while found is not None:
                moment = self._moment(found.group(1))
                if moment is not None:
                    return Stamp(offset + found.start(), moment)
                found = self._pattern.search(found.string, found.end())
            offset += length - OVERLAP
            length = min(length * 2, REACH)
        return None

    def offset_at(self, moment: datetime) -> int | None:
        """Where the first line begins that was written at `moment` or later; None when there is none."""
        low, high = 0, self._log.size
        found = None
        while low < high:
            middle = (low + high) // 2
            stamp = self.next(middle)
            if stamp is not None and stamp.time < moment:
                low = stamp.offset + 1
            else:
                high = middle
                found = found if stamp is None else stamp.offset
        return found

    def moment_of(self, clock: Clock) -> datetime | None:
        """When the clock first showed `clock` since the log began; None for a log without times."""
        if self.first is None:
            return None
        begun = self.first.time.astimezone(self._zone)
        moment = self._zoned(datetime.combine(begun.date(), clock.time))
        if moment + clock.lasts <= begun:
            moment = self._zoned(datetime.combine(begun.date() + timedelta(days=1), clock.time))
        return moment

    def _last(self) -> Stamp | None:
        length = WINDOW
        while True:
            offset = max(0, self._log.size - length)
            for found in reversed(list(self._pattern.finditer(self._read(offset, length)))):
                moment = self._moment(found.group(1))
                if moment is not None:
                    return Stamp(offset + found.start(), moment)
            if offset == 0 or length >= REACH:
                return None
            length *= 4

    def _read(self, offset: int, length: int) -> bytes:
        """Bytes from the one before `offset` on, a newline for that before the first."""
        return self._log.read(offset - 1, length + 1) if offset else b"\n" + self._log.read(0, length)

    def _moment(self, text: bytes) -> datetime | None:
        """The time in `text`; None for one in form only, such as the 31st of February."""
        try:
            return self._zoned(datetime.fromisoformat(text.decode("ascii")))
        except ValueError:
            return None

    def _zoned(self, moment: datetime) -> datetime:
        if moment.tzinfo is not None:
            return moment
        return moment.astimezone() if self._zone is None else moment.replace(tzinfo=self._zone)
