"""A table whose columns move sideways under its names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from widgets.cells import Cell
from widgets.rows import Row
from widgets.sidetable import GAP, GUTTER, Heading, SideTable, heading_cell, share


class Source:
    """Rows `r0`, `r1` …, whose cells say where they stand."""

    def __init__(self, size: int, widest: int = 6) -> None:
        self.size, self.widest = size, widest
        self.drawn: set[tuple[int, int]] = set()

    def row(self, index: int) -> Row | None:
        return Row(f"r{index}", (Cell(f"row {index}"),)) if 0 <= index < self.size else None

    def index_of(self, key: str) -> int | None:
        index = int(key.removeprefix("r"))
        return index if index < self.size else None

    def cell(self, index: int, column: int) -> Cell:
        self.drawn.add((index, column))
        return Cell(f"{index}.{column}")


class Stage(App[None]):
    """A table alone, and what it told."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.source = Source(rows)
        self.columns = columns
        self.told: list[int] = []

    def compose(self) -> ComposeResult:
        yield SideTable(empty_text=(Cell("nothing"),), id="table")

    @property
    def table(self) -> SideTable:
        return self.query_one(SideTable)

    def on_mount(self) -> None:
        self.table.show(self.source, [Heading((), f"run-{at}") for at in range(self.columns)])
        self.table.focus()

    def on_side_table_column_moved(self, message: SideTable.ColumnMoved) -> None:
        self.told.append(message.column)

    @property
    def lines(self) -> list[str]:
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip(" ▁▂▃▄▅▆▇█") for strip in strips]


@asynccontextmanager
async def stage(rows: int, columns: int, size: tuple[int, int] = (80, 10)) -> AsyncIterator[tuple[Stage, object]]:
    app = Stage(rows, columns)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


@given(st.integers(20, 300), st.integers(0, 200), st.integers(1, 200), st.sampled_from([12, 16]))
def test_columns_never_leave_the_width(width, widest, columns, least):
    name, column, shown = share(width, widest, columns, least)
    assert 1 <= shown <= columns
    assert column >= 1
    if width >= 2 * GUTTER + name + least + GAP:
        assert 2 * GUTTER + name + shown * (column + GAP) <= width
        assert shown == columns or 2 * GUTTER + name + (shown + 1) * (least + GAP) > width


@given(st.text(max_size=20), st.integers(3, 30))
def test_headings_fit_and_keep_their_ends(name, width):
    cell = heading_cell(Heading((("1", ""),), name, ((" =", ""),)), width)
    assert cell_len(cell.text) <= max(width, cell_len("1 =") + 1)
    if cell_len(name) + 3 <= width:
        assert cell.text == f"1{name} ="


def test_names_that_differ_at_their_end_stay_distinct():
    cut = [heading_cell(Heading((), f"bright-owl-{number}"), 9).text for number in range(10)]
    assert len(set(cut)) == 10
    assert all(text.startswith("bri") for text in cut)


async def test_only_what_is_in_sight_is_drawn():
    async with stage(5000, 200) as (app, _):
        assert len(app.source.drawn) <= 10 * 5
        assert app.lines[0].split() == ["run-0", "run-1", "run-2", "run-3", "›"] or "›" in app.lines[0]
        assert app.lines[1].split()[:4] == ["row", "0", "0.0", "0.1"]


async def test_the_names_stay_while_the_columns_move():
    async with stage(50, 20) as (app, pilot):
        table = app.table
        table.move_column(10)
        await pilot.pause()
        assert app.lines[1].startswith(" row 0")
        assert "0.10" in app.lines[1]
        assert "0.0 " not in app.lines[1]
        assert "‹" in app.lines[0]
        table.move_column(99)
        await pilot.pause()
        assert (table.column, app.told) == (19, [10, 19])
        assert "›" not in app.lines[0]
        table.move_column(-5)
        await pilot.pause()
        assert (table.column, table.first) == (0, 0)


async def test_a_narrower_terminal_keeps_the_cursor_in_sight():
    async with stage(5, 20, (160, 10)) as (app, pilot):
        app.table.move_column(8)
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        sides = app.table.layout_now
        assert app.table.first <= 8 < app.table.first + sides.shown
        assert "0.8" in app.lines[1]


async def test_columns_in_sight_are_the_same_whether_they_or_the_layout_come_first():
    async with stage(5, 20) as (app, pilot):
        app.table.move_column(3)
        await pilot.pause()
        late = SideTable()
        late.display = False
        await app.mount(late)
        late.show(app.source, app.table.headings)
        late.move_column(3)
        late.display = True
        await pilot.pause()
        assert late.layout_now.shown == app.table.layout_now.shown > 3
        assert late.first == app.table.first == 0


async def test_fewer_columns_move_the_cursor_to_the_last():
    async with stage(5, 20) as (app, pilot):
        app.table.move_column(19)
        app.table.show(app.source, [Heading((), "only")])
        await pilot.pause()
        assert (app.table.column, app.table.first) == (0, 0)
        assert "only" in app.lines[0]


async def test_a_click_puts_the_cursor_on_a_cell():
    async with stage(5, 3) as (app, pilot):
        sides = app.table.layout_now
        await pilot.click(SideTable, offset=(GUTTER + sides.name + sides.column + 3, 3))
        await pilot.pause()
        assert (app.table.column, app.table.cursor) == (1, 2)


async def test_nothing_to_show_says_so():
    async with stage(0, 3) as (app, _):
        assert any("nothing" in line for line in app.lines)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (300, 60)])
async def test_any_size_is_drawn(size):
    async with stage(100, 50, size) as (app, pilot):
        app.table.move_column(49)
        await pilot.press("G")
        await pilot.pause()
        assert app.table.cursor == 99
