"""Times to launch at, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from data.errors import UsageError
from data.launch.when import FINISHED, SUCCESS, When, parse_when, why_not_when

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
"""21:30 in Berlin."""


def at(*parts: int) -> When:
    """A moment, by the clock of Berlin."""
    return When(datetime(*parts, tzinfo=BERLIN).astimezone(UTC))  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", When()),
        ("now", When()),
        (" NOW ", When()),
        ("22:00", at(2026, 11, 20, 22, 0)),
        ("at 22:00", at(2026, 11, 20, 22, 0)),
        ("today 22:00", at(2026, 11, 20, 22, 0)),
        ("21:30", at(2026, 11, 21, 21, 30)),
        ("6:30", at(2026, 11, 21, 6, 30)),
        ("tomorrow 6:30", at(2026, 11, 21, 6, 30)),
        ("Tomorrow  22:00", at(2026, 11, 21, 22, 0)),
        ("2026-11-21 22:00", at(2026, 11, 21, 22, 0)),
        ("at 2026-11-21T22:00", at(2026, 11, 21, 22, 0)),
        ("2026-11-21", at(2026, 11, 21)),
        ("in 2h", When(NOW + timedelta(hours=2))),
        ("in 1h 30m", When(NOW + timedelta(minutes=90))),
        ("after #4312", When(after="#4312")),
        ("after #4312 succeeds", When(after="#4312", after_status=SUCCESS)),
        ("After churn#12 ENDS", When(after="churn#12", after_status=FINISHED)),
        ("after 4312 finished", When(after="4312", after_status=FINISHED)),
    ],
)
def test_times_are_read(text: str, expected: When) -> None:
    assert parse_when(text, NOW, BERLIN) == expected
    assert why_not_when(text) == ""


@pytest.mark.parametrize(
    "text", ["soon", "25:00", "22:60", "22", "in", "in soon", "in -2h", "after", "after #1 maybe", "2026-13-01", "at",
             "٢٢:٠٠", "2026-02-30 10:00", "22:00 23:00"]
)  # fmt: skip
def test_what_is_no_time_is_said_with_how_it_is_written(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_when(text, NOW, BERLIN)
    assert "tomorrow 6:30" in raised.value.hint
    assert why_not_when(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("today 21:00", "in the past"),
        ("2026-11-19 10:00", "in the past"),
        ("in 0s", "in the past"),
        ("2028-01-01 10:00", "more than a year"),
        ("in 400d", "more than a year"),
    ],
)
def test_the_past_and_the_far_future_are_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_when(text, NOW, BERLIN)


def test_a_night_that_changes_the_clock_is_reckoned_with() -> None:
    before = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
    found = parse_when("tomorrow 6:30", before, BERLIN)
    assert found.not_before == datetime(2026, 10, 25, 5, 30, tzinfo=UTC)


def test_without_a_zone_it_is_this_machines() -> None:
    found = parse_when("in 2h", NOW).not_before
    assert found == NOW + timedelta(hours=2)
    clock = parse_when("12:00", NOW).not_before
    assert clock is not None
    assert clock.tzinfo is UTC
    assert clock.astimezone().strftime("%H:%M") == "12:00"
    assert NOW < clock <= NOW + timedelta(hours=25)
