"""Numbers, durations, sizes and times as people write them."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import QueryError
from data.query import And, Compare, Field, Measure, Or
from data.query.values import duration, number, size, span
from tests.filters import AGES, DAYS, DURATIONS, SIZES

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 4, 0, 30, tzinfo=BERLIN)
"""Half past midnight, when it is still the day before in Greenwich."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400), ("1h30m", 5400), ("1.5H", 5400), ("250ms", 0.25),
        ("2w", 1209600), ("600", 600), ("0", 0), ("-3", -3), ("1e3", 1000),
        ("", None), ("m", None), ("1 h", None), ("1h30", None), ("h1", None), ("1y", None), ("nan", None),
        ("9" * 400 + "h", None),
    ],
)  # fmt: skip
def test_durations_are_seconds(text: str, seconds: float | None) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "megabytes"),
    [
        ("300", 300), ("500MB", 500), ("500m", 500), ("2g", 2000), ("2GB", 2000), ("1TB", 1e6), ("1kb", 0.001),
        ("1000000b", 1), ("1MiB", 1.048576), ("1.5gib", 1610.612736), ("0g", 0),
        ("", None), ("g", None), ("2 GB", None), ("2GBs", None), ("1..5g", None), ("9" * 400 + "g", None),
    ],
)  # fmt: skip
def test_sizes_are_megabytes(text: str, megabytes: float | None) -> None:
    found = size(text)
    assert found is None if megabytes is None else found is not None and math.isclose(found, megabytes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), (" 1e-3 ", 0.001), ("-.5", -0.5), ("1_000", 1000), ("007", 7), ("inf", None), ("nan", None),
        ("1e999", None), ("0x10", None), ("1,5", None), ("one", None), ("", None),
    ],
)  # fmt: skip
def test_numbers_are_finite(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "start", "seconds"),
    [
        ("7d", "2026-02-24T23:30", 0),
        ("1h30m", "2026-03-03T22:00", 0),
        ("today", "2026-03-03T23:00", 86400),
        ("YESTERDAY", "2026-03-02T23:00", 86400),
        ("2026-03-04", "2026-03-03T23:00", 86400),
        ("2026-03-29", "2026-03-28T23:00", 82800),
        ("2026-10-25", "2026-10-24T22:00", 90000),
        ("2026-07-01T12:30", "2026-07-01T10:30", 60),
        ("2026-07-01t12:30:15", "2026-07-01T10:30:15", 1),
        ("2026-07-01 12:30Z", "2026-07-01T12:30", 60),
        ("2026-07-01T12:30+05:30", "2026-07-01T07:00", 60),
    ],
)
def test_times_are_spans_in_the_time_zone_of_whoever_asks(text: str, start: str, seconds: int) -> None:
    found = span(text, NOW)
    assert found is not None
    assert found.start == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert found.end - found.start == timedelta(seconds=seconds)
    assert found.start.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "7", "7x", "2026-13-01", "2026-02-30", "2026-3-4", "0001-01-01", "9999-12-31", "2026-03-04T25:00",
        "2026-03-04T12", "2026-03-04T", "2026-03-04T12:00+99:00", "1" * 500 + "d", "40000d", "２０２６-03-04",
    ],
)  # fmt: skip
def test_nonsense_names_no_time(text: str) -> None:
    assert span(text, NOW) is None


def test_without_a_moment_days_are_those_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        found = span("2026-03-04")
        assert found is not None and found.start == datetime(2026, 3, 3, 18, 30, tzinfo=UTC)
        today = span("today")
        assert today is not None and today.start <= datetime.now(UTC) < today.end
    finally:
        monkeypatch.undo()
        time.tzset()


START, END = datetime(2026, 3, 3, 23, tzinfo=UTC), datetime(2026, 3, 4, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("op", "meant"),
    [
        (">=", Measure("created", ">=", START)),
        (">", Measure("created", ">=", END)),
        ("<", Measure("created", "<", START)),
        ("<=", Measure("created", "<", END)),
        ("=", And((Measure("created", ">=", START), Measure("created", "<", END)))),
    ],
)
def test_a_day_counts_as_a_whole(op, meant) -> None:
    assert Compare("created", op, "2026-03-04").meant(NOW) == meant


def test_what_comparisons_mean() -> None:
    ago = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)
    assert Compare("ended", "<=", "1h").meant(NOW) == Measure("ended", "<=", ago)
    assert Compare("took", ">", "10m").meant() == Measure("took", ">", 600.0)
    assert Compare("memory", ">", "2GB").meant() == Measure("memory", ">", 2000.0)
    assert Compare("metric.a b", "<", "1").meant() == Measure("metric.a b", "<", 1.0)
    assert Compare("param.lr", "=", "0.010").meant() == Measure("param.lr", "=", 0.01)
    assert Compare("param.opt", "=", "Adam").meant() == Measure("param.opt", "=", "adam")
    assert Compare("status", "=", "failed").meant() == Field("status", ("failed",))
    assert Field("failed", ("1", "2")).meant() == Or((Measure("failed", "=", 1.0), Measure("failed", "=", 2.0)))
    assert Field("failed", ("*",)).meant() == Field("failed", ("*",))
    assert Field("param.a", ("1", "x*")).meant() == Field("param.a", ("1", "x*"))


@pytest.mark.parametrize(
    ("name", "op", "value"),
    [("created", "=", "7d"), ("created", ">", "x"), ("took", "<", "x"), ("ref", "<", "x"), ("metric.a", "=", "x")],
)
def test_trees_without_a_meaning_are_refused(name: str, op, value: str) -> None:
    with pytest.raises(QueryError):
        Compare(name, op, value).meant(NOW)


@settings(deadline=None)
@given(st.text() | st.sampled_from(DURATIONS + SIZES + DAYS + AGES))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (number, duration, size):
        found = read(text)
        assert found is None or math.isfinite(found)
    found = span(text, NOW)
    assert found is None or found.start <= found.end
