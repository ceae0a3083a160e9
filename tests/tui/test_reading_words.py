"""What is said of a search: one sentence at a time, and none in place of another that a key has just earned."""

from __future__ import annotations

from pathlib import Path

from tests.tui.stage import last_line, until
from tests.tui.viewing import log_of, screen_of, until_shown, viewing


async def test_a_new_way_is_said_with_what_it_finds(tmp_path: Path) -> None:
    path = tmp_path / "some.log"
    path.write_text("Error one\nerror two\nerr.r three\n")
    async with viewing(path) as pilot:
        await pilot.press("slash", *"err", "full_stop", "r", "enter")
        await until_shown(pilot, "1 of 1")
        await pilot.press("alt+r")
        await until(pilot, lambda: last_line(pilot).startswith(" regular expression: 3 of 3"))
        await pilot.press("N")
        await until(pilot, lambda: last_line(pilot).startswith(" 2 of 3"))


async def test_away_from_a_match_all_are_counted_in_words(tmp_path: Path) -> None:
    async with viewing(log_of(tmp_path)) as pilot:
        await pilot.press("g", "slash", *"77", "enter")
        await until_shown(pilot, "1 of 2")
        await pilot.press("ctrl+g", "1", "enter")
        await until_shown(pilot, "2 matching lines")


async def test_a_log_that_grows_leaves_what_a_key_said(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    async with viewing(path) as pilot:
        screen = screen_of(pilot)
        await pilot.press("slash", *"line", "enter")
        await until_shown(pilot, " of 200")
        with path.open("a") as file:
            file.write("line of the evening\n")
        await until(pilot, lambda: " of 201" in last_line(pilot))
        await pilot.press("y")
        await until_shown(pilot, "copied 1 line")
        with path.open("a") as file:
            file.write("line of the night\n")
        searches = screen.view.searches()
        await until(pilot, lambda: len(searches[0].lines) == 202 and searches[0].done)
        await pilot.pause()
        assert "copied 1 line" in last_line(pilot)
        await pilot.press("N")
        await until(pilot, lambda: " of 202" in last_line(pilot))
