"""The grid of charts: what is in sight, what is drawn again, and what keys do."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC

import pytest
from textual.binding import Binding
from textual.geometry import Region
from textual.pilot import Pilot

from tests.widgets.curves import falling, line, metric, wave
from tests.widgets.stage import Stage, texts, until
from tui.commands import CHART
from widgets import chartpaint
from widgets.cells import Cell
from widgets.chartgrid import ChartGrid, Metric
from widgets.glyphs import ASCII, use

KEYS = ("accuracy", "f1", "loss", "lr")


def some(runs: int = 2, keys: tuple[str, ...] = KEYS) -> list[Metric]:
    return [metric(key, *(wave(key, number) for number in range(runs))) for key in keys]


@asynccontextmanager
async def grid_of(
    metrics: list[Metric], size: tuple[int, int] = (120, 33), theme: str = "lineside-dark"
) -> AsyncIterator[tuple[ChartGrid, Pilot[None]]]:
    """A grid with the focus that has drawn `metrics`."""
    grid = ChartGrid(zone=UTC)
    app = Stage(grid, theme=theme)
    async with app.run_test(size=size, message_hook=app.hear) as pilot:
        grid.focus()
        grid.show(metrics)
        await until(pilot, lambda: grid.drawn and grid.has_focus)
        yield grid, pilot


def shown(grid: ChartGrid) -> str:
    """Everything that it draws."""
    return "\n".join(texts(grid, range(grid.size.height)))


def said(pilot: Pilot[None]) -> str:
    """The last sentence."""
    app = pilot.app
    assert isinstance(app, Stage)
    found = app.of(ChartGrid.Said)
    return found[-1].text if found else ""


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Numbers of lines of the charts that were drawn anew."""
    drawn: list[int] = []
    real = chartpaint.draw_figure

    def counting(curves, *rest):  # type: ignore[no-untyped-def]
        drawn.append(len(curves))
        return real(curves, *rest)

    monkeypatch.setattr(chartpaint, "draw_figure", counting)
    yield drawn


def test_it_binds_the_keys_of_the_registry() -> None:
    own = {binding.id: binding.key for binding in ChartGrid.BINDINGS if isinstance(binding, Binding)}
    assert own == {spec.id: ",".join(spec.keys) for spec in CHART}


async def test_charts_have_titles_with_the_last_values_and_the_runs_are_named_once() -> None:
    async with grid_of(some()) as (grid, _):
        text = shown(grid)
        assert texts(grid, [0])[0].startswith("1━ owl-1  2━ owl-2")
        assert "step  4 charts" in text
        for key in KEYS:
            assert key in text
        assert all(grid.render_line(y).cell_length == 120 for y in range(33))


async def test_one_run_shows_last_min_and_max() -> None:
    async with grid_of([metric("loss", falling())]) as (grid, _):
        assert texts(grid, [1])[0] == "loss  0.03688  min 0.03688  max 1"
        assert texts(grid, [0])[0].startswith("owl-1")


async def test_long_names_of_metrics_are_told_apart() -> None:
    keys = ["system/gpu_0_memory_usage_megabytes", "system/gpu_0_memory_usage_percentage", "system/a", "system/b"]
    async with grid_of([metric(key, falling()) for key in keys], (80, 30)) as (grid, _):
        text = shown(grid)
        assert "system/gpu_0_memory_usage_meg…  0.03688" in text
        assert "system/gpu_0_memory_usage_per…  0.03688" in text


async def test_without_charts_it_says_why() -> None:
    async with grid_of([]) as (grid, pilot):
        grid.set_empty([Cell("No metrics yet", "bold")])
        await pilot.pause()
        assert "No metrics yet" in shown(grid)
        grid.show([metric("loss"), metric("lr", line([]))])
        await pilot.pause()
        assert "not read yet" in shown(grid)
        assert "no values yet" in shown(grid)


async def test_only_charts_in_sight_are_drawn(figures: list[int]) -> None:
    many = [metric(f"m{number:03}", falling()) for number in range(300)]
    async with grid_of(many, (120, 33)) as (grid, pilot):
        assert grid.shown_keys == [f"m{number:03}" for number in range(9)]
        assert len(figures) == 9
        assert "1-9 of 300" in shown(grid)
        await pilot.press("pagedown")
        await until(pilot, lambda: grid.drawn)
        assert grid.shown_keys[0] == "m009"
        assert grid.current == "m009"
        assert len(figures) == 18
        await pilot.press("G")
        assert grid.shown_keys[-1] == "m299"
        await pilot.press("g")
        assert grid.current == "m000"


