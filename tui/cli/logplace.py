"""Where in a log to begin: so long ago, so many lines before its end, or a little before it failed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.config.units import DURATION_PATTERN, parse_duration
from data.errors import LinesideError, UsageError
from data.logtext import LogIndex, LogLine
from data.logtext.failing import failing_line
from data.logtext.when import Clock, LogTimes, parse_clock

Since = datetime | Clock
"""A moment, or a time of day."""

HEAD = 65_536
"""Bytes from a log's beginning that tell whether it has timestamps, and the first of them."""


def parse_since(text: str, now: datetime) -> Since:
    """What `--since` says: `10m` (before `now`), `12:30`, or an ISO 8601 date and time, local where no zone is given.

    Raises:
        UsageError: none of these.
    """
    compact = text.strip().lower()
    if re.fullmatch(DURATION_PATTERN, compact, re.ASCII):
        return now - timedelta(seconds=parse_duration(compact))
    if clock := parse_clock(compact):
        return clock
    try:
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"`{text}` is no time", hint="--since takes 10m, 2h (before now), 12:30, or 2026-03-01T12:30"
        ) from None


def since_start(path: Path, since: Since) -> int:
    """The byte at which the first line begins that was written at `since` or later; the log's size if there is none.

    A time of day is the last one that the log has seen, or lies before all of it.

    Raises:
        UsageError: the log has no timestamps.
    """
    index = _index(path)
    try:
        times = LogTimes(index)
        if times.first is None:
            if b"\n" in index.read(0, HEAD):
                raise UsageError("this log has no timestamps", hint="--tail prints its last lines")
            return 0
        found = times.offset_at(_moment(times, since))
        return index.size if found is None else found
    finally:
        index.close()


def tail_start(path: Path, count: int) -> int:
    """The byte at which the last `count` lines begin that have something to read."""
    index = _index(path)
    try:
        lead = iter(index.lead() or ())
        number = index.lines
        while count and (number or not index.complete):
            if not number:
                part = next(lead, None)
                if part is None:
                    break
                number += index.prepend(part)
                continue
            number -= 1
            count -= is_shown(index.line(number))
        return index.offset_of(number) if number < index.lines else index.size
    finally:
        index.close()


def failing_start(path: Path, before: int) -> int:
    """The byte at which the `before` lines before the one begin that tells why the job failed.

    Raises:
        LinesideError: no line tells of a failure.
    """
    index = _index(path)
    try:
        found = failing_line(index)
        if found is None:
            raise LinesideError("no line at the end of this log tells of a failure", hint="--grep finds others")
        while found and before:
            found -= 1
            before -= is_shown(index.line(found))
        return index.offset_of(found)
    finally:
        index.close()


def is_shown(line: LogLine) -> bool:
    """Whether there is something to read; the end of a section is a line of its own on the server, an empty one."""
    return not line.marks or bool(line.text.strip())


def _moment(times: LogTimes, since: Since) -> datetime:
    if isinstance(since, datetime):
        return since
    moment, last = times.moment_of(since), times.last
    assert moment is not None
    assert last is not None
    days = (last - moment) // timedelta(days=1)
    return moment + timedelta(days=days)


def _index(path: Path) -> LogIndex:
    index = LogIndex(path)
    index.extend()
    return index
