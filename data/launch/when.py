"""When a launch goes, as people write it: `22:00`, `in 2h`, `tomorrow 6:30`, `after #4312 succeeds`, `now`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from data.config.units import parse_duration
from data.errors import ConfigError, UsageError
from data.launch.values import shown

SUCCESS: Final = "success"
"""The run that is waited for has to succeed."""
FINISHED: Final = "finished"
"""Any end of it will do."""
RULE: Final = "write 22:00, tomorrow 6:30, 2026-11-21 22:00, in 2h, after #4312, after #4312 ends, or now"
"""How a time is written."""
FURTHEST: Final = timedelta(days=366)
"""A launch that waits longer is a mistake."""
SOME_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Now, where only the wording counts."""

_CLOCK: Final = re.compile(r"(?:(?P<day>today|tomorrow)\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})", re.ASCII)
_DATE: Final = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(?:[ tT]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2}))?", re.ASCII)
_AFTER: Final = re.compile(
    r"(?P<run>\S+)(?:\s+(?P<how>succeeds|succeeded|success|ends|ended|finishes|finished))?", re.IGNORECASE
)


class When(NamedTuple):
    """When a launch goes. Both conditions hold where both are given."""

    not_before: datetime | None = None
    """Aware, UTC."""
    after: str = ""
    """The run to wait for, as it was named: `#4312`."""
    after_status: str = SUCCESS


def parse_when(text: str, now: datetime, tz: tzinfo | None = None) -> When:
    """When a launch goes. `now` is aware; times of day are those of `tz`, or of this machine's zone.

    A time of day that has passed is tomorrow's, unless it says `today`.

    Raises:
        UsageError: it cannot be read, is in the past, or more than a year away.
    """
    found = _read(text, now, tz)
    if found.not_before is None:
        return found
    if found.not_before <= now:
        raise UsageError(f"{shown(text)} is in the past", hint=RULE)
    if found.not_before - now > FURTHEST:
        raise UsageError(f"{shown(text)} is more than a year away", hint=RULE)
    return found


def why_not_when(text: str) -> str:
    """Why a text says no time to launch at; whether the time has passed is left to `parse_when`."""
    try:
        _read(text, SOME_DAY, UTC)
    except UsageError as error:
        return str(error)
    return ""


def _read(text: str, now: datetime, tz: tzinfo | None) -> When:
    words = " ".join(text.lower().split())
    if words in ("", "now"):
        return When()
    if words.startswith("after "):
        return _after(" ".join(text.split())[len("after ") :], text)
    try:
        if words.startswith("in "):
            return When(now + timedelta(seconds=parse_duration(words[len("in ") :])))
        return When(_moment(words.removeprefix("at "), now, tz).astimezone(UTC))
    except (ConfigError, ValueError, OverflowError):
        raise UsageError(f"{shown(text)} is no time to launch at", hint=RULE) from None


def _after(words: str, text: str) -> When:
    found = _AFTER.fullmatch(words)
    if found is None:
        raise UsageError(f"{shown(text)} is no time to launch at", hint=RULE)
    how = (found["how"] or SUCCESS).lower()
    return When(after=found["run"], after_status=SUCCESS if how.startswith("succe") else FINISHED)


def _moment(words: str, now: datetime, tz: tzinfo | None) -> datetime:
    """The point in time that is meant; ValueError where there is none."""
    if found := _DATE.fullmatch(words):
        day, clock = date.fromisoformat(found["date"]), time(int(found["hour"] or 0), int(found["minute"] or 0))
        return _at(day, clock, tz)
    found = _CLOCK.fullmatch(words)
    if found is None:
        raise ValueError(words)
    today, clock = now.astimezone(tz).date(), time(int(found["hour"]), int(found["minute"]))
    if found["day"] == "tomorrow" or (not found["day"] and _at(today, clock, tz) <= now):
        return _at(today + timedelta(days=1), clock, tz)
    return _at(today, clock, tz)


def _at(day: date, clock: time, tz: tzinfo | None) -> datetime:
    """A time of day, by the rules that the zone has on that day."""
    moment = datetime.combine(day, clock, tz)
    return moment if tz is not None else moment.astimezone()
