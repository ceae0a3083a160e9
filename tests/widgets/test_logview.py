"""The log view and its keys: moving, following the end, sections, times, wrapping, panning, hostile text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from textual.pilot import Pilot

from data.clean import is_clean
from data.logtext import LogIndex
from tests.unit.test_logtext_line import PIECES
from tests.widgets.logs import SECTIONED, append, looking, numbered, stamped, write
from widgets.cells import Cell
from widgets.logview import LogView


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def on_screen(pilot: Pilot[None]) -> list[str]:
    strips = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip)[:59].rstrip() for strip in strips]


async def test_it_opens_at_the_end_and_every_key_moves(log: Path) -> None:
    write(log, numbered(1000))
    async with looking(log) as seen:
        assert seen.lines()[-1] == "line 999"
        for keys, top in [
            (["k"], 979),
            (["g"], 0),
            (["j", "down", "down"], 3),
            (["up"], 2),
            (["pagedown"], 22),
            (["ctrl+d"], 32),
            (["ctrl+u", "pageup"], 2),
            (["G"], 980),
            (["home"], 0),
            (["end"], 980),
        ]:
            await seen.press(*keys)
            assert seen.view.top == top, keys
            assert seen.lines()[0] == f"line {top}"


async def test_following_the_end_is_left_by_scrolling_up_and_taken_up_at_the_end(log: Path) -> None:
    write(log, numbered(100))
    async with looking(log) as seen:
        view = seen.view
        append(log, numbered(5, 100))
        view.grow()
        await seen.pilot.pause()
        assert on_screen(seen.pilot)[-1].split() == ["105", "line", "104"]
        await seen.press("up")
        assert not view.following
        before = on_screen(seen.pilot)
        append(log, numbered(50, 105))
        view.grow()
        await seen.pilot.pause()
        assert view.rows == 155
        assert on_screen(seen.pilot)[:-1] == before[:-1]
        await seen.press("G")
        assert view.following
        await seen.press("F")
        assert not view.following
        await seen.press("F")
        assert [message.following for message in seen.app.of(LogView.FollowChanged)] == [False, True, False, True]
        append(log, numbered(1, 155))
        view.grow()
        await seen.pilot.pause()
        assert on_screen(seen.pilot)[-1].split() == ["156", "line", "155"]


async def test_growth_draws_only_the_new_lines(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, numbered(5))
    async with looking(log) as seen:
        drawn: list[int] = []
        monkeypatch.setattr(seen.view, "repaint", lambda y, count=1: drawn.extend(range(y, y + count)))
        monkeypatch.setattr(seen.view, "refresh", lambda *regions, **options: drawn.append(-1))
        seen.view.grow()
        assert drawn == []
        append(log, b"one more\n")
        seen.view.grow()
        assert drawn[0] == 4
        assert seen.lines()[-1] == "one more"


async def test_a_log_that_was_erased_is_shown_from_its_new_beginning(log: Path) -> None:
    write(log, numbered(500))
    async with looking(log) as seen:
        write(log, b"new\n")
        seen.view.grow()
        await seen.pilot.pause()
        assert seen.lines() == ["new"]
        other = log.with_name("other.log")
        write(other, numbered(3))
        seen.view.open(LogIndex(other))
        await seen.pilot.pause()
        assert seen.lines() == ["line 0", "line 1", "line 2"]
        assert [line for line in on_screen(seen.pilot) if line] == ["   1 line 0", "   2 line 1", "   3 line 2"]


async def test_what_it_waits_for_stands_behind_the_last_line(log: Path) -> None:
    write(log, numbered(100))
    async with looking(log) as seen:
        seen.view.set_status(Cell("waiting: runner sends every 60 s"))
        await seen.pilot.pause()
        last = [line.strip() for line in on_screen(seen.pilot)[-2:]]
        assert last == ["100 line 99", "waiting: runner sends every 60 s"]
        seen.view.set_status(Cell())
        await seen.pilot.pause()
        assert on_screen(seen.pilot)[-1].split() == ["100", "line", "99"]


async def test_sections_fold_and_say_how_long_they_took(log: Path) -> None:
    write(log, SECTIONED)
    async with looking(log) as seen:
        opened = ["start", "▸ Getting source  1:12", "▾ Executing  0:28", "$ make", "needle", "", "end"]
        assert seen.lines() == opened
        await seen.pilot.click(seen.view, offset=(10, 1))
        assert seen.lines()[1:4] == ["▾ Getting source  1:12", "fetch 1", "fetch 2"]
        await seen.press("right_square_bracket", "right_square_bracket", "enter")
        assert seen.lines()[-2:] == ["▸ Executing  0:28", "end"]
        await seen.press("right_square_bracket")
        assert seen.said()[-1] == "there is no further section"
        await seen.press("left_square_bracket", "enter")
        assert seen.lines() == ["start", "▸ Getting source  1:12", "▸ Executing  0:28", "end"]
        await seen.press("left_square_bracket")
        assert seen.said()[-1] == "there is no section before"
        seen.view.search("needle")
        await seen.until(lambda: seen.view.hit == 6)
        assert "needle" in seen.lines()


async def test_folding_twice_is_as_before(log: Path) -> None:
    write(log, SECTIONED)
    async with looking(log) as seen:
        seen.view.goto("7")
        await seen.press("enter")
        assert seen.lines()[2:4] == ["▸ Executing  0:28", "end"]
        await seen.press("enter")
        assert "needle" in seen.lines()
        seen.view.goto("1")
        await seen.press("enter")
        assert seen.said()[-1] == "this line lies in no section"


async def test_all_sections_fold_and_unfold_at_once(log: Path) -> None:
    write(log, SECTIONED)
    async with looking(log) as seen:
        await seen.press("z")
        assert seen.lines() == ["start", "▸ Getting source  1:12", "▸ Executing  0:28", "end"]
        await seen.press("z")
        assert len(seen.lines()) == 9
        assert seen.said() == ["2 sections folded", "2 sections unfolded"]


async def test_a_log_without_sections_and_times_says_so(log: Path) -> None:
    write(log, numbered(3))
    async with looking(log) as seen:
        await seen.press("z", "t", "right_square_bracket")
        assert seen.said() == [
            "this log has no sections",
            "the runner wrote no timestamps into this log",
            "there is no further section",
        ]
        assert seen.view.stamps == "off"


async def test_times_absolute_and_relative(log: Path) -> None:
    write(log, stamped(100, every=65))
    async with looking(log) as seen:
        await seen.press("g")
        assert seen.lines()[1] == "line 1"
        for words, line in [
            ("time of day", "22:31:10 line 1"),
            ("time since the first line", "+1:05    line 1"),
            ("time since the line before", None),
            ("no times", "line 1"),
        ]:
            await seen.press("t")
            assert seen.said()[-1] == words
            assert line is None or seen.lines()[1] == line


async def test_panning_stops_at_the_end_of_the_longest_line_and_rests_while_lines_are_wrapped(log: Path) -> None:
    write(log, b"first\n" + b"0123456789" * 10 + b"\n")
    async with looking(log, (60, 6)) as seen:
        await seen.press("right")
        assert seen.lines()[1].startswith("6789")
        await seen.press("right", "right", "right", "right", "right")
        assert seen.lines()[1].endswith("789")
        assert [seen.view.render_line(y).cell_length for y in range(6)] == [59] * 6
        await seen.press("w")
        assert seen.said()[-1] == "long lines are wrapped"
        assert "".join(line.lstrip("↳ ") for line in seen.lines()[1:3]).count("0123456789") >= 9
        await seen.press("right")
        assert seen.said()[-1] == "long lines are wrapped; w lets them run on"
        await seen.press("w")
        assert seen.said()[-1] == "long lines run on; left and right move them"
        assert seen.lines()[0] == "first"


@pytest.mark.parametrize(
    "keys", ["M", "apostrophe", "v", "y", "n", "E", "z", "t", "w", "plus", "j", "G", "enter", "right"]
)
async def test_no_key_fails_where_there_is_no_log(log: Path, keys: str) -> None:
    from tests.widgets.stage import Stage

    view = LogView()
    async with Stage(view).run_test(size=(60, 20)) as pilot:
        view.focus()
        await pilot.press(keys)
        assert view.search("x") == "" and view.filter("x") == "" and not view.show_failing()
        assert view.goto("1") == "there are no lines yet"
        assert view.selected_text() == ""


async def test_nothing_hostile_reaches_the_screen_in_any_theme(log: Path) -> None:
    chance = random.Random(11)
    soup = [("".join(chance.choices(PIECES, k=20))).encode("utf-8", "surrogatepass") for _ in range(400)]
    write(log, b"\n".join(soup))
    async with looking(log, (70, 30)) as seen:
        view = seen.view
        view.search("a")
        for theme in ("lineside-dark", "lineside-light", "lineside-mono", "ansi-dark"):
            seen.app.theme = theme
            for top in range(0, view.rows, 30):
                view.jump(top)
                await seen.pilot.pause()
                for y in range(view.page):
                    strip = view.render_line(y)
                    assert strip.cell_length == view.line_width
                    assert all(is_clean(part.text) and not part.control for part in strip)