async def test_the_cursor_goes_from_chart_to_chart_and_tells() -> None:
    async with grid_of([metric(f"m{number}", falling()) for number in range(20)]) as (grid, pilot):
        assert grid.layout_now.tiling.columns == 3
        await pilot.press("l", "j")
        assert grid.current == "m4"
        await pilot.press("h", "k", "k")
        assert grid.current == "m0"
        await pilot.press("G", "j")
        assert grid.current == "m19"
        app = pilot.app
        assert isinstance(app, Stage)
        assert app.of(ChartGrid.Moved)[-1].key == "m19"
        assert grid.go_to("m7")
        assert not grid.go_to("nothing")
        assert grid.current == "m7"


async def test_one_chart_alone_has_a_table_of_its_numbers() -> None:
    async with grid_of(some(3)) as (grid, pilot):
        await pilot.press("l", "z")
        await until(pilot, lambda: grid.drawn)
        assert grid.shown_keys == ["f1"]
        for size, height in ((140, 33), (90, 30)):
            await pilot.resize_terminal(size, height)
            await until(pilot, lambda: grid.drawn and "max" in shown(grid))
            text = shown(grid)
            assert [word in text for word in ("run", "last", "min", "1━ owl-1", "3━ owl-3", "2 of 4")] == [True] * 6
            assert all(grid.render_line(y).cell_length == size for y in range(height))
        await pilot.press("left", "j")
        assert grid.current == "loss"
        assert "at line" in shown(grid)
        await pilot.press("z")
        assert grid.shown_keys == list(KEYS)


async def test_a_filter_shows_what_matches_and_keeps_the_cursor() -> None:
    async with grid_of(some(1, ("Loss", "val_loss", "lr", "grad/loss"))) as (grid, pilot):
        await pilot.press("l")
        assert grid.set_filter("loss$") == ""
        assert grid.shown_keys == ["Loss", "val_loss", "grad/loss"]
        assert grid.current == "val_loss"
        assert grid.filter_regex == "(?i:loss$)"
        assert grid.set_filter("Loss") == ""
        assert grid.shown_keys == ["Loss"]
        assert grid.set_filter("lo(ss") == "missing ), unterminated subpattern at 2"
        assert grid.shown_keys == ["Loss"]
        assert grid.set_filter("") == ""
        assert len(grid.shown) == 4


# The reading line


async def test_the_reading_line_stands_on_all_charts_and_titles_tell_the_values_there() -> None:
    every_tenth = line([float(at) for at in range(11)], steps=range(0, 101, 10))
    charts = [metric("a", line([at / 2 for at in range(101)])), metric("b", every_tenth)]
    async with grid_of(charts, (80, 30)) as (grid, pilot):
        await pilot.press("left")
        assert grid.reading == ("step", 100.0)
        assert texts(grid, [1])[0].startswith("a  50  ")
        await pilot.press(*["left"] * 10)
        assert grid.reading is not None
        at = grid.reading[1]
        assert 80 <= at < 100
        text = shown(grid)
        assert f"a  {at / 2:g}" in text
        assert f"b  {round(at / 10)}" in text
        assert f" {at:g} " in texts(grid, [14])[0] + " ", "the axis tells where"
        assert grid.reading_text() == repr(at / 2)
        assert grid.reading_name() == f"a at step {at:g}"
        await pilot.press("right")
        assert grid.reading[1] > at


async def test_it_goes_from_point_to_point_where_there_are_few() -> None:
    async with grid_of([metric("a", line([1.0, math.nan, 3.0], steps=[0, 50, 100]))]) as (grid, pilot):
        seen = []
        for _ in range(4):
            await pilot.press("left")
            assert grid.reading is not None
            seen.append((grid.reading[1], texts(grid, [1])[0].split()[1]))
        assert seen == [(100.0, "3"), (50.0, "NaN"), (0.0, "1"), (0.0, "1")]


