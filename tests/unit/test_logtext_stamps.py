"""Timestamps in few cells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from data.logtext import LogLine
from data.logtext.stamps import STAMP_CELLS, clock, stamp_text

START = datetime(2026, 11, 20, 22, 59, 7, 250_000, UTC)


def after(seconds: float) -> LogLine:
    return LogLine(3, "text", timestamp=START + timedelta(seconds=seconds))


def test_the_time_of_day_is_that_of_the_zone() -> None:
    assert stamp_text("absolute", after(0), START, None, UTC) == "22:59:07"
    assert stamp_text("absolute", after(60.5), START, None, timezone(timedelta(hours=5, minutes=30))) == "04:30:07"
    assert stamp_text("absolute", after(0), START, None, None) == START.astimezone().strftime("%H:%M:%S")


def test_lines_without_a_time_have_no_stamp() -> None:
    line = LogLine(3, "text")
    assert [stamp_text(way, line, START, START, UTC) for way in ("off", "absolute", "relative", "delta")] == [""] * 4
    assert stamp_text("off", after(5), START, START, UTC) == ""


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "+0:00"),
        (0.9, "+0:00"),
        (65.4, "+1:05"),
        (3599, "+59:59"),
        (3723, "+1:02:03"),
        (35_999, "+9:59:59"),
        (36_000, "+10h00m"),
        (999 * 3600 + 59 * 60, "+999h59m"),
        (1000 * 3600, "+41d16h"),
        (86_400 * 123_456, "+123456d"),
        (-1.5, "-0:01"),
        (-0.2, "+0:00"),
    ],
)
def test_the_time_since_the_first_line(seconds: float, expected: str) -> None:
    assert stamp_text("relative", after(seconds), START, None, UTC) == expected
    assert len(expected) <= STAMP_CELLS


def test_the_first_line_with_a_time_begins_at_zero() -> None:
    assert stamp_text("relative", after(5), None, None, UTC) == "+0:00"
    assert stamp_text("delta", after(5), START, None, UTC) == ""


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, ""),
        (0.099, ""),
        (0.1, "+0.1s"),
        (0.3, "+0.3s"),
        (1.25, "+1.2s"),
        (59.99, "+59.9s"),
        (60, "+1:00"),
        (7200, "+2:00:00"),
        (-3, ""),
    ],
)
def test_the_pause_before_a_line(seconds: float, expected: str) -> None:
    assert stamp_text("delta", after(seconds), None, START, UTC) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, "0:00"), (7, "0:07"), (3723, "1:02:03"), (-4, "0:00")])
def test_clock(seconds: int, expected: str) -> None:
    assert clock(seconds) == expected
