"""One chart as text."""

from __future__ import annotations

import math
from datetime import UTC
from itertools import product
from textwrap import dedent

import pytest

from tests.widgets.curves import curve, falling, line
from widgets.cells import spans_width
from widgets.curves import Line
from widgets.glyphs import ASCII, use
from widgets.plot import Figure, View, draw_figure
from widgets.scale import SCALINGS, Scaling

RISE = [at / 100 for at in range(100)]


def drawn(lines: list[Line], width: int, height: int, view: View | None = None, empty: str = "") -> Figure:
    view = view or View()
    return draw_figure([curve(one, view) for one in lines], view, width, height, empty)


def text(figure: Figure) -> str:
    rows = ["".join(part for part, _ in row).rstrip() for row in figure.rows]
    return "\n".join([*rows, (" " * figure.left + figure.axis).rstrip()])


def golden(expected: str) -> str:
    return dedent(expected).strip("\n").rstrip()


def test_one_falling_line() -> None:
    assert text(drawn([falling()], 40, 8)) == golden(
        """
        1.0│⠱⣀
           │  ⠣⡀
           │   ⠈⠲⢄
        0.5│     ⠈⠑⠦⣀
           │         ⠙⠒⠤⣀
           │             ⠉⠑⠒⠤⢄⣀⣀
           │                   ⠈⠉⠉⠑⠒⠒⠒⠦⠤⠤⠤⠤⢄⣀⣀⣀⣀
            0                50
        """
    )


def test_in_ascii_several_lines_are_drawn_with_their_letters() -> None:
    use(ASCII)
    shown = text(drawn([falling(0), falling(1)], 30, 6))
    assert shown == golden(
        """
             1|11
              | 1112
              |   111122
              |      1111111222      2
        0.0369|            11111111111
               0         50
        """
    )


def test_gaps_are_marked_in_their_place_and_interrupt_the_line() -> None:
    greatest = math.inf
    shown = text(drawn([line([0.0, 1.0, math.nan, greatest, 1.0, -greatest, 0.0])], 26, 6))
    first, last = shown.splitlines()[0], shown.splitlines()[-2]
    assert "▴" in first
    assert "╳" in last
    assert "▾" in last
    assert "nan" not in shown
    assert "inf" not in shown


def test_a_course_of_gaps_only_says_so() -> None:
    shown = text(drawn([line([math.nan] * 5)], 40, 6))
    assert "no finite value" in shown
    assert shown.splitlines()[-2].count("╳") == 5


def test_lines_end_in_their_letters_on_rows_of_their_own() -> None:
    shown = drawn([falling(0), falling(1), falling(2)], 40, 9)
    letters = [row[-1] for row in shown.rows if row[-1][0] in "123"]
    assert sorted(letters) == [("1", "series-1"), ("2", "series-2"), ("3", "series-3")]
    near = [line([1.0, value], number) for number, value in enumerate((0.01, 0.03, 0.02, 0.0))]
    ends = [row[-1][0] for row in drawn(near, 40, 9).rows]
    assert "".join(ends[-4:]) == "2314", "in the order of the values"
    assert "".join(row[-1][0] for row in drawn(near, 40, 4).rows) == "231"
    alone = drawn([falling(0)], 40, 9)
    assert all(row[-1][0] != "1" for row in alone.rows)


def test_raw_values_stand_dimmed_behind_the_smoothed_ones() -> None:
    noisy = line([at % 2 + at / 50 for at in range(100)])
    shown = drawn([noisy], 40, 9, View(smoothing=0.9))
    tones = {tone for row in shown.rows for part, tone in row if part.strip()}
    assert {"series-1", "series-1-raw"} <= tones


def test_marked_runs_stand_out() -> None:
    shown = drawn([falling(0), falling(1)], 40, 9, View(marked=frozenset({"run1"})))
    tones = {tone for row in shown.rows for part, tone in row[1:-1] if part.strip()}
    assert tones == {"series-1-raw", "series-2"}


def test_a_row_has_one_run_per_line_not_per_cell() -> None:
    assert max(len(row) for row in drawn([falling()], 120, 30).rows) <= 2


def test_a_log_scale_leaves_out_what_is_not_above_zero() -> None:
    values = [*(10.0**-at for at in range(6)), 0.0, -1.0]
    shown = text(drawn([line(values)], 40, 12, View(scaling="log")))
    assert "1│" in shown
    assert "1e-4│" in shown or "1e-5│" in shown
    assert "▾" in shown
    assert "no value above zero" in text(drawn([line([0.0, -1.0])], 40, 6, View(scaling="log")))


def test_a_part_of_the_axis_fits_the_scale_to_what_is_in_sight() -> None:
    shown = drawn([line(RISE)], 40, 9, View(window=(40, 60)))
    labels = [row[0][0].strip("│ ") for row in shown.rows]
    assert {"0.6", "0.5", "0.4"} <= set(labels)
    assert (shown.low, shown.high) == (40, 60)
    nothing = text(drawn([line(RISE)], 40, 9, View(window=(400, 600))))
    assert "no value from 400 to 600" in nothing


def test_a_line_leads_out_of_the_part_that_is_shown() -> None:
    sparse = line([0.0, 5.0, 10.0], steps=[0, 50, 100])
    shown = drawn([sparse], 30, 6, View(window=(40, 60)))
    corners = [shown.blank(cell, row) for cell, row in ((0, 4), (shown.width - 1, 0), (0, 0), (shown.width - 1, 4))]
    assert corners == [False, False, True, True]
    between = drawn([sparse], 30, 6, View(window=(10, 20)))
    assert not all(between.blank(cell, row) for cell in range(between.width) for row in range(5))


def test_axes_of_time() -> None:
    slow = line(RISE)._replace(times=[1_772_452_800_000 + 60_000 * at for at in range(100)])
    assert "12:40" in drawn([slow], 60, 8, View(axis="time", zone=UTC)).axis
    assert "1h" in drawn([slow], 60, 8, View(axis="since")).axis


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize(
    "values",
    [
        (),
        (math.nan,),
        (0.5,),
        (1.0, 1.0),
        (-1e308, 1e308),
        (1e-300, 1e300),
        (math.nan, 1.0, math.inf, 2.0, 3.0),
        (0.0,) * 50,
        (5e-324, 1e-323),
    ],
)
def test_every_chart_fills_its_place_exactly(values: tuple[float, ...], scaling: Scaling) -> None:
    for lines in ([line(values)], [line(values, 0, name="日本"), line(RISE, 1)], []):
        view = View(scaling=scaling, smoothing=0.9 if len(lines) > 1 else 0.0)
        for width, height in product([1, 3, 8, 20, 33, 80], [2, 3, 7, 24]):
            shown = drawn(lines, width, height, view, "nothing yet")
            assert len(shown.rows) == height - 1
            assert {spans_width(row) for row in shown.rows} == {width}
            assert shown.left + len(shown.axis) <= width


def test_two_hundred_lines_are_drawn() -> None:
    shown = drawn([falling(number, 30) for number in range(200)], 80, 30)
    assert len({tone for row in shown.rows for _, tone in row if tone.startswith("series")}) == 8
