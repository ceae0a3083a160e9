"""Courses: order, gaps, smoothing, thinning, clocks. Properties rather than examples where there are any."""

from __future__ import annotations

import math
import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.curves import START, line
from widgets.columns import Columns
from widgets.curves import BLOCK, LONG, Clock, Course, course, gap_cells, smoothed, x_values

finite = st.floats(-1e300, 1e300)
anything = st.floats(allow_nan=True, allow_infinity=True)
points = st.lists(st.tuples(st.integers(0, 10_000), finite), min_size=1, max_size=300).map(
    lambda pairs: sorted(pairs, key=lambda pair: pair[0])
)


def course_of(pairs: list[tuple[int, float]]) -> Course:
    return course(line([y for _, y in pairs], steps=[x for x, _ in pairs]), "step")


@given(points, st.integers(1, 200))
def test_thinning_never_loses_an_extreme(pairs: list[tuple[int, float]], columns: int) -> None:
    low, high = pairs[0][0], pairs[-1][0]
    parts = course_of(pairs).parts(low, high, columns)
    place = Columns(low, high, columns)
    found = list(zip(parts.columns, parts.leasts, parts.greatests, strict=True))
    for at, (column, least, greatest) in enumerate(found):
        assert 0 <= column < columns
        assert least <= min(parts.first(at), parts.last(at)) <= max(parts.first(at), parts.last(at)) <= greatest
    for x, y in pairs:
        near = [part for part in found if abs(part[0] - place.of(x)) <= 1]
        assert any(least <= y <= greatest for _, least, greatest in near)
    whole = min(y for _, y in pairs), max(y for _, y in pairs)
    assert (min(parts.leasts), max(parts.greatests)) == whole
    assert parts.first(0) == pairs[0][1]
    assert parts.last(len(found) - 1) == pairs[-1][1]
    assert parts.columns == sorted(set(parts.columns))
    assert course_of(pairs).range_of(parts, low, high, columns) == whole == course_of(pairs).y_range


@given(points, st.integers(0, 10_000), st.integers(1, 5_000), st.integers(2, 60))
def test_a_part_of_a_course_shows_its_points_and_leads_out_to_the_next_ones(
    pairs: list[tuple[int, float]], low: int, size: int, columns: int
) -> None:
    high = low + size
    parts = course_of(pairs).parts(low, high, columns)
    inside = [y for x, y in pairs if low <= x <= high]
    seen = parts.seen(columns)
    assert all(0 <= column < columns for column in parts.columns[seen])
    if inside:
        assert (min(parts.leasts[seen]), max(parts.greatests[seen])) == (min(inside), max(inside))
    before, after = [y for x, y in pairs if x < low], [y for x, y in pairs if x > high]
    if before:
        assert (parts.columns[0] < 0, parts.first(0)) == (True, before[-1])
    if after:
        last = len(parts.columns) - 1
        assert (parts.columns[last] >= columns, parts.last(last)) == (True, after[0])


def test_a_long_course_finds_the_same_extremes_as_a_short_one() -> None:
    values = [math.sin(at * at / 977) * (at % 89) for at in range(LONG + 500)]
    values[4321], values[17] = 1e9, -1e9
    whole = course(line(values), "step")
    for start, stop in ((0, len(values)), (3, 5), (1, 3 * BLOCK), (BLOCK, 3 * BLOCK), (4000, 5000), (8000, LONG + 500)):
        assert whole.extremes(start, stop) == (min(values[start:stop]), max(values[start:stop]))


@given(st.lists(anything, max_size=80))
def test_what_is_missing_becomes_a_gap_in_its_place(values: list[float]) -> None:
    found = course(line(values), "step")
    greatest = sys.float_info.max
    known = [(x, y) for x, y in enumerate(values) if -greatest < y < greatest]
    assert list(zip(found.xs, found.ys, strict=True)) == known
    assert list(found.gap_xs) == [x for x, y in enumerate(values) if not -greatest < y < greatest]
    for at in found.breaks - {len(known)}:
        before = known[at - 1][0] if at else -1
        assert any(before < gap < known[at][0] for gap in found.gap_xs)


def test_infinities_are_told_from_nan_even_where_mlflow_has_cut_them() -> None:
    greatest = sys.float_info.max
    found = course(line([1.0, math.nan, math.inf, greatest, -greatest, 2.0]), "step")
    assert list(map(str, found.gaps)) == ["nan", "inf", "inf", "-inf"]
    assert list(found.ys) == [1.0, 2.0]
    assert found.breaks == {1}
    assert gap_cells(found, 0, 5, 6) == {
        1: pytest.approx(math.nan, nan_ok=True),
        2: math.inf,
        3: math.inf,
        4: -math.inf,
    }
    assert gap_cells(found, 0, 5, 2)[0] == math.inf, "an infinity counts for more than NaN"


