"""Only the lines that a filter leaves are in sight, with those around them; they follow the log and the search."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from tests.widgets.body import Shown, numbered, showing
from tests.widgets.stage import until
from widgets.cells import Cell
from widgets.logrows import SLICE


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def numbers(shown: list[str]) -> list[int]:
    """The line numbers in sight, from 1."""
    return [int(line[: line.index("line")]) for line in shown if line]


def ruled(shown: Shown) -> list[int]:
    """Rows of the screen below which the gutter tells that lines are left out."""
    rows = []
    for y in range(shown.body.size.height):
        style = next(iter(shown.body.render_line(y))).style
        if style is not None and style.underline:
            rows.append(y)
    return rows


async def test_only_the_lines_of_the_filter_and_those_around_them_are_in_sight(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        body = shown.body
        body.set_filter(array("I", (10, 12, 500)), 0)
        assert body.filtered is True
        assert numbers(await shown.settled()) == [11, 13, 501]
        assert ruled(shown) == []
        body.set_filter(array("I", (10, 12, 500)), 1)
        assert numbers(await shown.settled()) == [10, 11, 12, 13, 14, 500, 501, 502]
        assert ruled(shown) == [4]
        assert not body.hides(9)
        assert body.hides(8)
        body.set_filter(None, 0)
        assert numbers(await shown.settled())[-1] == 1000


async def test_the_current_line_stays_in_place(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        body = shown.body
        body.jump(495)
        body.hit = 500
        even = array("I", range(0, 1000, 2))
        for lines, context in ((even, 0), (even, 3), (array("I", range(0, 1000, 50)), 4), (None, 0)):
            body.set_filter(lines, context)
            assert (await shown.settled())[5].split() == ["501", "line", "500"], context
            assert not shown.follows()


async def test_a_line_that_is_left_out_hands_its_place_to_the_next_one(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        shown.body.jump(495)
        shown.body.set_filter(array("I", range(0, 1000, 10)), 0)
        assert numbers(await shown.settled())[0] == 501
        shown.body.set_filter(array("I", range(0, 400, 10)), 0)
        assert numbers(await shown.settled())[-1] == 391


async def test_a_filter_that_is_typed_does_not_lose_the_place(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        shown.body.jump(500)
        before = await shown.settled()
        for step in (2, 70, 333, 5):
            shown.body.set_filter(array("I", range(0, 1000, step)), 0)
            await shown.settled()
        shown.body.set_filter(None, 0)
        assert await shown.settled() == before


async def test_a_filter_grows_with_its_search_and_keeps_the_place(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        body = shown.body
        body.jump(500)
        found = array("I")
        body.set_filter(found, 0)
        assert not any(await shown.settled())
        found.extend(range(0, 30, 3))
        body.filter_grew()
        assert numbers(await shown.settled()) == list(range(1, 31, 3))
        found.extend(range(30, 600, 3))
        body.filter_grew()
        assert numbers(await shown.settled())[0] == 502
        found.extend(range(600, 1000, 3))
        body.filter_grew()
        assert numbers(await shown.settled())[0] == 502
        assert not shown.follows()
        body.move(-3)
        top = numbers(await shown.settled())[0]
        body.filter_grew()
        assert numbers(await shown.settled())[0] == top


async def test_a_filter_with_context_that_finds_nothing_at_first(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        found = array("I")
        shown.body.set_filter(found, 2)
        shown.body.filter_grew()
        await shown.write(numbered(1, 1000))
        assert not any(await shown.settled())
        assert (shown.body.rows, shown.body.current) == (0, 0)
        found.append(500)
        shown.body.filter_grew()
        assert numbers(await shown.settled()) == [499, 500, 501, 502, 503]
        shown.body.set_filter(None, 2)
        shown.body.set_filter(None, 2)
        assert shown.follows()
        assert numbers(await shown.settled())[-1] == 1001


async def test_the_user_may_move_while_the_filter_grows(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        body = shown.body
        body.jump(900)
        found = array("I", range(0, 300, 2))
        body.set_filter(found, 0)
        body.go_top()
        found.extend(range(300, 1000, 2))
        body.filter_grew()
        assert numbers(await shown.settled())[0] == 1


async def test_a_filtered_log_is_followed(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        body = shown.body
        found = array("I", range(0, 1000, 100))
        body.set_filter(found, 1)
        assert numbers(await shown.settled())[-3:] == [900, 901, 902]
        await shown.write(numbered(200, 1000))
        assert numbers(await shown.settled())[-3:] == [900, 901, 902]
        found.append(1199)
        body.filter_grew()
        assert numbers(await shown.settled())[-2:] == [1199, 1200]
        assert ruled(shown)[-1] == 7
        assert shown.follows()
        await shown.write(numbered(1, 1200))
        assert numbers(await shown.settled())[-3:] == [1199, 1200, 1201]
        body.move(-2)
        before = await shown.settled()
        found.append(1200)
        body.filter_grew()
        await shown.write(numbered(5, 1201))
        assert await shown.settled() == before


async def test_the_status_line_stands_behind_the_last_line_of_the_filter(log: Path) -> None:
    async with showing(log, numbered(1000)) as shown:
        found = array("I", (3, 5))
        shown.body.set_filter(found, 0)
        shown.body.set_status(Cell("waiting"))
        assert (await shown.settled())[:4] == ["   4 line 3", "   6 line 5", " waiting", ""]
        found.append(9)
        shown.body.filter_grew()
        assert (await shown.settled())[:4] == ["   4 line 3", "   6 line 5", "  10 line 9", " waiting"]


async def test_folded_lines_are_shown_by_a_filter_and_folded_again_after_it(log: Path) -> None:
    data = (
        numbered(20)
        + b"section_start:1000:a[collapsed=true]\r\x1b[0Kline section\n"
        + numbered(20)
        + b"section_end:1009:a\r\x1b[0K\n"
        + numbered(20)
    )
    async with showing(log, data) as shown:
        body = shown.body
        assert body.rows == 41
        body.set_filter(array("I", (3, 25, 50)), 0)
        assert [body.line_of_row(row) for row in range(body.rows)] == [3, 25, 50]
        body.set_filter(None, 0)
        assert body.rows == 41
        body.set_filter(array("I", (3, 25, 50)), 0)
        body.show_line(25)
        body.set_filter(None, 0)
        assert body.rows == 62
        assert body.current == 25


async def test_wrapped_lines_can_be_filtered(log: Path) -> None:
    async with showing(log, numbered(300, width=50)) as shown:
        body = shown.body
        body.set_wrap(True)
        body.set_filter(array("I", range(0, 300, 7)), 1)
        lines = await shown.settled()
        assert lines[-2].startswith(" 296 line 295")
        assert lines[-1].startswith("    ↳")
        assert ruled(shown)
        body.move(-11)
        await shown.settled()
        body.go_top()
        assert (await shown.settled())[0].startswith("   1 line 0")


async def test_a_filter_of_many_lines_is_counted_in_slices_while_the_old_one_stays(log: Path) -> None:
    lines = 4 * SLICE
    async with showing(log, b"x\n" * lines) as shown:
        body = shown.body
        every = array("I", range(lines))
        body.set_filter(array("I", (5, 6)), 0)
        assert body.rows == 2
        body.set_filter(every, 1)
        assert body.rows == 2
        await until(shown.pilot, lambda: body.rows == lines)
        body.set_filter(every, 0)
        await until(shown.pilot, lambda: body.line_of_row(lines - 1) == lines - 1)
        await shown.settled()


async def test_a_filter_waits_until_line_numbers_are_true(log: Path) -> None:
    async with showing(log, numbered(600_000), complete=False) as shown:
        body = shown.body
        assert body.index is not None
        body.set_filter(array("I", (7, 599_999)), 0)
        if not body.index.complete:
            assert body.rows == body.lines
        await until(shown.pilot, lambda: body.index and body.index.complete and body.rows == 2)
        assert numbers(await shown.settled()) == [8, 600_000]
