"""The grid: any number of rows, a cursor that stays on its row, and asking for what is not in memory."""

from __future__ import annotations

from rich.segment import Segment
from textual.pilot import Pilot

from tests.widgets.stage import Stage, texts, until
from widgets.cells import Cell, Column
from widgets.grid import Grid, ListSource, Row

COLUMNS = (
    Column(key="id", title="id", width=8),
    Column(key="status", title="status", width=10),
    Column(key="name", title="name", width=10, flex=1),
)


def row(number: int, status: str = "running") -> Row:
    return Row(f"r{number}", (Cell(str(number)), Cell(status, status), Cell(f"name {number}")))


class Paged:
    """`size` rows, newest first, of which only those are in memory that were loaded."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.loaded: set[int] = set()

    def load(self, start: int, end: int) -> None:
        self.loaded |= set(range(start, end))

    def row(self, index: int) -> Row | None:
        return row(self.size - index) if index in self.loaded else None

    def index_of(self, key: str) -> int | None:
        return self.size - int(key[1:])


class Huge(Paged):
    """All rows in memory, made when they are asked for."""

    def row(self, index: int) -> Row | None:
        return row(self.size - index) if 0 <= index < self.size else None


def rows(*numbers: int) -> ListSource:
    return ListSource([row(number) for number in numbers])


def on_screen(pilot: Pilot[None]) -> list[str]:
    return [
        "".join(segment.text for segment in strip).rstrip() for strip in pilot.app.screen._compositor.render_strips()
    ]


async def test_a_million_rows_and_every_key() -> None:
    grid = Grid(COLUMNS, Huge(1_000_000))
    app = Stage(grid)
    async with app.run_test(size=(60, 21)) as pilot:
        grid.focus()
        await pilot.pause()
        page = grid.page
        assert page == 20
        for keys, expected in [
            (["j"], 1),
            (["down"], 2),
            (["k", "up"], 0),
            (["pagedown"], page),
            (["ctrl+d"], page + page // 2),
            (["ctrl+u", "pageup"], 0),
            (["G"], 999_999),
            (["k"], 999_998),
            (["g"], 0),
            (["end"], 999_999),
            (["home", "up"], 0),
        ]:
            await pilot.press(*keys)
            assert grid.cursor == expected, keys
            start, end = grid.in_sight
            assert start <= grid.cursor < end
            assert grid.cursor_key == f"r{1_000_000 - expected}"
        assert on_screen(pilot)[1].split()[:2] == ["1000000", "running"]


async def test_new_rows_leave_cursor_and_view_where_they_are() -> None:
    source = Huge(1000)
    grid = Grid(COLUMNS, source)
    async with Stage(grid).run_test(size=(60, 11)) as pilot:
        grid.move_to(500)
        await pilot.pause()
        before = on_screen(pilot)[1:]
        source.size = 1007
        grid.size_changed()
        await pilot.pause()
        assert grid.cursor_key == "r500"
        assert grid.cursor == 507
        assert on_screen(pilot)[1:] == before


async def test_a_cursor_out_of_sight_leaves_the_view_where_it_is() -> None:
    source = Huge(1000)
    grid = Grid(COLUMNS, source)
    async with Stage(grid).run_test(size=(60, 11)) as pilot:
        grid.move_to(5)
        grid.jump(300)
        await pilot.pause()
        before = on_screen(pilot)[1:]
        source.size = 1003
        grid.size_changed()
        await pilot.pause()
        assert grid.top == 303
        assert grid.cursor_key == "r995"
        assert on_screen(pilot)[1:] == before


async def test_at_the_beginning_new_rows_come_in_on_top() -> None:
    grid = Grid(COLUMNS, rows(3, 2, 1))
    async with Stage(grid).run_test(size=(60, 11)) as pilot:
        assert grid.cursor_key == "r3"
        grid.set_source(rows(4, 3, 2, 1))
        await pilot.pause()
        assert grid.cursor == 0
        assert grid.cursor_key == "r4"
        assert on_screen(pilot)[1].split()[0] == "4"


async def test_a_row_that_is_gone_hands_the_cursor_to_its_successor() -> None:
    grid = Grid(COLUMNS, rows(5, 4, 3, 2, 1))
    async with Stage(grid).run_test(size=(60, 11)) as pilot:
        grid.move_to(2)
        grid.set_source(rows(5, 4, 2, 1))
        assert (grid.cursor, grid.cursor_key) == (2, "r2")
        grid.set_source(rows(5))
        assert (grid.cursor, grid.cursor_key) == (0, "r5")
        grid.set_source(ListSource())
        await pilot.pause()
        assert (grid.cursor, grid.cursor_key, grid.cursor_row) == (0, None, None)
        await pilot.press("j", "k", "pagedown", "G", "enter", "space", "v")
        assert grid.cursor == 0


async def test_rows_that_are_missing_are_asked_for_and_drawn_when_they_come() -> None:
    source = Paged(1000)
    grid = Grid(COLUMNS, source)
    app = Stage(grid)
    async with app.run_test(size=(60, 11), message_hook=app.hear) as pilot:
        await until(pilot, lambda: app.of(Grid.Wanted), "the first rows are wanted")
        wanted = app.of(Grid.Wanted)[-1]
        assert wanted.start == 0
        assert wanted.end >= grid.page
        assert on_screen(pilot)[1] == " …"
        source.load(wanted.start, wanted.end)
        grid.refresh_rows(wanted.start, wanted.end)
        await pilot.pause()
        assert grid.cursor_key == "r1000"
        assert on_screen(pilot)[1].split()[0] == "1000"
        app.heard.clear()
        grid.jump(500)
        await until(pilot, lambda: app.of(Grid.Wanted), "the rows around 500 are wanted")
        wanted = app.of(Grid.Wanted)[-1]
        assert wanted.start <= 500 < 500 + grid.page <= wanted.end
        assert wanted.end - wanted.start < 100
        assert app.of(Grid.Scrolled)[-1].start == 500
        app.heard.clear()
        source.load(wanted.start, wanted.end)
        grid.refresh_rows(wanted.start, wanted.end)
        await pilot.pause()
        assert not app.of(Grid.Wanted)


async def test_only_rows_that_look_different_are_drawn_again() -> None:
    grid = Grid(COLUMNS, rows(*range(50, 0, -1)))
    async with Stage(grid).run_test(size=(60, 21)) as pilot:
        await pilot.pause()
        drawn: list[int] = []
        repaint = grid.repaint
        grid.repaint = lambda y, count=1: (drawn.append(y), repaint(y, count))[1]  # type: ignore[method-assign, func-returns-value, assignment]
        grid.set_source(rows(*range(50, 0, -1)))
        grid.refresh_rows(0, 50)
        assert drawn == []
        changed = [row(number, "failed" if number == 48 else "running") for number in range(50, 0, -1)]
        grid.set_source(ListSource(changed))
        assert drawn == [3]
        drawn.clear()
        grid.action_cursor_down()
        assert sorted(drawn) == [1, 2]
        await pilot.pause()
        assert "failed" in on_screen(pilot)[3]


async def test_fewer_rows_leave_nothing_behind() -> None:
    grid = Grid(COLUMNS, rows(5, 4, 3, 2, 1), empty_text=(Cell("No runs yet", "bold"), Cell("t launches one", "dim")))
    async with Stage(grid).run_test(size=(60, 11)) as pilot:
        await pilot.pause()
        grid.set_source(rows(5, 4))
        await pilot.pause()
        assert [line for line in on_screen(pilot)[1:] if line.strip()] == on_screen(pilot)[1:3]
        grid.set_source(ListSource())
        await pilot.pause()
        shown = [line.strip() for line in on_screen(pilot)[1:] if line.strip()]
        assert shown == ["No runs yet", "t launches one"]
        grid.set_source(rows(9))
        await pilot.pause()
        assert [line.split()[0] for line in on_screen(pilot)[1:] if line.strip()] == ["9"]


async def test_marks_stay_with_their_rows() -> None:
    grid = Grid(COLUMNS, rows(5, 4, 3, 2, 1))
    app = Stage(grid)
    async with app.run_test(size=(60, 11), message_hook=app.hear) as pilot:
        grid.focus()
        await pilot.press("space", "j", "space")
        assert grid.marks == {"r5", "r3"}
        assert texts(grid, range(1, 4))[0].startswith("◆5")
        await pilot.press("G", "v")
        assert grid.marks == {"r5", "r3", "r2", "r1"}
        grid.set_source(rows(6, 5, 4, 3, 2, 1))
        assert [line[0] for line in texts(grid, range(1, 7))] == [" ", "◆", " ", "◆", "◆", "◆"]
        grid.clear_marks()
        await pilot.pause()
        assert app.of(Grid.Marked)[-1].keys == frozenset()


async def test_mouse_first_moves_then_opens_and_headings_sort() -> None:
    grid = Grid(COLUMNS, rows(5, 4, 3, 2, 1))
    app = Stage(grid)
    async with app.run_test(size=(60, 11), message_hook=app.hear) as pilot:
        await pilot.click(grid, offset=(5, 3))
        assert grid.cursor_key == "r3"
        assert not app.of(Grid.Opened)
        await pilot.click(grid, offset=(5, 3))
        await until(pilot, lambda: app.of(Grid.Opened))
        assert (app.of(Grid.Opened)[0].key, app.of(Grid.Opened)[0].index) == ("r3", 2)
        await pilot.click(grid, offset=(12, 0))
        await until(pilot, lambda: app.of(Grid.HeaderClicked))
        assert app.of(Grid.HeaderClicked)[0].column == "status"
        grid.set_sort("status", descending=True)
        assert "status ▾" in texts(grid, [0])[0]
        await pilot.click(grid, offset=(5, 9))
        assert grid.cursor_key == "r3"


async def test_moved_tells_of_the_cursor() -> None:
    grid = Grid(COLUMNS, rows(3, 2, 1))
    app = Stage(grid)
    async with app.run_test(size=(60, 11), message_hook=app.hear) as pilot:
        grid.focus()
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.of(Grid.Opened))
        moved = app.of(Grid.Moved)[-1]
        assert (moved.index, moved.key, moved.control) == (1, "r2", grid)
        assert grid.go_to("r1")
        assert not grid.go_to("r99")
        assert grid.cursor == 2


async def test_narrow_and_wide() -> None:
    grid = Grid(COLUMNS, rows(2, 1))
    async with Stage(grid).run_test(size=(60, 6)) as pilot:
        assert texts(grid, [0])[0].split() == ["id", "status", "name"]
        for width in (120, 30, 20, 10, 1):
            await pilot.resize_terminal(width, 6)
            await pilot.pause()
            for y in range(6):
                assert grid.render_line(y).cell_length == max(0, width - 1)
        await pilot.resize_terminal(22, 6)
        await pilot.pause()
        assert texts(grid, [0])[0].split() == ["id", "status"]


async def test_the_cursor_looks_different_without_focus_and_in_each_theme() -> None:
    first, second = Grid(COLUMNS, rows(2, 1), id="one"), Grid(COLUMNS, rows(2, 1), id="two")
    app = Stage(first, second)
    async with app.run_test(size=(60, 12)) as pilot:
        looks = set()
        for theme in ("lineside-dark", "lineside-light", "lineside-mono", "nord", "ansi-dark"):
            app.theme = theme
            first.focus()
            await pilot.pause()
            line, other = first.render_line(1), second.render_line(1)
            assert line.text == other.text
            assert segment(line).style != segment(other).style
            assert segment(line).style != segment(first.render_line(2)).style
            looks.add(segment(line).style)
            second.focus()
            await pilot.pause()
            assert segment(second.render_line(1)).style == segment(line).style
        assert len(looks) >= 4


def segment(strip: object) -> Segment:
    return next(iter(strip))  # type: ignore[call-overload, no-any-return]
