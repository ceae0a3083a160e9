"""Rows <-> lines: folded ranges, and the lines that a filter leaves with those around them."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from widgets.folds import Folds
from widgets.logrows import SLICE, STEP, Chosen, Rows

NUMBERS = st.sets(st.integers(0, 400), max_size=200)


def check(model: Rows, shown: list[int], lines: int) -> None:
    """`model` shows exactly `shown` of `lines` lines."""
    assert model.rows(lines) == len(shown)
    assert [model.line(row) for row in range(len(shown))] == shown
    assert [model.row(line) for line in shown] == list(range(len(shown)))
    inside = set(shown)
    assert [line for line in range(lines) if not model.hides(line)] == shown
    for line in range(lines):
        if shown and line not in inside:
            near = model.row(line)
            assert 0 <= near < len(shown)
            assert (line < shown[near]) + sum(other < line for other in shown) >= near


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8), st.integers(0, 80))
def test_folds_hide_what_is_in_any_of_them(ranges: list[tuple[int, int]], lines: int) -> None:
    hidden = {line for start, end in ranges for line in range(start, end)}
    shown = [line for line in range(lines) if line not in hidden]
    folds = Folds(ranges)
    assert folds.rows(lines) == len(shown)
    assert [folds.line(row) for row in range(len(shown))] == shown
    assert [folds.row(line) for line in shown] == list(range(len(shown)))
    assert [line for line in range(lines) if not folds.hides(line)] == shown


@given(NUMBERS, st.integers(0, 5), st.integers(1, 410))
def test_a_filter_shows_its_lines_with_their_context(numbers: set[int], context: int, lines: int) -> None:
    chosen = Chosen(array("I", sorted(numbers)), context)
    assert chosen.take(lines)
    known = [number for number in numbers if number < lines]
    shown = sorted({line for number in known for line in range(number - context, number + context + 1)})
    check(chosen, [line for line in shown if 0 <= line < lines], lines)


@given(NUMBERS, st.integers(0, 4), st.lists(st.integers(0, 60), max_size=6))
def test_a_filter_that_grows_is_as_one_that_was_there_at_once(
    numbers: set[int], context: int, steps: list[int]
) -> None:
    ordered = sorted(numbers)
    growing = array("I")
    chosen = Chosen(growing, context)
    for step in [*steps, len(ordered)]:
        growing.extend(ordered[len(growing) : len(growing) + step])
        assert chosen.take(401)
        rows = chosen.rows(401)
        whole = Chosen(array("I", growing), context)
        whole.take(401)
        assert [chosen.line(row) for row in range(rows)] == [whole.line(row) for row in range(whole.rows(401))]


def test_gaps_are_told_of_only_where_lines_are_left_out() -> None:
    chosen = Chosen(array("I", (5, 8, 20)), 1)
    chosen.take(30)
    assert [chosen.line(row) for row in range(9)] == [4, 5, 6, 7, 8, 9, 19, 20, 21]
    assert [row for row in range(9) if chosen.gap_after(row, 30)] == [5]
    bare = Chosen(array("I", (5, 8, 20)), 0)
    bare.take(30)
    assert not any(bare.gap_after(row, 30) for row in range(3))


def test_lines_that_the_log_does_not_have_yet_are_taken_when_it_has_them() -> None:
    chosen = Chosen(array("I", (3, 10)), 2)
    chosen.take(5)
    assert [chosen.line(row) for row in range(chosen.rows(5))] == [1, 2, 3, 4]
    assert chosen.rows(6) == 5
    chosen.take(11)
    assert chosen.rows(11) == 8


def test_a_filter_without_lines_shows_nothing() -> None:
    chosen = Chosen(array("I"), 3)
    assert chosen.take(100)
    assert (chosen.rows(100), chosen.line(0), chosen.row(50), chosen.hides(50)) == (0, 0, 0, True)


def test_many_lines_are_taken_in_slices() -> None:
    numbers = array("I", range(0, 10 * SLICE, 3))
    chosen = Chosen(numbers, 1)
    calls = 1
    while not chosen.take(10 * SLICE):
        calls += 1
    assert calls == -(-len(numbers) // SLICE)
    assert chosen.rows(10 * SLICE) == 10 * SLICE - 1
    assert len(chosen._before) == len(numbers) // STEP + 1
    assert all(chosen.line(row) == row == chosen.row(row) for row in range(0, 10 * SLICE - 1, 997))
