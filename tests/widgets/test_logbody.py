"""What of a log is in sight: scrolling, wrapped lines, panning, following the end."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset
from textual.scrollbar import ScrollTo
from textual.selection import Selection

from data.logtext import LogIndex
from tests.widgets.body import Shown, numbered, showing, write
from tests.widgets.stage import Stage, texts, until
from widgets.cells import Cell
from widgets.logbody import LogBody


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


LONG = b"".join(b"%d:" % number + b"x" * (number % 7 * 25) + b"\n" for number in range(57))
"""Lines of 3 to 153 characters: one to five rows at a width of 40 cells."""


def parts(body: LogBody) -> list[tuple[int, int]]:
    """Every row of the screen that the log takes when it is wrapped: (line, part)."""
    return [(line, part) for line in range(body.lines) for part in range(body.height_of(line))]


async def test_wrapped_lines_stand_whole_and_without_numbers_below_the_first_row(log: Path) -> None:
    async with showing(
        log, b"short\n" + b"0123456789" * 8 + "\n漢字漢字漢字漢字漢字漢字漢字漢字漢字\n".encode()
    ) as shown:
        shown.body.set_wrap(True)
        lines = await shown.settled()
        assert lines[:6] == [
            "   1 short",
            "   2 0123456789012345678901234567890123",
            "    ↳4567890123456789012345678901234567",
            "    ↳890123456789",
            "   3 漢字漢字漢字漢字漢字漢字漢字漢字漢",
            "    ↳字",
        ]
        assert {shown.body.render_line(y).cell_length for y in range(10)} == {shown.body.line_width}
        shown.body.set_wrap(False)
        assert (await shown.settled())[1] == "   2 012345678901234567890123456789012›"


async def test_wrapped_lines_scroll_by_rows_of_the_screen(log: Path) -> None:
    async with showing(log, LONG) as shown:
        body = shown.body
        body.set_wrap(True)
        rows = parts(body)
        assert [body.place_at(y) for y in range(10)] == rows[-10:]
        assert (await shown.settled())[-1].startswith("  57 56:")
        body.go_top()
        at = 0
        for count in (1, 1, 10, -3, 25, 10, -10, -1, 40, -20):
            body.move(count)
            at = max(0, min(at + count, len(rows) - 10))
            assert (body.top, body.part) == rows[at]
            assert [body.place_at(y) for y in range(10)] == rows[at : at + 10]
            await shown.settled()
        body.move(-1000)
        assert (body.top, body.part) == (0, 0)
        body.move(1000)
        assert (body.top, body.part) == rows[-10]
        assert shown.follows()


async def test_the_end_of_a_line_longer_than_the_page_can_be_seen(log: Path) -> None:
    async with showing(log, b"first\n" + bytes(range(97, 123)) * 40 + b"END\n") as shown:
        shown.body.set_wrap(True)
        assert (await shown.settled())[-1].endswith("END")
        shown.body.go_top()
        assert (await shown.settled())[0] == "   1 first"
        shown.body.go_end()
        assert (await shown.settled())[-1].endswith("END")


async def test_wrapping_keeps_what_is_at_the_top(log: Path) -> None:
    async with showing(log, LONG) as shown:
        body = shown.body
        body.jump(20)
        body.set_wrap(True)
        assert (body.top, body.part) == (20, 0)
        body.move(2)
        top = body.top
        assert body.part
        body.set_wrap(False)
        assert body.top == top


async def test_another_width_keeps_the_text_at_the_top(log: Path) -> None:
    data = b"".join(b"%d:" % line + b"".join(b"<%d>" % at for at in range(60)) + b"\n" for line in range(30))
    async with showing(log, data) as shown:
        body = shown.body
        body.set_wrap(True)
        body.place((12, 4))
        character = body.cuts_of(12)[4]
        for width in (60, 25, 41, 40):
            await shown.pilot.resize_terminal(width, 10)
            await shown.pilot.pause()
            cuts = body.cuts_of(12)
            assert body.top == 12
            assert cuts[body.part] <= character < cuts[body.part + 1]
            assert not shown.follows()
            await shown.settled()
            character = cuts[body.part]


async def test_another_height_keeps_the_end_in_sight(log: Path) -> None:
    async with showing(log, LONG) as shown:
        for wrap in (False, True):
            shown.body.set_wrap(wrap)
            for height in (4, 20, 10):
                await shown.pilot.resize_terminal(40, height)
                await shown.pilot.pause()
                assert (await shown.settled())[-1].startswith("  57 56:")
                assert shown.body.following


async def test_a_wrapped_log_is_followed(log: Path) -> None:
    async with showing(log, LONG) as shown:
        body = shown.body
        body.set_wrap(True)
        await shown.write(b"y" * 200 + b"\n")
        assert (await shown.settled())[-1] == "    ↳" + "y" * (200 - 34 * 5)
        body.move(-1)
        assert not shown.follows()
        before = await shown.settled()
        await shown.write(b"z" * 200 + b"\n")
        assert await shown.settled() == before
        body.move(1)
        assert not shown.follows()
        body.go_end()
        assert shown.follows()
        assert (await shown.settled())[-1].endswith("z" * 30)
        await shown.write(b"no newline yet")
        assert (await shown.settled())[-1] == "  60 no newline yet"
        await shown.write(b"; " + b"but more " * 20)
        assert (await shown.settled())[-1].startswith("    ↳")


async def test_the_mouse_scrolls_wrapped_lines(log: Path) -> None:
    async with showing(log, LONG) as shown:
        body = shown.body
        body.set_wrap(True)
        rows = parts(body)
        body.post_message(wheel(body, events.MouseScrollUp))
        await shown.pilot.pause()
        assert (body.top, body.part) == rows[len(rows) - 10 - 3]
        assert not shown.follows()
        body.post_message(wheel(body, events.MouseScrollDown))
        await shown.pilot.pause()
        assert (body.top, body.part) == rows[len(rows) - 10]
        assert shown.follows()
        body.vertical_scrollbar.post_message(ScrollTo(x=None, y=13.0, animate=False))
        await shown.pilot.pause()
        assert (body.top, body.part) == (13, 0)
        body.vertical_scrollbar.post_message(ScrollTo(x=None, y=float(body.max_scroll_y), animate=False))
        await shown.pilot.pause()
        assert (body.top, body.part) == rows[len(rows) - 10]
        await shown.settled()


def wheel(body: LogBody, kind: type[events.MouseEvent]) -> events.MouseEvent:
    """The mouse wheel was turned over the body."""
    return kind(body, 5, 5, 0, 0, 0, False, False, False)


async def test_panning_ends_where_the_longest_line_in_sight_does(log: Path) -> None:
    async with showing(log, numbered(30) + b"0123456789" * 6 + b"\n" + b"w" * 400 + b"\n" + numbered(30)) as shown:
        body = shown.body
        body.jump(20)
        body.pan_by(16)
        assert body.pan == 0
        assert not any("›" in line for line in await shown.settled())
        body.jump(25)
        assert (await shown.settled())[6].endswith("w›")
        body.jump(21)
        assert body.line_of_row(30) == 30
        body.pan_by(16)
        body.pan_by(1000)
        assert body.pan == 60 - 34
        assert (await shown.settled())[9] == "  31 " + "6789" + "0123456789" * 3
        body.pan_by(-1000)
        assert body.pan == 0


async def test_a_panned_wide_character_is_not_cut(log: Path) -> None:
    async with showing(log, "漢字".encode() * 40 + b"\n") as shown:
        for pan in range(4):
            shown.body.pan = pan
            shown.body.redraw()
            line = shown.body.render_line(0)
            assert line.cell_length == shown.body.line_width
            assert line.text[5] == ("漢", " ", "字", " ")[pan]
            assert line.text.endswith("›")


async def test_what_was_found_within_a_long_line_comes_into_sight(log: Path) -> None:
    data = numbered(50) + b"q" * 2000 + b"needle" + b"q" * 2000 + b"\n" + numbered(50)
    async with showing(log, data) as shown:
        body = shown.body
        body.set_wrap(True)
        body.go_top()
        body.pattern = re.compile("needle")
        body.show_line(50)
        await shown.settled()
        assert any("needle" in line for line in shown.screen())
        assert body.current == 50


async def test_the_status_line_stands_behind_the_last_row(log: Path) -> None:
    async with showing(log, LONG) as shown:
        for wrap in (False, True):
            shown.body.set_wrap(wrap)
            shown.body.set_status(Cell("waiting"))
            assert (await shown.settled())[-1] == " waiting"
            assert shown.screen()[-2].startswith("  57 56:")
            shown.body.move(-4)
            shown.body.go_end()
            assert (await shown.settled())[-1] == " waiting"
            shown.body.set_status(Cell())
            assert (await shown.settled())[-1].startswith("  57 56:")


async def test_random_keys_keep_screen_and_body_together(log: Path) -> None:
    chance = random.Random(5)
    async with showing(log, LONG) as shown:
        body = shown.body
        for _ in range(120):
            match chance.randrange(7):
                case 0:
                    body.set_wrap(not body.wrap)
                case 1:
                    body.go_top()
                case 2:
                    body.go_end()
                case 3:
                    await shown.write(
                        b"%d" % chance.randrange(10) * chance.randrange(120) + b"\n" * chance.randrange(2)
                    )
                case 4:
                    body.show_line(chance.randrange(body.lines))
                case _:
                    body.move(chance.randrange(-30, 30))
            await shown.settled()
            if shown.follows() and body.lines > 10:
                assert (body.top, body.part) == body.last


async def test_a_selection_with_the_mouse_is_drawn_in_wrapped_rows_too(log: Path) -> None:
    async with showing(log, b"abcdefghij" * 10 + b"\nsecond\n") as shown:
        shown.body.set_wrap(True)
        await shown.settled()
        shown.app.screen.selections = {shown.body: Selection(Offset(40, 0), Offset(44, 0))}
        await shown.pilot.pause()
        colour = shown.app.screen.get_component_rich_style("screen--selection").bgcolor
        selected = _coloured(shown, colour)
        assert selected == "abcd"


def _coloured(shown: Shown, colour: object) -> str:
    return "".join(
        segment.text
        for y in range(shown.body.size.height)
        for segment in shown.body.render_line(y)
        if segment.style is not None and segment.style.bgcolor == colour
    )


async def test_only_the_user_takes_up_following(log: Path) -> None:
    async with showing(log, numbered(100)) as shown:
        body = shown.body
        body.show_line(95)
        assert shown.follows(), "the line was in sight"
        body.show_line(50)
        assert not shown.follows()
        body.show_line(97)
        assert (body.top, shown.follows()) == (90, False), "it would be taken out of sight again"
        await shown.write(numbered(20, 100))
        assert "  98 line 97" in await shown.settled()
        body.show_line(115)
        await shown.pilot.resize_terminal(40, 30)
        await shown.settled()
        assert (body.top, shown.follows()) == (90, False)
        body.move(1)
        assert shown.follows(), "beyond the end is the end"


async def test_folding_leaves_the_end_only_where_it_is_out_of_sight(log: Path) -> None:
    section = b"section_start:1000:a\r\x1b[0KTitle\n" + numbered(20) + b"section_end:1009:a\r\x1b[0K\n"
    async with showing(log, numbered(30) + section + numbered(3)) as shown:
        body = shown.body
        body.toggle(30)
        assert shown.follows()
        assert (await shown.settled())[-4:] == ["  31 ▸ Title  0:09", "  53 line 0", "  54 line 1", "  55 line 2"]
        body.toggle(30)
        assert not shown.follows()
        assert "  31 ▾ Title  0:09" in await shown.settled()
        body.go_end()
        body.fold_all(True)
        assert shown.follows()
        assert (await shown.settled())[-1] == "  55 line 2"


class WrappedAtOnce(Stage):
    """Wraps the log when the program begins, before anything has a size."""

    def on_mount(self) -> None:
        """Read and wrap."""
        body = self.query_one(LogBody)
        body.grow()
        body.set_wrap(True)


@pytest.mark.parametrize("begin", [Stage, WrappedAtOnce])
async def test_wrapping_may_begin_before_there_is_a_size(log: Path, begin: type[Stage]) -> None:
    write(log, numbered(50, width=100))
    body = LogBody(LogIndex(log))
    if begin is Stage:
        body.set_wrap(True)
    app = begin(body)
    async with app.run_test(size=(40, 10)) as pilot:
        await until(pilot, lambda: body.lines == 50 and body.size)
        assert body.following
        assert (body.top, body.part) == body.last
        drawn = "".join(texts(body, range(10)))
        assert "line 49" in drawn
        assert "line 45" not in drawn, "each takes three rows"


async def test_a_row_is_drawn_in_a_width_for_which_it_was_not_counted(log: Path) -> None:
    async with showing(log, numbered(5, width=100)) as shown:
        shown.body.set_wrap(True)
        assert shown.body.draw_row(4, 50, 4).cell_length == shown.body.line_width
