"""Axes of numbers: ticks that can be told apart, numbers in few cells, linear, log and symlog scales."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from widgets.scale import SCALINGS, Scale, Scaling, fit_scale, nice_step, short, symlog_threshold, tick_label, ticks

numbers = st.floats(-1e12, 1e12)
any_number = st.floats(-1e308, 1e308)


@given(numbers, numbers, st.integers(1, 20))
def test_ticks_are_round_in_order_and_inside(low: float, high: float, count: int) -> None:
    assume(high > low and (high - low) > 1e-9 * max(abs(low), abs(high)))
    found = ticks(low, high, count)
    step = nice_step(high - low, count)
    slack = 1e-6 * step
    assert found == sorted(set(found))
    assert all(low - slack <= value <= high + slack for value in found)
    assert len(found) <= count + 1
    assert len(found) >= (high - low) / step - 1


@given(numbers, numbers, st.integers(1, 12))
def test_labels_tell_ticks_apart(low: float, high: float, count: int) -> None:
    assume(high > low and (high - low) > 1e-6 * max(abs(low), abs(high)))
    labels = Scale("linear", low, high).ticks(count)
    assert len(set(labels.values())) == len(labels)


@given(st.lists(any_number, min_size=1, max_size=20), st.sampled_from(SCALINGS), st.integers(1, 200))
def test_a_scale_puts_every_value_on_a_row_and_keeps_their_order(values: list[float], kind: Scaling, rows: int) -> None:
    scale = fit_scale(kind, values)
    known = sorted(value for value in values if kind != "log" or value > 0)
    if scale is None:
        assert not known
        return
    found = scale.rows(known, rows)
    assert found == sorted(found)
    assert all(0 <= row < rows for row in found)
    if known[0] < known[-1] and math.isfinite(known[-1] - known[0]) and rows > 1:
        assert (found[0], found[-1]) in {(0, rows - 1), (rows // 2, rows // 2)}


@given(st.lists(any_number, min_size=1, max_size=20), st.sampled_from(SCALINGS), st.integers(1, 20))
def test_every_scale_has_labels_inside(values: list[float], kind: Scaling, count: int) -> None:
    scale = fit_scale(kind, values)
    if scale is None:
        return
    labels = scale.ticks(count)
    slack = 1e-6 * max(abs(scale.low), abs(scale.high))
    assert labels
    assert all(scale.low - slack <= value <= scale.high + slack for value in labels)
    assert all(text.isascii() and 0 < len(text) <= 24 for text in labels.values())


def test_decades() -> None:
    words = ("1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "10")
    assert tuple(Scale("log", 1e-5, 10).ticks(7).values()) == words
    assert list(Scale("log", 1e-6, 1e6).ticks(3).values()) == ["1e-4", "1", "10k"]
    assert list(Scale("log", 1.5, 60).ticks(6).values()) == ["2", "5", "10", "20", "50"]
    assert list(Scale("log", 0.31, 0.33).ticks(3).values()) == ["0.31", "0.33"]


def test_symlog() -> None:
    scale = fit_scale("symlog", [-1000.0, -1.0, 0.0, 1.0, 10.0, 1000.0])
    assert scale is not None
    assert scale.threshold == 1.0
    assert list(scale.ticks(7).values()) == ["-1000", "-10", "0", "10", "1000"]
    low, middle, high = scale.rows([-10.0, 0.0, 10.0], 101)
    assert middle == 50
    assert high - 50 == 50 - low > 10


def test_the_linear_part_of_a_symlog_scale_is_typical_and_bounded() -> None:
    assert symlog_threshold([0.0, 0.0]) == 1.0
    assert symlog_threshold([1e-30, *[float(value) for value in range(1, 100)]]) == 10.0
    assert symlog_threshold([1e-9, 1e9]) == pytest.approx(1e4)
    assert symlog_threshold([5e-324]) > 0


def test_flat_and_single_values_stand_in_the_middle() -> None:
    for kind in SCALINGS:
        scale = fit_scale(kind, [3.0, 3.0])
        assert scale is not None
        assert scale.rows([3.0], 9) == [4]
        assert list(scale.ticks(4).values()) == ["3"]
    assert fit_scale("log", [0.0, -1.0]) is None
    assert fit_scale("linear", []) is None


def test_numbers_are_short() -> None:
    assert [short(value) for value in (0, 0.91324, 12.5, 12500, 1234567, 3e-5, 999_999, -5.5, 1e20)] == [
        *("0", "0.9132", "12.5", "12.5k", "1.235M", "3e-5", "1M", "-5.5", "1e20")
    ]
    assert short(math.nan) == "nan"
    assert [short(value) for value in (9.9996e-5, 1.7976931348623157e308, 999_999.9)] == ["1e-4", "1.8e308", "1M"]
    assert ticks(0.07, 1.02, 4) == [0.5, 1.0]
    assert ticks(0, 100, 5) == [0, 20, 40, 60, 80, 100]
    assert ticks(3, 3, 5) == [3]
    assert [tick_label(value, 0.5) for value in (0.0, 0.5, 1.0)] == ["0", "0.5", "1.0"]
    assert tick_label(250_000, 50_000) == "250k"
    assert [tick_label(value, 1) for value in (1_000_001, 1_000_002)] == ["1000001", "1000002"]


@given(st.floats(-1e307, 1e307), st.integers(3, 15))
def test_short_numbers_are_close(value: float, digits: int) -> None:
    text = short(value, digits)
    for prefix, power in (("k", 3), ("M", 6), ("G", 9), ("T", 12)):
        text = text.replace(prefix, f"e{power}")
    assert float(text) == pytest.approx(value, rel=10.0 ** (2 - digits), abs=1e-307)