async def test_values_of_several_runs_are_copied_by_name() -> None:
    async with grid_of([metric("a", falling(0), falling(1)), metric("none")]) as (grid, pilot):
        assert grid.reading_name() == "the last value of a"
        lines = grid.reading_text().splitlines()
        assert [one.split("\t")[0] for one in lines] == ["owl-1", "owl-2"]
        assert float(lines[0].split("\t")[1]) == pytest.approx(math.exp(-99 / 30))
        await pilot.press("l", "left")
        assert said(pilot) == "there is nothing to read here yet"
        assert grid.reading_text() == ""


async def test_moving_it_draws_no_chart_anew(figures: list[int]) -> None:
    async with grid_of(some()) as (grid, pilot):
        drawn = len(figures)
        await pilot.press("left", "left", "left")
        assert len(figures) == drawn
        assert shown(grid).count("│") > 4


async def test_system_metrics_stand_over_time_and_have_the_line_at_the_same_moment() -> None:
    training = line([float(at) for at in range(101)], every=6000)
    machine = line([50.0 + at for at in range(61)], every=10_000)
    async with grid_of([metric("loss", training), metric("system/gpu", machine)], (100, 40)) as (grid, pilot):
        assert grid.axis_of("system/gpu") == "since"
        assert "10m" in shown(grid)
        await pilot.press("left")
        grid.read_at(grid.shown[0], 50.0)
        await pilot.pause()
        text = shown(grid)
        assert "loss  50 " in text
        assert "system/gpu  80 " in text
        assert "5m" in text
        await pilot.press("X", "X")
        assert {grid.axis_of("loss"), grid.axis_of("system/gpu")} == {"since"}
        assert "loss  50 " in shown(grid)


# Zoom


async def test_zoom_and_pan_show_a_part_on_all_charts() -> None:
    charts = [metric("a", line([float(at) for at in range(1001)])), metric("b", falling(0, 1001))]
    async with grid_of(charts) as (grid, pilot):
        app = pilot.app
        assert isinstance(app, Stage)
        grid.read_at(grid.shown[0], 500)
        await pilot.press("plus")
        assert grid.zoom == ("step", 250.0, 750.0)
        told = app.of(ChartGrid.ZoomChanged)[-1]
        assert (told.key, told.first, told.last) == ("a", 250, 750)
        assert grid.window_of("b") == (250, 750)
        assert "250 to 750" in shown(grid)
        await pilot.press("shift+right")
        assert grid.zoom == ("step", 375.0, 875.0)
        await pilot.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        assert grid.zoom == ("step", 500.0, 1000.0)
        await pilot.press("less_than_sign")
        assert grid.zoom == ("step", 375.0, 875.0)
        await pilot.press("minus")
        assert grid.zoom is None
        assert app.of(ChartGrid.ZoomChanged)[-1].first is None
        assert grid.window_of("a") is None


async def test_zoom_ends_at_a_few_steps_and_says_what_it_cannot() -> None:
    async with grid_of([metric("a", line([float(at) for at in range(101)])), metric("b")]) as (grid, pilot):
        await pilot.press("minus")
        assert said(pilot) == "this is all of it"
        await pilot.press("shift+left")
        assert said(pilot) == "everything is in sight; + zooms in"
        await pilot.press(*["plus"] * 8)
        assert grid.zoom is not None
        assert grid.zoom[2] - grid.zoom[1] == pytest.approx(2.0)
        assert said(pilot) == "this is as near as it gets"
        await pilot.press("0")
        assert grid.zoom is None
        await pilot.press("l", "plus")
        assert said(pilot) == "there is nothing to zoom into yet"


async def test_the_part_in_sight_follows_the_reading_line() -> None:
    async with grid_of([metric("a", line([float(at) for at in range(1001)]))]) as (grid, pilot):
        grid.read_at(grid.shown[0], 500)
        await pilot.press("plus", "plus", "plus")
        before = grid.zoom
        assert before is not None
        grid.read_at(grid.shown[0], before[2])
        await pilot.press("right")
        assert grid.zoom is not None
        assert grid.zoom[1] > before[1]


async def test_windows_of_other_axes_are_told_in_steps() -> None:
    training = line([float(at) for at in range(101)], every=6000)
    machine = line([50.0] * 61, every=10_000)
    async with grid_of([metric("loss", training), metric("system/gpu", machine)]) as (grid, pilot):
        grid.read_at(grid.shown[0], 50)
        await pilot.press("plus")
        assert grid.window_of("loss") == (25, 75)
        assert grid.window_of("system/gpu", "run0") == (15, 45)
        await pilot.press("X")
        assert grid.window_of("loss", "run0") == (25, 75)


