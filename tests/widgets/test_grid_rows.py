"""Rows with a line of their own, signs for what is new, marks over rows that are not in memory, and starting again."""

from __future__ import annotations

import pytest

from tests.widgets.stage import Stage, texts, until
from tests.widgets.test_grid import COLUMNS, Paged, row, rows
from widgets.cells import Cell
from widgets.grid import Grid, ListSource, Row


async def test_a_row_of_one_cell_has_the_whole_line() -> None:
    header = Row("group:main", (Cell.of(("▸ main", "bold"), ("  12 runs and more", "dim")),))
    grid = Grid(COLUMNS, ListSource([header, row(1)]))
    async with Stage(grid).run_test(size=(40, 6)) as pilot:
        await pilot.pause()
        assert texts(grid, [1]) == [" ▸ main  12 runs and more"]
        await pilot.resize_terminal(16, 6)
        await pilot.pause()
        assert texts(grid, [1])[0].endswith("…")
        assert grid.render_line(1).cell_length == 15


async def test_one_column_is_no_whole_line() -> None:
    grid = Grid(COLUMNS[:1], ListSource([Row("a", (Cell("longer than the column"),))]))
    async with Stage(grid).run_test(size=(40, 6)) as pilot:
        await pilot.pause()
        assert texts(grid, [1]) == [" longer …"]


async def test_what_is_new_has_a_sign_unless_it_is_marked() -> None:
    grid = Grid(COLUMNS, rows(3, 2, 1))
    fresh = {"r3", "r1"}
    grid.fresh = fresh
    async with Stage(grid).run_test(size=(40, 6)) as pilot:
        grid.focus()
        await pilot.pause()
        assert [line[0] for line in texts(grid, range(1, 4))] == ["•", " ", "•"]
        await pilot.press("space")
        fresh.discard("r1")
        grid.repaint_rows()
        assert [line[0] for line in texts(grid, range(1, 4))] == ["◆", " ", " "]


async def test_a_range_over_rows_that_are_not_in_memory_is_left_to_the_owner() -> None:
    source = Paged(1000)
    grid = Grid(COLUMNS, source)
    app = Stage(grid)
    async with app.run_test(size=(60, 11), message_hook=app.hear) as pilot:
        grid.focus()
        source.load(0, 40)
        source.load(990, 1000)
        grid.refresh_rows(0, 1000)
        await pilot.press("space", "G", "v")
        await until(pilot, lambda: app.of(Grid.RangeWanted))
        wanted = app.of(Grid.RangeWanted)[0]
        assert (wanted.start, wanted.end) == (0, 1000)
        assert grid.marks == {"r1000"}
        source.load(0, 1000)
        assert grid.mark_rows(wanted.start, wanted.end)
        assert len(grid.marks) == 1000
        grid.set_marks({"r1"})
        assert grid.marks == {"r1"}


async def test_a_list_that_starts_again_shows_its_beginning() -> None:
    grid = Grid(COLUMNS, rows(*range(50, 0, -1)))
    async with Stage(grid).run_test(size=(60, 11)) as pilot:
        grid.focus()
        await pilot.press("G")
        assert grid.top > 30
        assert not grid.place.home
        grid.show_top()
        grid.set_source(rows(*range(1, 51)))
        assert (grid.cursor, grid.top, grid.cursor_key) == (0, 0, "r1")


async def test_the_keys_of_columns_that_have_room() -> None:
    grid = Grid(COLUMNS, rows(1))
    async with Stage(grid).run_test(size=(22, 6)) as pilot:
        await pilot.pause()
        assert grid.placed_keys == ("id", "status")


@pytest.mark.parametrize("index", [1, 4, 30, 39])
async def test_what_is_in_sight_is_the_same_whether_rows_or_layout_come_first(index: int) -> None:
    late, early = Grid(COLUMNS), Grid(COLUMNS)
    late.display = False
    async with Stage(late, early).run_test(size=(40, 16)) as pilot:
        late.set_source(rows(*range(40)))
        late.move_to(index)
        late.set_source(rows(*range(40, 50), *range(40)))  # still before the first layout
        late.display = True
        await until(pilot, lambda: late.size.height == early.size.height == 8)
        early.set_source(rows(*range(40, 50), *range(40)))
        early.move_to(index + 10)
        await until(pilot, lambda: late.top == early.top == max(0, index + 10 - 6))
        assert late.cursor == early.cursor == index + 10
        assert texts(late, range(8)) == texts(early, range(8))
