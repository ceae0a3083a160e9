"""Filtering in the log view: which lines are left, context, what keys do then, growth."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.widgets.logs import SECTIONED, Seen, append, looking, numbered, write
from tests.widgets.stage import until
from tests.widgets.test_logview_find import LARGE, Held
from widgets import logfilter
from widgets.cells import Cell
from widgets.logview import LogView


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


def mixed(count: int = 1000) -> bytes:
    """`loss` in every tenth line, `epoch` in every line before one of those."""
    words = {0: b"loss", 9: b"epoch"}
    return b"".join(b"%s %d\n" % (words.get(number % 10, b"line"), number) for number in range(count))


async def filtered(seen: Seen, text: str, rows: int) -> None:
    """Filter, and wait until `rows` rows are left."""
    assert seen.view.filter(text) == ""
    await seen.until(lambda: seen.view.filtered and seen.view.rows == rows)


async def test_only_the_lines_that_match_are_shown_and_the_current_one_stays(log: Path) -> None:
    write(log, mixed())
    async with looking(log) as seen:
        view = seen.view
        view.goto("501")
        await filtered(seen, "loss", 100)
        await seen.until(lambda: seen.said()[-1:] == ["100 lines of 1,000"])
        assert "loss 500" in seen.lines()
        assert all(line.startswith("loss") for line in seen.lines())
        assert view.filter("[", regex=True).startswith("not a regular expression")
        assert view.rows == 100
        assert view.filter("") == ""
        await seen.until(lambda: view.rows == 1000)
        assert "loss 500" in seen.lines() and not view.filtered


async def test_the_line_where_typing_a_filter_began_stays(log: Path) -> None:
    write(log, mixed(200_000))
    async with looking(log) as seen:
        view = seen.view
        view.goto("150001")
        for text in ("l", "lo", "los", "loss", "loss 1", "los"):
            view.filter(text)
            await seen.pilot.pause()
        await seen.until(lambda: view.rows == 20_000)
        assert "loss 150000" in seen.lines()
        view.filter("")
        await seen.until(lambda: view.rows == 200_000)
        assert "loss 150000" in seen.lines()
        await seen.press("g")
        await filtered(seen, "loss 7", 1111)
        assert seen.lines()[0] == "loss 70"


async def test_context_grows_and_shrinks(log: Path) -> None:
    write(log, mixed())
    async with looking(log) as seen:
        await seen.press("plus")
        assert seen.said() == ["nothing is filtered; & shows only the lines that match"]
        await filtered(seen, "loss", 100)
        await seen.press("plus", "plus")
        await seen.until(lambda: seen.view.rows == 3 + 99 * 5)
        assert seen.said()[-1] == "2 lines around each match"
        await seen.press("minus", "minus", "minus")
        await seen.until(lambda: seen.view.rows == 100)
        assert seen.said()[-1] == "no lines around each match"
        await seen.press(*["plus"] * 25)
        assert seen.said()[-1] == "20 lines around each match"


async def test_a_filter_that_nothing_passes_says_so(log: Path) -> None:
    write(log, mixed())
    async with looking(log) as seen:
        await filtered(seen, "absent", 0)
        await seen.until(lambda: seen.said()[-1:] == ["no line matches"])
        assert seen.view.render_line(0).text.rstrip() == "No line matches. & with no text shows all lines again."
        seen.view.set_status(Cell("waiting"))
        await seen.pilot.pause()
        assert seen.view.render_line(1).text.strip() == "waiting"
        await seen.press(
            "j", "k", "g", "G", "n", "E", "M", "apostrophe", "v", "y", "z", "enter", "w", "w", "plus", "minus"
        )
        await filtered(seen, "loss", 100)


async def test_searching_goes_through_the_lines_that_are_left(log: Path) -> None:
    write(log, mixed())
    async with looking(log) as seen:
        view = seen.view
        await filtered(seen, "loss", 100)
        view.search("50")
        await seen.until(lambda: seen.app.of(LogView.Searched) and seen.app.of(LogView.Searched)[-1].done)
        await seen.press("g")
        places = []
        for key in ("n", "n", "n", "N", "N", "N"):
            await seen.press(key)
            places.append(view.hit)
        # 50, 150, …, 950, and 500; not 250 only because it is no line of the filter.
        assert places == [50, 150, 250, 150, 50, 950]
        view.search("epoch")
        await seen.until(lambda: seen.said()[-1] == "no match is among the lines that the filter shows")
        await seen.press("plus", "g", "n")
        await seen.until(lambda: view.hit == 9)


async def test_passing_over_many_matches_that_are_left_out_ends(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfilter, "LEAPS", 3)
    write(log, mixed() + b"loss and epoch\n")
    async with looking(log) as seen:
        await filtered(seen, "loss", 101)
        await seen.press("g")
        seen.view.search("epoch")
        await seen.until(lambda: seen.view.hit == 1000)
        await seen.press("N")
        await seen.until(lambda: seen.said()[-1].endswith("from the end again"))
        assert seen.view.hit == 1000


async def test_a_filtered_log_grows_and_is_replaced(log: Path) -> None:
    write(log, mixed())
    async with looking(log) as seen:
        view = seen.view
        await seen.press("G")
        await filtered(seen, "loss", 100)
        append(log, b"loss of more\nother\n")
        view.grow()
        await seen.until(lambda: view.rows == 101)
        assert view.following and seen.lines()[-1] == "loss of more"
        write(log, b"new\nloss\n")
        view.grow()
        await seen.until(lambda: seen.lines() == ["loss"])
        assert seen.said().count("100 lines of 1,000") == 1


async def test_places_that_the_filter_leaves_out(log: Path) -> None:
    write(log, mixed())
    async with looking(log) as seen:
        view = seen.view
        await filtered(seen, "loss", 100)
        assert view.goto("502") == ""
        await seen.until(lambda: "filter does not" in seen.said()[-1])
        assert view.hit == 510
        assert seen.said()[-1] == "the filter does not show line 502; this is the next one that it shows"
        assert view.goto("999") == "the filter shows no line from there on"
        view.marked = {10, 11, 20}
        await seen.press("g", "apostrophe", "apostrophe", "apostrophe")
        assert view.hit == 10
        await seen.press("v", "j", "y")
        assert seen.app.of(LogView.CopyRequested)[-1].text == "loss 10\nloss 20"


async def test_sections_are_gone_to_where_the_filter_shows_some_of_them(log: Path) -> None:
    more = b"section_start:1200:after\r\x1b[0KAfter\nnothing\nneedle again\nsection_end:1300:after\r\x1b[0K\n"
    write(log, SECTIONED + more + numbered(3))
    async with looking(log) as seen:
        await filtered(seen, "needle", 2)
        await seen.press("g", "right_square_bracket")
        assert seen.view.hit == 11
        await seen.press("right_square_bracket")
        assert seen.said()[-1] == "there is no further section"
        await seen.press("left_square_bracket")
        assert seen.view.hit == 6
        await seen.press("left_square_bracket")
        assert seen.said()[-1] == "there is no section before"


async def test_a_filter_waits_for_the_lines_to_be_counted(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, LARGE)
    held = Held(log, monkeypatch)
    view = held.view
    async with held.app.run_test(size=(60, 20), message_hook=held.app.hear) as pilot:
        await until(pilot, lambda: view.rows)
        assert view.filter("loss") == ""
        assert not view.filtered
        held.go()
        await until(pilot, lambda: view.filtered and view.rows == 15)
        assert [held.index.line(view.line_of_row(row)).text[:10] for row in (0, 14)] == ["Loss 7 of ", "Loss 14000"]
