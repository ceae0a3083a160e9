"""Going to places in the log view, marks, selecting by keys, copying."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from tests.widgets.logs import SECTIONED, Seen, append, looking, numbered, stamped, write
from tests.widgets.stage import until
from tests.widgets.test_logview_find import Held
from widgets import logselect
from widgets.logview import LogView


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def copied(seen: Seen) -> list[str]:
    """What was to be copied so far."""
    return [message.text for message in seen.app.of(LogView.CopyRequested)]


@pytest.mark.parametrize(
    ("text", "line", "wrong"),
    [
        ("1", 0, ""),
        ("312", 311, ""),
        ("500", 499, ""),
        ("0", None, "lines are counted from 1"),
        ("501", None, "the log has 500 lines"),
        ("-1", 499, ""),
        ("-20", 480, ""),
        ("-500", 0, ""),
        ("-501", None, "the log has 500 lines"),
        ("50%", 250, ""),
        ("0 %", 0, ""),
        ("100%", 499, ""),
        ("101%", None, "a log has 100 %"),
        ("22:31", 55, ""),
        ("22:30:10", 5, ""),
        ("22:30", 0, ""),
        ("22:30:05", 0, ""),
        ("22:29", None, "the log has times from 22:30:05 to 22:38:24"),
        ("23:00", None, "the log has times from 22:30:05 to 22:38:24"),
        ("+90s", 90, ""),
        ("+1:30", 90, ""),
        ("+2m", 120, ""),
        ("+1h", None, "the log has times from 22:30:05 to 22:38:24"),
        ("soon", None, "4312, -20 from the end, 50%, 12:30, or +90s since the beginning"),
        ("25:00", None, "4312, -20 from the end, 50%, 12:30, or +90s since the beginning"),
    ],
)
async def test_going_to_a_place(log: Path, text: str, line: int | None, wrong: str) -> None:
    write(log, stamped(500))
    async with looking(log) as seen:
        view = seen.view
        view.hit = 77
        assert view.goto(text) == wrong
        assert view.hit == (77 if line is None else line)
        assert line is None or (view.current == line and f"line {line}" in seen.lines())


async def test_times_after_midnight_and_lines_without_a_time(log: Path) -> None:
    write(log, b"no time\n" * 3 + stamped(100, every=120).replace(b"00O line 60\n", b"00O line 60\nmore\nmore\n"))
    async with looking(log) as seen:
        assert seen.view.goto("0:31") == ""
        assert seen.lines()[seen.view.row_of(seen.view.hit) - seen.view.top] == "line 61"


async def test_a_log_without_times_says_so(log: Path) -> None:
    write(log, numbered(100))
    async with looking(log) as seen:
        assert seen.view.goto("12:30") == seen.view.goto("+90s") == "this log has no timestamps"


async def test_places_that_are_not_known_yet_are_gone_to_as_soon_as_they_are(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, stamped(120_000))
    for text, line in [("50%", 60_000), ("777", 776), ("+100s", 100)]:
        held = Held(log, monkeypatch)
        view = held.view
        async with held.app.run_test(size=(60, 20), message_hook=held.app.hear) as pilot:
            await until(pilot, lambda view=view: view.rows)
            assert view.goto("-5") == ""
            assert held.index.line(view.hit).text == "line 119995"
            assert view.goto(text) == ""
            await pilot.pause()
            assert "as soon as" in held.app.of(LogView.Said)[-1].text
            held.go()
            await until(pilot, lambda view=view, line=line: view.hit == line)
            assert held.index.line(line).text == f"line {line}"
            assert view.goto("120001") == "the log has 120,000 lines"


async def test_marks_are_gone_to_in_turn_and_survive_growth(log: Path) -> None:
    write(log, numbered(1000))
    async with looking(log) as seen:
        view = seen.view
        await seen.press("apostrophe")
        assert seen.said() == ["no line is marked; M marks the current one"]
        for line in ("11", "501", "900"):
            view.goto(line)
            await seen.press("M")
        assert "◆" in view.render_line(view.row_of(899) - view.top).text
        places = []
        for _ in range(4):
            await seen.press("apostrophe")
            places.append(view.hit)
        assert places == [10, 500, 899, 10]
        assert seen.said()[-1] == "mark 1 of 3"
        append(log, numbered(10, 1000))
        view.grow()
        await seen.press("M", "apostrophe")
        assert view.hit == 500 and view.marked == {500, 899}
        write(log, numbered(5))
        view.grow()
        assert not view.marked


async def test_marks_move_with_their_lines(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, stamped(120_000))
    held = Held(log, monkeypatch)
    view = held.view
    async with held.app.run_test(size=(60, 20)) as pilot:
        view.focus()
        await until(pilot, lambda: view.rows)
        view.goto("-30")
        await pilot.press("M", "v", "j", "j")
        held.go()
        await until(pilot, lambda: held.index.complete)
        assert view.marked == {119_970}
        assert view.selected_text() == "line 119970\nline 119971\nline 119972"
        await pilot.press("j", "escape", "g", "apostrophe")
        assert view.hit == 119_970


async def test_lines_are_selected_by_keys_and_copied(log: Path) -> None:
    write(log, numbered(100))
    async with looking(log) as seen:
        view = seen.view
        await seen.press("g", "y")
        assert copied(seen) == ["line 0"]
        view.goto("11")
        await seen.press("v", "j", "j", "k", "j")
        assert view.selected_text() == "line 10\nline 11\nline 12"
        assert view.chosen == (10, 12)
        await seen.press("y")
        assert copied(seen)[-1] == "line 10\nline 11\nline 12"
        assert not view.selecting and view.chosen is None and view.selected_text() == ""
        view.goto("11")
        await seen.press("v", "k", "k", "k")
        assert view.chosen == (7, 10)
        await seen.press("G")
        assert view.chosen == (10, 99) and not view.following
        assert seen.lines()[-1] == "line 99"
        append(log, numbered(50, 100))
        view.grow()
        assert view.chosen == (10, 99) and seen.lines()[-1] == "line 99"
        await seen.press("g")
        assert view.chosen == (0, 10) and view.top == 0
        await seen.press("pagedown", "ctrl+d")
        assert view.chosen == (10, 30) and view.top <= 30 < view.top + view.page


async def test_what_goes_to_a_line_extends_the_selection(log: Path) -> None:
    write(log, numbered(50) + b"needle\n" + numbered(50))
    async with looking(log) as seen:
        view = seen.view
        await seen.press("g", "v")
        view.search("needle")
        await seen.until(lambda: view.hit == 50)
        assert view.chosen == (0, 50)


async def test_a_line_that_is_clicked_is_the_current_one(log: Path) -> None:
    write(log, numbered(100))
    async with looking(log) as seen:
        await seen.press("g")
        await seen.pilot.click(seen.view, offset=(10, 7))
        await seen.press("y")
        assert copied(seen) == ["line 7"]
        await seen.press("v")
        await seen.pilot.click(seen.view, offset=(10, 9))
        assert seen.view.chosen == (7, 9)
        await seen.pilot.click(seen.view, offset=(10, 3))
        assert seen.view.chosen == (3, 7)


async def test_escape_ends_a_selection_and_only_that(log: Path) -> None:
    write(log, numbered(100))
    async with looking(log) as seen:
        view = seen.view
        gone: list[str] = []
        seen.app.bind("escape", "leave")
        seen.app.action_leave = lambda: gone.append("left")  # type: ignore[attr-defined]
        await seen.press("v", "escape")
        assert not view.selecting and not gone
        seen.app.screen.selections = {view: Selection(Offset(0, 1), Offset(4, 3))}
        await seen.press("escape")
        assert view.text_selection is None and not gone
        await seen.press("escape")
        assert gone == ["left"]


async def test_what_the_mouse_selected_is_copied(log: Path) -> None:
    write(log, numbered(100))
    async with looking(log) as seen:
        seen.app.screen.selections = {seen.view: Selection(Offset(2, 1), Offset(4, 3))}
        await seen.press("y")
        assert copied(seen) == ["ne 1\nline 2\nline"]
        assert seen.app.screen.get_selected_text() == "ne 1\nline 2\nline"


async def test_what_is_folded_away_is_not_copied(log: Path) -> None:
    write(log, SECTIONED)
    async with looking(log) as seen:
        await seen.press("g", "v", "G", "y")
        assert copied(seen)[-1] == "start\nGetting source\nExecuting\n$ make\nneedle\n\nend"


async def test_only_so_much_is_copied_and_it_says_so(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, b"0123456789\n" * 30)
    async with looking(log) as seen:
        monkeypatch.setattr(logselect, "MAX_COPIED_LINES", 20)
        await seen.press("g", "v", "G", "y")
        assert copied(seen)[-1] == "\n".join(["0123456789"] * 20)
        assert seen.said()[-1] == "only the first 20 of 30 lines are copied; s saves the log"
        monkeypatch.setattr(logselect, "MAX_COPIED_BYTES", 100)
        await seen.press("g", "v", "G", "y")
        assert len(copied(seen)[-1]) < 100
        assert seen.said()[-1] == "only the first 9 of 30 lines are copied; s saves the log"
