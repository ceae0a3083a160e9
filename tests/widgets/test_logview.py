"""The log view: only what is in sight is read, the end is followed, sections fold, searching never blocks."""

from __future__ import annotations

import random
from datetime import UTC
from pathlib import Path

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from data.clean import is_clean
from data.logtext import LogIndex
from tests.unit.test_logtext_line import PIECES
from tests.widgets.stage import Stage, texts, until
from widgets.cells import Cell
from widgets.folds import Folds
from widgets.logpaint import clock
from widgets.logview import LogView


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def numbered(count: int, first: int = 0) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, first + count))


def write(log: Path, data: bytes) -> None:
    log.write_bytes(data)


def append(log: Path, data: bytes) -> None:
    with log.open("ab") as file:
        file.write(data)


def shown(view: LogView) -> list[str]:
    """The lines in sight, without their numbers."""
    return [line[5:] for line in texts(view, range(view.size.height)) if line]


def on_screen(pilot: Pilot[None]) -> list[str]:
    strips = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip)[:59].rstrip() for strip in strips]


def test_folds_count_rows() -> None:
    folds = Folds([(3, 6), (10, 12), (4, 5)])
    lines = [line for line in range(20) if not folds.hides(line)]
    assert lines == [0, 1, 2, *range(6, 10), *range(12, 20)]
    assert folds.rows(20) == len(lines)
    assert [folds.line(row) for row in range(len(lines))] == lines
    assert [folds.row(line) for line in lines] == list(range(len(lines)))
    assert folds.row(4) == folds.row(5) == 2
    assert folds.rows(5) == 3
    assert Folds().rows(7) == 7


def test_clock() -> None:
    assert [clock(seconds) for seconds in (-5, 7, 65, 3600, 3725)] == ["0:00", "0:07", "1:05", "1:00:00", "1:02:05"]


async def test_it_opens_at_the_end_and_every_key_moves(log: Path) -> None:
    write(log, numbered(1000))
    view = LogView(LogIndex(log))
    async with Stage(view).run_test(size=(60, 20)) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows == 1000)
        assert shown(view)[-1] == "line 999"
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
            await pilot.press(*keys)
            assert view.top == top, keys
            assert shown(view)[0] == f"line {top}"


async def test_following_the_end_is_left_by_scrolling_up_and_taken_up_at_the_end(log: Path) -> None:
    write(log, numbered(100))
    view = LogView(LogIndex(log))
    app = Stage(view)
    async with app.run_test(size=(60, 20), message_hook=app.hear) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows == 100)
        append(log, numbered(5, 100))
        view.grow()
        await pilot.pause()
        assert on_screen(pilot)[-1].split() == ["105", "line", "104"]
        await pilot.press("up")
        assert not view.following
        before = on_screen(pilot)
        append(log, numbered(50, 105))
        view.grow()
        await pilot.pause()
        assert view.rows == 155
        assert on_screen(pilot)[:-1] == before[:-1]
        await pilot.press("G")
        assert view.following
        await pilot.press("F", "F")
        assert view.following
        assert [message.following for message in app.of(LogView.FollowChanged)] == [False, True, False, True]
        append(log, numbered(1, 155))
        view.grow()
        await pilot.pause()
        assert on_screen(pilot)[-1].split() == ["156", "line", "155"]


async def test_growth_draws_only_the_new_lines(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, numbered(5))
    view = LogView(LogIndex(log))
    async with Stage(view).run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: view.rows == 5)
        drawn: list[int] = []
        monkeypatch.setattr(view, "repaint", lambda y, count=1: drawn.extend(range(y, y + count)))
        monkeypatch.setattr(view, "refresh", lambda *regions, **options: drawn.append(-1))
        view.grow()
        assert drawn == []
        append(log, b"one more\n")
        view.grow()
        assert drawn[0] == 4
        assert shown(view)[-1] == "one more"


