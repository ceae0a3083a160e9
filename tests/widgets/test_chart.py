"""Charts and sparklines, as text."""

from __future__ import annotations

import math
from inspect import cleandoc

import pytest

from tests.widgets.stage import Stage, texts
from widgets.cells import spans_width
from widgets.chart import Chart, Drawn, Series, draw_chart, series_tone, spark
from widgets.glyphs import ASCII, use
from widgets.scale import short, tick_label, ticks

FALL = tuple((float(step), math.exp(-step / 30)) for step in range(100))
RISE = tuple((float(step), step / 100) for step in range(100))


def text(drawn: Drawn) -> str:
    return "\n".join("".join(part for part, _ in row).rstrip() for row in drawn.rows)


def golden(expected: str) -> str:
    return cleandoc(expected)


def test_one_falling_line() -> None:
    assert text(draw_chart("loss", [Series("a", FALL)], 40, 9)) == golden(
        """
        loss  0.03688  min 0.03688  max 1
        1.0│⠱⣀
           │  ⠣⡀
           │   ⠈⠲⢄
        0.5│     ⠈⠑⠦⣀
           │         ⠙⠒⠤⣀
           │             ⠉⠑⠒⠤⢄⣀⣀
           │                   ⠈⠉⠉⠑⠒⠒⠒⠦⠤⠤⠤⠤⢄⣀⣀⣀⣀
            0                 50
        """
    )


def test_in_ascii() -> None:
    use(ASCII)
    drawn = text(draw_chart("loss", [Series("a", FALL)], 30, 6))
    assert drawn.isascii()
    assert drawn == golden(
        """
        loss  0.03688  min 0.03688  m~
             1|**
              | ****
              |    ********
        0.0369|           ************
               0          50
        """
    )


def test_gaps_are_marked_and_interrupt_the_line() -> None:
    points = ((0.0, 0.0), (1.0, 1.0), (2.0, math.nan), (3.0, math.inf), (4.0, 1.0), (5.0, 0.0))
    drawn = text(draw_chart("m", [Series("a", points)], 24, 6))
    assert drawn.count("╳") == 2
    assert "min 0" in drawn.splitlines()[0]
    assert "nan" not in drawn


def test_several_series_have_names_and_tones_of_their_own() -> None:
    drawn = draw_chart("m", [Series("one", FALL), Series("two", RISE)], 50, 10)
    assert ("  one", "series-1") in drawn.rows[0]
    assert ("  two", "series-2") in drawn.rows[0]
    tones = {tone for row in drawn.rows[1:-1] for part, tone in row if part.strip()}
    assert tones == {"dim", "series-1", "series-2"}
    assert series_tone(0) == series_tone(6) == "series-1"


def test_a_row_has_one_run_per_line_not_per_cell() -> None:
    drawn = draw_chart("m", [Series("one", FALL)], 120, 30)
    assert max(len(row) for row in drawn.rows[1:]) <= 3


def test_a_logarithmic_axis_leaves_out_what_is_not_positive() -> None:
    points = (*((float(step), 10.0**-step) for step in range(6)), (6.0, 0.0), (7.0, -1.0))
    drawn = text(draw_chart("lr", [Series("a", points)], 40, 12, log_y=True))
    assert "1│" in drawn
    assert "1e-4│" in drawn or "1e-5│" in drawn
    assert "╳" in drawn
    nothing = text(draw_chart("lr", [Series("a", ((0.0, 0.0), (1.0, -1.0)))], 40, 6, log_y=True))
    assert "no value above zero" in nothing


@pytest.mark.parametrize("width", [1, 3, 5, 20, 33, 80])
@pytest.mark.parametrize("height", [1, 2, 3, 6, 24])
@pytest.mark.parametrize(
    "points",
    [
        (),
        ((0.0, math.nan),),
        ((5.0, 0.5),),
        ((0.0, 1.0), (1.0, 1.0)),
        ((-1e308, -1e308), (1e308, 1e308)),
        ((0.0, 1e-300), (1.0, 1e300)),
        ((math.nan, 1.0), (math.inf, 2.0), (1.0, 3.0)),
        ((1e15, 1.0), (1e15 + 1, 2.0)),
        FALL,
    ],
)
def test_every_chart_fills_its_place_exactly(points: tuple[tuple[float, float], ...], width: int, height: int) -> None:
    for log_y in (False, True):
        drawn = draw_chart("a title that is long enough", [Series("日本", points)], width, height, log_y=log_y)
        assert len(drawn.rows) == height
        assert {spans_width(row) for row in drawn.rows} == {width}


def test_numbers_are_short_and_ticks_are_round() -> None:
    assert [short(value) for value in (0, 0.91324, 12.5, 12500, 1234567, 3e-5, 999_999, -5.5, 1e20)] == [
        *("0", "0.9132", "12.5", "12.5k", "1.235M", "3e-5", "1M", "-5.5", "1e20")
    ]
    assert short(math.nan) == "nan"
    assert ticks(0.07, 1.02, 4) == [0.5, 1.0]
    assert ticks(0, 100, 5) == [0, 20, 40, 60, 80, 100]
    assert ticks(3, 3, 5) == [3]
    assert [tick_label(value, 0.5) for value in (0.0, 0.5, 1.0)] == ["0", "0.5", "1.0"]
    assert tick_label(250_000, 50_000) == "250k"


def test_sparklines() -> None:
    assert spark([1, 2, 3, 4, 5, 6, 7, 8], 8) == "▁▂▃▄▅▆▇█"
    assert spark([math.nan, 1, 2], 3) == " ▁█"
    assert spark([3, 3, 3], 8) == "▁▁▁"
    assert spark(list(range(100)), 5) == "▁▃▅▆█"
    assert spark([], 5) == spark([1], 0) == ""
    assert spark([math.nan], 5) == " "
    use(ASCII)
    assert spark([1, 2, 3], 3).isascii()


async def test_the_widget_shows_what_it_is_given() -> None:
    chart = Chart()
    async with Stage(chart).run_test(size=(40, 9)) as pilot:
        assert "no values yet" in "".join(texts(chart, range(9)))
        chart.show("loss", [Series("a", FALL)])
        await pilot.pause()
        assert texts(chart, [0])[0].startswith("loss  0.03688")
        await pilot.resize_terminal(30, 7)
        await pilot.pause()
        assert all(chart.render_line(y).cell_length == 30 for y in range(7))
