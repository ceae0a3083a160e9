"""The x axis: steps, times of day, times since the start, and where labels stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.axes import axis_line, duration, time_step, with_label, x_label, x_ticks
from widgets.curves import AXES, Axis

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC).timestamp()


@given(st.sampled_from(AXES), st.floats(0, 1e9), st.floats(0, 1e9), st.integers(1, 20))
def test_ticks_lie_inside_in_order_and_are_not_too_many(axis: Axis, low: float, size: float, count: int) -> None:
    found = list(x_ticks(axis, low, low + size, count, UTC))
    assert found
    assert found == sorted(found)
    assert all(low - 1e-6 * size - 1e-6 <= x <= low + size + 1e-6 * size + 1e-6 for x in found)
    assert len(found) <= count + 1


def test_steps_are_whole() -> None:
    assert x_ticks("step", 0, 3, 9) == {0: "0", 1: "1", 2: "2", 3: "3"}
    assert list(x_ticks("step", 0, 100, 5).values()) == ["0", "20", "40", "60", "80", "100"]
    assert list(x_ticks("step", 0, 2e6, 4).values()) == ["0", "500k", "1M", "1.5M", "2M"]
    assert x_ticks("step", 7, 7, 5) == {7: "7"}


def test_times_of_day_are_round_in_their_zone() -> None:
    assert list(x_ticks("time", NOON, NOON + 3600, 4, UTC).values()) == ["12:00", "12:15", "12:30", "12:45", "13:00"]
    assert list(x_ticks("time", NOON, NOON + 20, 4, UTC).values()) == [
        *("12:00:00", "12:00:05", "12:00:10", "12:00:15", "12:00:20")
    ]
    days = x_ticks("time", NOON, NOON + 86_400, 4, UTC)
    assert list(days.values()) == ["12:00", "18:00", "Mar 03", "06:00", "12:00"]
    india = timezone(timedelta(hours=5, minutes=30))
    assert list(x_ticks("time", NOON, NOON + 7200, 2, india).values()) == ["18:00", "19:00"]


def test_times_since_the_start() -> None:
    assert list(x_ticks("since", 0, 7200, 4).values()) == ["0", "30m", "1h", "1h30", "2h"]
    assert list(x_ticks("since", 0.2, 0.4, 4).values()) == ["0.2s"]
    assert time_step(3600 * 24 * 400, 4) == 182 * 86_400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0"), (0.25, "0.25s"), (7, "7s"), (42, "42s"), (90, "1m30"), (120, "2m"), (3900, "1h05"), (7200, "2h"),
        (90_000, "1d1h"), (172_800, "2d"), (-90, "-1m30"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_one_place_is_told_exactly() -> None:
    assert x_label("step", 31.0) == "31"
    assert x_label("step", 1_234_567.0) == "1234567"
    assert x_label("time", NOON + 1, UTC) == "Mar 02 12:00:01"
    assert x_label("since", 3725) == "1h02"


def test_labels_stand_under_their_cells_and_never_touch() -> None:
    assert axis_line({0: "0", 10: "50", 20: "100"}, 21) == "0        50       100"
    assert axis_line({0: "zero", 3: "three", 9: "nine"}, 12) == "zero   nine "
    assert axis_line({5: "much too long"}, 8) == " " * 8


@given(
    st.dictionaries(st.integers(0, 39), st.from_regex(r"[0-9]{1,5}", fullmatch=True), max_size=8),
    st.integers(0, 39),
    st.from_regex(r"[a-z]{1,9}", fullmatch=True),
)
def test_the_reading_lines_label_cuts_no_other_in_two(labels: dict[int, str], cell: int, label: str) -> None:
    text = axis_line(labels, 40)
    before, shown, after = with_label(text, cell, label)
    assert len(before + shown + after) == 40
    assert shown == label
    assert set(before.split() + after.split()) <= set(text.split())