# Ways to draw


async def test_keys_change_scale_axis_and_smoothing_of_all_charts() -> None:
    async with grid_of(some()) as (grid, pilot):
        await pilot.press("Y")
        assert (said(pilot), grid.scaling) == ("y axis: log", "log")
        await pilot.press("Y")
        assert grid.scaling == "symlog"
        await pilot.press("X")
        assert said(pilot) == "x axis: time of day"
        assert "12:0" in shown(grid)
        await pilot.press("X")
        assert "6m" in shown(grid)
        await pilot.press("S")
        assert said(pilot) == "smoothed by 0.6"
        text = shown(grid)
        assert "since start  symlog  smoothed 0.6  4 charts" in text
        await pilot.press("S", "S", "S", "S")
        assert said(pilot) == "not smoothed"


async def test_new_points_draw_only_the_charts_that_got_them(figures: list[int]) -> None:
    first = some()
    async with grid_of(first) as (grid, pilot):
        assert len(figures) == 4
        longer = wave("loss", 0, 500)
        second = [one if one.key != "loss" else metric("loss", longer, one.lines[1]) for one in first]
        grid.show(second)
        await until(pilot, lambda: grid.drawn)
        assert len(figures) == 5
        grid.show([Metric(*one) for one in second])
        await pilot.pause()
        assert len(figures) == 5, "the very same lines are no change"


async def test_marked_runs_are_drawn_again(figures: list[int]) -> None:
    async with grid_of(some()) as (grid, pilot):
        grid.set_marked({"run1"})
        await until(pilot, lambda: grid.drawn)
        assert len(figures) == 8
        grid.set_marked(["run1"])
        await pilot.pause()
        assert len(figures) == 8


async def test_another_theme_draws_everything_anew(figures: list[int]) -> None:
    async with grid_of(some()) as (grid, pilot):
        before = grid.render_line(4)
        pilot.app.theme = "lineside-light"
        await until(pilot, lambda: len(figures) >= 8)
        assert grid.render_line(4) != before


async def test_charts_that_take_long_come_one_by_one(monkeypatch: pytest.MonkeyPatch, figures: list[int]) -> None:
    monkeypatch.setattr(chartpaint, "BUDGET", 0.0)
    async with grid_of(some()) as (grid, pilot):
        await until(pilot, lambda: len(figures) == 4 and grid.drawn)
        assert all(key in shown(grid) for key in KEYS)


async def test_the_mouse_reads_shows_alone_and_scrolls() -> None:
    many = [metric(f"m{number:02}", line([float(at) for at in range(101)])) for number in range(30)]
    async with grid_of(many) as (grid, pilot):
        await pilot.click(grid, offset=(60, 6))
        assert grid.current == "m01"
        assert grid.reading is not None
        assert 20 < grid.reading[1] < 80
        grid.action_rows(1)
        await pilot.click(grid, offset=(60, 6), times=2)
        assert grid.maximised
        await pilot.click(grid, offset=(10, 6), times=2)
        assert not grid.maximised


async def test_in_ascii() -> None:
    use(ASCII)
    async with grid_of(some(), theme="lineside-mono") as (grid, pilot):
        await pilot.press("left", "z")
        assert shown(grid).isascii()


@pytest.mark.parametrize("size", [(20, 5), (30, 9), (80, 21), (200, 57), (3, 2)])
async def test_every_size_is_filled(size: tuple[int, int]) -> None:
    async with grid_of(some(3), size) as (grid, pilot):
        for key in ("l", "left", "z", "S"):
            await pilot.press(key)
            assert {grid.render_line(y).cell_length for y in range(size[1])} == {size[0]}


async def test_a_moved_reading_line_leaves_nothing_of_the_old_one_behind() -> None:
    """What is on the screen after small repaints is what a whole one would draw."""
    for keys in ((), ("z",)):
        async with grid_of(some()) as (grid, pilot):
            await pilot.press(*keys, *["left"] * 7, "right", "left", "left")
            await pilot.pause()
            seen = ["".join(part.text for part in strip) for strip in pilot.app.screen._compositor.render_strips()]
            painted = [strip.text for strip in grid.render_lines(Region(0, 0, *grid.size))]
            grid.forget_lines()
            assert [strip.text for strip in grid.render_lines(Region(0, 0, *grid.size))] == painted == seen
