"""Dots in cells: spans of lines, what stands in front, dashes, marks, ASCII."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from widgets.braille import SIGNS, SPANS, Canvas, Trace, trace
from widgets.columns import Parts
from widgets.curves import Course


def parts_of(points: Sequence[tuple[int, float]], columns: int, *, breaks: Collection[int] = ()) -> Parts:
    """Points whose x are dot columns."""
    course = Course([x for x, _ in points], [float(y) for _, y in points], frozenset(breaks))
    return course.parts(0, columns - 1, columns)


def as_rows(values: Sequence[float]) -> list[int]:
    return [int(value) for value in values]


def test_signs_are_the_braille_cells() -> None:
    assert SIGNS[0] == " "
    assert SIGNS[255] == "⣿"
    assert SIGNS[SPANS[0][0][0]] == "⡀"
    assert SIGNS[SPANS[1][3][3]] == "⠈"
    assert SIGNS[SPANS[0][0][3] | SPANS[1][0][3]] == "⣿"


@given(st.lists(st.tuples(st.integers(-30, 90), st.integers(-40, 80)), min_size=1, max_size=20))
def test_a_line_has_no_hole(places: list[tuple[int, int]]) -> None:
    """From column to column the spans touch each other, at most diagonally."""
    found = sorted(dict(places).items())
    drawn = trace(parts_of(found, 60), as_rows, 60, 40)
    inside = [column for column in range(60) if drawn.highs[column] >= drawn.lows[column]]
    first, last = max(0, found[0][0]), min(59, found[-1][0])
    assert inside == list(range(first, last + 1))
    for left, right in pairwise(inside):
        assert drawn.lows[left] <= drawn.highs[right] + 1
        assert drawn.lows[right] <= drawn.highs[left] + 1
    for column, row in found:
        if 0 <= column < 60:
            assert drawn.lows[column] <= row <= drawn.highs[column]


def test_a_line_is_broken_where_points_are_not_joined() -> None:
    drawn = trace(parts_of([(0, 3), (5, 3), (6, 3)], 8, breaks={1}), as_rows, 8, 8)
    assert [high >= 0 for high in drawn.highs] == [True, False, False, False, False, True, True, False]


def test_values_far_outside_do_no_harm() -> None:
    parts = parts_of([(-5, 1e308), (2, 3.0), (99, -1e308)], 8)
    drawn = trace(parts, lambda values: [int(value * 10) for value in values], 8, 8)
    assert drawn.lows[2] <= 30


def test_the_line_in_front_hides_the_dots_of_others_in_its_cells() -> None:
    canvas = Canvas(2, 1)
    canvas.draw(Trace([0, 0, 0, 0], [3, 3, 3, 3]), 1)
    canvas.draw(Trace([0, 4, 4, 4], [0, -1, -1, -1]), 2)
    assert canvas.row(0) == [("⡀", 2), ("⣿", 1)]
    canvas.draw(Trace([2, 4, 4, 4], [2, -1, -1, -1]), 2)
    assert canvas.row(0) == [("⡂", 2), ("⣿", 1)]


def test_blanks_join_the_run_before_them() -> None:
    canvas = Canvas(6, 1)
    canvas.draw(Trace([4, 4, 0, 0] + [4] * 8, [-1, -1, 0, 0] + [-1] * 8), 1)
    canvas.draw(Trace([4] * 8 + [0, 0, 4, 4], [-1] * 8 + [0, 0, -1, -1]), 2)
    assert canvas.row(0) == [(" ⣀  ", 1), ("⣀ ", 2)]
    assert [canvas.is_blank(cell, 0) for cell in range(6)] == [True, False, True, True, False, True]


def test_dashes_leave_columns_out() -> None:
    canvas = Canvas(4, 1)
    canvas.draw(Trace([0] * 8, [0] * 8), 1, dash=0b00001111)
    assert canvas.row(0) == [("⣀⣀  ", 1)]


def test_marks_replace_what_is_in_their_cell() -> None:
    canvas = Canvas(3, 2)
    canvas.draw(Trace([0] * 6, [7] * 6), 1)
    canvas.mark(1, 0, "╳", 2)
    canvas.mark(7, 0, "╳", 2)
    assert canvas.row(0) == [("⣿", 1), ("╳", 2), ("⣿", 1)]
    assert canvas.row(1) == [("⣿⣿⣿", 1)]


def test_in_ascii_a_line_is_drawn_with_its_sign() -> None:
    canvas = Canvas(3, 3, ascii=True)
    assert (canvas.columns, canvas.rows) == (3, 3)
    canvas.draw(Trace([0, 1, 2], [0, 2, 2]), 1, sign="a")
    assert [canvas.row(row) for row in (2, 1, 0)] == [[(" aa", 1)], [(" a ", 1)], [("a  ", 1)]]