async def test_a_log_that_was_erased_is_shown_from_its_new_beginning(log: Path) -> None:
    write(log, numbered(500))
    view = LogView(LogIndex(log))
    async with Stage(view).run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: view.rows == 500)
        write(log, b"new\n")
        view.grow()
        await pilot.pause()
        assert shown(view) == ["new"]
        other = log.with_name("other.log")
        write(other, numbered(3))
        view.open(LogIndex(other))
        await pilot.pause()
        assert shown(view) == ["line 0", "line 1", "line 2"]
        assert [line for line in on_screen(pilot) if line] == ["   1 line 0", "   2 line 1", "   3 line 2"]


async def test_what_it_waits_for_stands_behind_the_last_line(log: Path) -> None:
    write(log, numbered(100))
    view = LogView(LogIndex(log))
    async with Stage(view).run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: view.rows == 100)
        view.set_status(Cell("waiting: runner sends every 60 s"))
        await pilot.pause()
        assert [line.strip() for line in on_screen(pilot)[-2:]] == ["100 line 99", "waiting: runner sends every 60 s"]
        view.set_status(Cell())
        await pilot.pause()
        assert on_screen(pilot)[-1].split() == ["100", "line", "99"]


SECTIONED = (
    b"start\n"
    b"section_start:1000:get_sources[collapsed=true]\r\x1b[0KGetting source\n"
    b"fetch 1\nfetch 2\n"
    b"section_end:1072:get_sources\r\x1b[0Ksection_start:1072:step_script\r\x1b[0KExecuting\n"
    b"$ make\nneedle\n"
    b"section_end:1100:step_script\r\x1b[0K\n"
    b"end\n"
)


async def test_sections_fold_and_say_how_long_they_took(log: Path) -> None:
    write(log, SECTIONED)
    view = LogView(LogIndex(log))
    async with Stage(view).run_test(size=(60, 20)) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows)
        opened = ["start", "▸ Getting source  1:12", "▾ Executing  0:28", "$ make", "needle", "", "end"]
        assert shown(view) == opened
        await pilot.click(view, offset=(10, 1))
        assert shown(view)[1:4] == ["▾ Getting source  1:12", "fetch 1", "fetch 2"]
        await pilot.press("right_square_bracket", "right_square_bracket", "enter")
        assert shown(view)[-2:] == ["▸ Executing  0:28", "end"]
        await pilot.press("left_square_bracket", "enter")
        assert shown(view) == ["start", "▸ Getting source  1:12", "▸ Executing  0:28", "end"]
        view.search("needle")
        await until(pilot, lambda: view.hit == 6)
        assert "needle" in shown(view)


async def test_a_running_section_gets_its_time_when_it_ends(log: Path) -> None:
    write(log, b"section_start:1000:step_script\r\x1b[0KExecuting\nworking\n")
    view = LogView(LogIndex(log))
    async with Stage(view).run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: view.rows == 2)
        assert on_screen(pilot)[0].endswith("Executing  …")
        append(log, b"section_end:1065:step_script\r\x1b[0K\n")
        view.grow()
        await pilot.pause()
        assert on_screen(pilot)[0].endswith("Executing  1:05")


async def test_searching_forwards_backwards_and_around(log: Path) -> None:
    write(log, b"".join(b"%s %d\n" % (b"Loss" if n % 100 == 7 else b"line", n) for n in range(1000)))
    view = LogView(LogIndex(log))
    app = Stage(view)
    async with app.run_test(size=(60, 20), message_hook=app.hear) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows == 1000)
        await pilot.press("g")
        assert view.search("loss") == ""
        await until(pilot, lambda: app.of(LogView.Searched) and app.of(LogView.Searched)[-1].done)
        assert (app.of(LogView.Searched)[-1].count, app.of(LogView.Searched)[-1].place) == (10, 1)
        places = [view.hit]
        for key in ("n", "n", "N", "N", "N", "n"):
            await pilot.press(key)
            places.append(view.hit)
        assert places == [7, 107, 207, 107, 7, 907, 7]
        hits = [part.text for part in view.render_line(view.hit - view.top) if part.style and part.style.bold]
        assert "Loss" in hits
        append(log, b"another LOSS\n")
        view.grow()
        await until(pilot, lambda: app.of(LogView.Searched)[-1].count == 11)
        assert view.search("(", regex=True).startswith("not a regular expression")
        assert view.search("absent") == ""
        await until(pilot, lambda: app.of(LogView.NotFound))
        assert app.of(LogView.NotFound)[-1].what == "match"
        view.search("")
        assert view.hit == -1


