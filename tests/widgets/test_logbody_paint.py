"""How lines look: numbers, signs and times in the gutter, colours, what was found and what is selected."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.style import Style

from data.clean import is_clean
from tests.widgets.body import Shown, numbered, showing
from widgets.logcolours import CACHED_STYLES
from widgets.logpaint import CACHED_CUTS, CACHED_STRIPS

PIECES = (
    *("a", "b c", "漢字", "e\u0301", "👍\ufe0f", "\u200d", "─", "\t", "\r", "\b", "\x00", "\u202e", "\ud800", "\x85"),
    *("\x1b[31m", "\x1b[0;7m", "\x1b[48;5;200m", "\x1b[0K", "\x1b[20G", "\x1b]52;c;eA==\x07", "\x1b]8;;http://x\x1b\\"),
    *("\x1bc", "\x9b2J", "\x1b", "section_start:1:a\r\x1b[0K", "section_end:2:a\r", "[bold]", "[@click=app.quit]"),
)
"""Text, and what a terminal would obey, of which hostile lines are made."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def cells(shown: Shown, y: int) -> list[tuple[str, Style]]:
    """Each character of a row of the screen, and how it is drawn."""
    row = shown.body.render_line(y)
    return [(character, segment.style or Style()) for segment in row for character in segment.text]


def ground(shown: Shown, component: str) -> object:
    """The background of a component class."""
    return shown.body.look(component).bgcolor


def lit(shown: Shown, component: str) -> list[str]:
    """What is drawn on the background of a component class, row by row."""
    wanted = ground(shown, component)
    rows = range(shown.body.size.height)
    return ["".join(text for text, style in cells(shown, y)[5:] if style.bgcolor == wanted) for y in rows]


async def test_matches_are_lit_also_where_a_row_cuts_them(log: Path) -> None:
    async with showing(log, b"." * 30 + b"needle" + b"." * 30 + b"\n" + b"a needle, a NEEDLE\n") as shown:
        body = shown.body
        body.pattern = re.compile("needle", re.IGNORECASE)
        body.hit = 1
        for wrap, first in ((True, ["need", "le", ""]), (False, ["nee", ""])):
            body.set_wrap(wrap)
            body.redraw()
            assert lit(shown, "log--match")[: len(first)] == first
            assert lit(shown, "log--hit")[2 if wrap else 1] == "needleNEEDLE"
        body.pan_by(100)
        assert lit(shown, "log--match")[0] == "edle"


async def test_every_character_of_a_long_line_can_match(log: Path) -> None:
    async with showing(log, "x漢".encode() * 2000 + b"\n") as shown:
        shown.body.pattern = re.compile(".")
        for wrap in (False, True):
            shown.body.set_wrap(wrap)
            shown.body.redraw()
            assert set(lit(shown, "log--match")[0]) >= {"x", "漢"}
        shown.body.pattern = re.compile("x*")
        shown.body.redraw()
        assert set(lit(shown, "log--match")[0]) == {"x"}


async def test_marked_and_selected_lines(log: Path) -> None:
    async with showing(log, numbered(8) + b"long " * 20 + b"\n") as shown:
        body = shown.body
        body.marked = {2, 8}
        body.chosen = (3, 4)
        body.redraw()
        lines = await shown.settled()
        assert [line[4] for line in lines[:9]] == [" ", " ", "◆", " ", " ", " ", " ", " ", "◆"]
        selection = shown.app.screen.get_component_rich_style("screen--selection")
        for y in range(9):
            whole = all(style.bgcolor == selection.bgcolor for _, style in cells(shown, y)[5:])
            assert whole == (y in {3, 4})
        body.set_wrap(True)
        body.go_end()
        assert [line[4] for line in (await shown.settled())[-3:]] == ["◆", "↳", "↳"]


async def test_every_way_to_show_times(log: Path) -> None:
    def at(second: float, text: str) -> bytes:
        return f"2026-11-20T10:{int(second) // 60:02}:{second % 60:09.6f}Z 00O {text}\n".encode()

    data = at(0.5, "first") + at(1, "second") + b"no time\n" + at(66, "third")
    async with showing(log, data) as shown:
        body = shown.body
        for way, stamps in (
            ("off", ["first", "second", "no time", "third"]),
            ("absolute", ["10:00:00 first", "10:00:01 second", "         no time", "10:01:06 third"]),
            ("relative", ["+0:00    first", "+0:00    second", "         no time", "+1:05    third"]),
            ("delta", ["         first", "+0.5s    second", "         no time", "+1:05    third"]),
        ):
            body.stamps = way  # type: ignore[assignment]
            body.redraw()
            assert [line[5:] for line in (await shown.settled())[:4]] == stamps


async def test_attributes_of_text(log: Path) -> None:
    data = b"\x1b[9mstruck\x1b[0m \x1b[1;4mbold\x1b[0m \x1b[38;2;10;200;30mtrue\x1b[0m\n$ make\nERROR: it failed\n"
    async with showing(log, data) as shown:
        row = cells(shown, 0)
        text = "".join(character for character, _ in row)
        assert row[text.index("struck")][1].strike
        bold = row[text.index("bold")][1]
        assert bold.bold
        assert bold.underline
        colour = row[text.index("true")][1].color
        assert colour is not None
        assert colour.triplet == (10, 200, 30)
        assert cells(shown, 1)[5][1].bold
        assert cells(shown, 2)[5][1].color == shown.body.tone("failed").color


async def test_nothing_hostile_is_drawn_wrapped_or_panned(log: Path) -> None:
    chance = random.Random(7)
    soup = ["".join(chance.choices(PIECES, k=30)).encode("utf-8", "surrogatepass") for _ in range(300)]
    async with showing(log, b"\n".join(soup), size=(30, 20)) as shown:
        body = shown.body
        body.pattern = re.compile("a")
        for wrap, pan in ((True, 0), (False, 0), (False, 7)):
            body.set_wrap(wrap)
            body.pan = pan
            body.redraw()
            body.go_top()
            while body.line_of_row(body.top) < body.lines - 20:
                for y in range(20):
                    strip = body.render_line(y)
                    assert strip.cell_length == body.line_width == sum(cell_len(part.text) for part in strip)
                    assert all(is_clean(part.text) and not part.control for part in strip)
                body.move(20)
        await shown.settled()


async def test_what_is_kept_of_drawn_lines_is_bounded(log: Path) -> None:
    line = b"".join(b"\x1b[38;2;%d;%%d;%%dmx" % at for at in range(60)) + b"\n"
    lines = b"".join(line % ((number % 256, number // 256) * 60) for number in range(1500))
    async with showing(log, lines, size=(40, 50)) as shown:
        body = shown.body
        for wrap in (False, True):
            body.set_wrap(wrap)
            for row in range(0, body.rows, 50):
                body.jump(row)
                for y in range(50):
                    body.render_line(y)
                assert len(body._strips) <= CACHED_STRIPS
                assert len(body._cuts) <= CACHED_CUTS
                assert len(body._sgr) <= CACHED_STYLES


async def test_styles_follow_the_theme(log: Path) -> None:
    async with showing(log, b"\x1b[31mred\x1b[0m plain\n") as shown:
        await shown.settled()
        seen = set()
        for theme in ("lineside-dark", "lineside-light", "lineside-mono"):
            shown.app.theme = theme
            await shown.pilot.pause()
            seen.add(str(cells(shown, 0)[5][1].color))
        assert len(seen) == 3