def test_on_a_log_scale_only_what_is_above_zero_counts() -> None:
    found = course(line([1.0, 0.0, -1.0, 2.0]), "step", above_zero=True)
    assert list(found.ys) == [1.0, 2.0]
    assert list(found.gaps) == [-math.inf, -math.inf]
    assert found.last == 2.0


def test_the_last_value_can_be_missing() -> None:
    assert math.isnan(course(line([1.0, math.nan]), "step").last or 0)
    assert course(line([]), "step").last is None
    assert course(line([]), "step").x_range is None
    assert course(line([math.nan, math.nan]), "step").x_range == (0, 1)
    assert course(line([math.nan]), "step").y_range is None


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_times_that_go_back_are_put_in_order(offsets: list[int]) -> None:
    given_line = line([float(at) for at in range(len(offsets))])._replace(
        times=array("q", [START + 1000 * offset for offset in offsets])
    )
    found = course(given_line, "since")
    assert list(found.xs) == sorted(map(float, offsets))
    assert sorted(found.ys) == list(map(float, range(len(offsets))))


def test_x_axes() -> None:
    one = line([1.0, 2.0], steps=[10, 20])
    assert list(x_values(one, "step")) == [10, 20]
    assert list(x_values(one, "time")) == [START / 1000, START / 1000 + 1]
    assert list(x_values(one, "since")) == [0, 1]
    assert list(x_values(one._replace(start=None, times=[5000, 7000]), "since")) == [0, 2]


# Smoothing


@given(points, st.sampled_from([0.3, 0.6, 0.9, 0.99]))
def test_smoothing_stays_within_what_was_so_far_and_begins_without_bias(
    pairs: list[tuple[int, float]], weight: float
) -> None:
    rough = course_of(pairs)
    smooth = smoothed(rough, weight)
    assert smooth.ys[0] == pytest.approx(rough.ys[0])
    for at, y in enumerate(smooth.ys):
        low, high = min(rough.ys[: at + 1]), max(rough.ys[: at + 1])
        slack = 1e-9 * max(abs(low), abs(high)) + 1e-300
        assert low - slack <= y <= high + slack


def test_smoothing_is_tensorboards() -> None:
    values, weight = [1.0, 3.0, 2.0, 8.0], 0.6
    last, expected = 0.0, []
    for number, value in enumerate(values, 1):
        last = last * weight + (1 - weight) * value
        expected.append(last / (1 - weight**number))
    assert list(smoothed(course(line(values), "step"), weight).ys) == pytest.approx(expected)


def test_smoothing_skips_gaps_and_keeps_them() -> None:
    rough = course(line([4.0, math.nan, 4.0]), "step")
    smooth = smoothed(rough, 0.9)
    assert list(smooth.ys) == pytest.approx([4.0, 4.0])
    assert smooth.breaks == rough.breaks
    assert smooth.gaps is rough.gaps
    assert smoothed(rough, 0.0) is rough


# Reading


def test_the_value_at_a_place_is_the_nearest_one_and_none_outside() -> None:
    found = course(line([1.0, 2.0, math.nan, 4.0], steps=[0, 10, 20, 30]), "step")
    assert found.value_at(4, 1) == 1.0
    assert found.value_at(6, 1) == 2.0
    assert math.isnan(found.value_at(21, 1) or 0)
    assert found.value_at(30.5, 1) == 4.0
    assert found.value_at(32, 1) is None
    assert found.value_at(-2, 1) is None
    assert course(line([]), "step").value_at(0, 1) is None


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=50, unique=True).map(sorted), st.floats(0, 1))
def test_a_clock_finds_its_way_back(steps: list[int], part: float) -> None:
    clock = Clock(line([0.0] * len(steps), steps=steps, every=7000))
    step = steps[0] + (steps[-1] - steps[0]) * part
    for axis in ("since", "time"):
        there = clock.convert(step, "step", axis)
        assert there is not None
        back = clock.convert(there, axis, "step")
        assert back == pytest.approx(step, abs=1.0)


def test_a_clock_without_points_knows_nothing() -> None:
    assert Clock(line([])).convert(3, "step", "since") is None
    assert Clock(line([])).convert(3, "step", "step") == 3
    assert Clock(line([1.0, 1.0])).convert(99, "step", "since") == 1.0