async def test_the_next_error_is_found_without_searching_for_it(log: Path) -> None:
    write(log, numbered(300) + b"\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n" + numbered(300))
    view = LogView(LogIndex(log))
    app = Stage(view)
    async with app.run_test(size=(60, 20), message_hook=app.hear) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows == 601)
        await pilot.press("g", "E")
        await until(pilot, lambda: view.hit == 300)
        assert view.top <= 300 < view.top + view.page
        await pilot.press("E")
        await until(pilot, lambda: view.hit == 300)


async def test_timestamps_and_panning(log: Path) -> None:
    write(log, b"2026-11-20T10:00:00.020010Z 00O first\n2026-11-20T10:01:05.020010Z 00O " + b"0123456789" * 20 + b"\n")
    view = LogView(LogIndex(log))
    view.zone = UTC
    async with Stage(view).run_test(size=(60, 6)) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows == 2)
        assert shown(view)[0] == "first"
        await pilot.press("t")
        assert shown(view)[0] == "10:00:00 first"
        await pilot.press("t")
        assert shown(view)[1].startswith("+1:05    0123")
        await pilot.press("t", "right")
        assert shown(view)[1].startswith("6789")
        assert [line.cell_length for line in (view.render_line(y) for y in range(6))] == [59] * 6
        await pilot.press("left", "left")
        assert shown(view)[0] == "first"


async def test_copying_the_current_line_or_what_is_selected(log: Path) -> None:
    write(log, numbered(100))
    view = LogView(LogIndex(log))
    app = Stage(view)
    async with app.run_test(size=(60, 20), message_hook=app.hear) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows == 100)
        await pilot.press("g", "y")
        await until(pilot, lambda: app.of(LogView.CopyRequested))
        assert app.of(LogView.CopyRequested)[-1].text == "line 0"
        app.screen.selections = {view: Selection(Offset(2, 1), Offset(4, 3))}
        await pilot.pause()
        await pilot.press("y")
        await until(pilot, lambda: len(app.of(LogView.CopyRequested)) == 2)
        assert app.of(LogView.CopyRequested)[-1].text == "ne 1\nline 2\nline"


async def test_nothing_hostile_reaches_the_screen_in_any_theme(log: Path) -> None:
    chance = random.Random(11)
    soup = [("".join(chance.choices(PIECES, k=20))).encode("utf-8", "surrogatepass") for _ in range(400)]
    write(log, b"\n".join(soup))
    view = LogView(LogIndex(log))
    app = Stage(view)
    async with app.run_test(size=(70, 30)) as pilot:
        await until(pilot, lambda: view.rows > 400)
        view.search("a")
        for theme in ("lineside-dark", "lineside-light", "lineside-mono", "ansi-dark"):
            app.theme = theme
            for top in range(0, view.rows, 30):
                view.jump(top)
                await pilot.pause()
                for y in range(view.page):
                    strip = view.render_line(y)
                    assert strip.cell_length == view.line_width
                    assert all(is_clean(part.text) and not part.control for part in strip)


async def test_a_large_log_shows_its_end_before_it_is_indexed(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, numbered(40_000))
    monkeypatch.setattr("widgets.logbody.INDEX_SLICE", 0.0)
    seen: list[tuple[int, str]] = []
    view = LogView(LogIndex(log))
    show = view.show_lines
    monkeypatch.setattr(view, "show_lines", lambda first: (seen.append((view.lines, shown(view)[-1])), show(first)))
    async with Stage(view).run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: view.lines == 40_000)
        assert (0, "line 39999") in seen
        assert on_screen(pilot)[-1].split() == ["40000", "line", "39999"]
        append(log, numbered(3, 40_000))
        view.grow()
        await until(pilot, lambda: view.lines == 40_003)
