"""Export: the question for a file, the formats by its ending, and what is never written over."""

from __future__ import annotations

import csv
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from data.export import Row, Table
from tests.tui.stage import dashboard, last_line, playing, press, settle, shown, top
from tui.exporting import ExportScreen, Target, export_prompt, suggested
from tui.screens.base import LinesideScreen
from widgets.confirm import Confirm

TABLES = [
    Table.of("some runs", ["id", "note"], [("a", "=1+1"), ("b", None)]),
    Table.of("params", ["id"], [("a",)]),
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files are written to a folder of the test's own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def ask(pilot: Pilot[str], what: Table | Sequence[Table] = TABLES) -> ExportScreen:
    await export_prompt(top(pilot), what)
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, ExportScreen)
    return screen


async def done(pilot: Pilot[str]) -> str:
    """Wait until a file is written; returns what is said of it."""
    await settle(pilot, lambda: isinstance(pilot.app.screen, LinesideScreen) and "wrote" in last_line(pilot))
    return last_line(pilot)


async def test_enter_writes_the_file_that_is_offered(tmp_path: Path, here: Path) -> None:
    async with playing(tmp_path / "store") as pilot:
        await ask(pilot)
        assert "some runs" in shown(pilot)
        assert "some-runs.csv" in shown(pilot)
        await press(pilot, "enter")
        assert "wrote 2 rows to" in await done(pilot)
        assert (here / "some-runs.csv").read_bytes() == b"id,note\r\na,=1+1\r\nb,\r\n"


async def test_another_table_takes_its_name_and_keeps_the_ending(tmp_path: Path, here: Path) -> None:
    async with playing(tmp_path / "store") as pilot:
        screen = await ask(pilot)
        await press(pilot, *["backspace"] * 3, *"json", "alt+t")
        assert screen.prompt.value == "params.json"
        await press(pilot, "enter")
        await done(pilot)
        assert (here / "params.json").read_text() == '[\n  {"id": "a"}\n]\n'


async def test_csv_can_be_made_safe_for_spreadsheets(tmp_path: Path, here: Path) -> None:
    async with playing(tmp_path / "store") as pilot:
        await ask(pilot)
        assert "spreadsheets: no" in shown(pilot)
        await press(pilot, "alt+s")
        assert "spreadsheets: yes" in shown(pilot)
        await press(pilot, "enter")
        await done(pilot)
        assert next(csv.DictReader((here / "some-runs.csv").read_text().splitlines()))["note"] == "'=1+1"


async def test_an_existing_file_is_asked_about_and_no_is_the_answer(tmp_path: Path, here: Path) -> None:
    (here / "some-runs.csv").write_text("mine")
    async with playing(tmp_path / "store") as pilot:
        await ask(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Confirm)
        assert "Replace" in shown(pilot)
        await press(pilot, "enter")
        assert (here / "some-runs.csv").read_text() == "mine"
        await ask(pilot)
        await press(pilot, "enter", "y")
        await done(pilot)
        assert (here / "some-runs.csv").read_text().startswith("id,note")


async def test_what_cannot_be_written_is_said_while_one_can_still_change_it(tmp_path: Path, here: Path) -> None:
    async with playing(tmp_path / "store", (160, 40)) as pilot:
        screen = await ask(pilot)
        await press(pilot, "ctrl+u", *"x.xls", "enter")
        assert "the ending is the format: .csv .jsonl" in screen.prompt.error
        await press(pilot, "ctrl+u", *"no", "slash", *"x.csv", "enter")
        assert "there is no folder" in screen.prompt.error
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, LinesideScreen)
    assert os.listdir(here) == []


async def test_a_folder_that_goes_away_is_a_sentence(tmp_path: Path, here: Path) -> None:
    async with playing(tmp_path / "store") as pilot:
        screen = await ask(pilot)
        (here / "some-runs.csv").mkdir()
        (here / "some-runs.csv" / "some-runs.csv").mkdir()
        await press(pilot, "enter")
        assert "no regular file" in screen.prompt.error


async def test_progress_is_told_and_the_dashboard_goes_on(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    monkeypatch.setattr("tui.exporting.TOLD_EVERY", -1.0)
    go_on = asyncio.Event()

    async def pages() -> AsyncIterator[Sequence[Row]]:
        yield [(number,) for number in range(1000)]
        await go_on.wait()
        yield [(1000,)]

    async with playing(tmp_path / "store") as pilot:
        await ask(pilot, Table(name="long", columns=("n",), pages=pages))
        await pilot.press("enter")
        from tests.tui.stage import until

        await until(pilot, lambda: "writing long.csv: 1000 rows" in last_line(pilot) or "1000 rows" in last_line(pilot))
        assert not (here / "long.csv").exists()
        await pilot.press("j")
        go_on.set()
        assert "wrote 1001 rows" in await done(pilot)
        assert len((here / "long.csv").read_text().splitlines()) == 1002


def test_names_of_files_hold_no_odd_characters() -> None:
    assert suggested(Table.of("metrics of churn #4312/ü", [], [])) == "metrics-of-churn-4312-ü.csv"
    assert suggested(Table.of("..", [], []), ".json") == "export.json"


def test_a_folder_gets_the_name_that_is_offered(here: Path) -> None:
    target = Target(str(here), "runs.csv")
    assert (target.path, target.form, target.held) == (here / "runs.csv", "csv", None)


async def test_the_history_of_the_prompt_has_what_was_exported(tmp_path: Path, here: Path) -> None:
    async with playing(tmp_path / "store") as pilot:
        await ask(pilot)
        await press(pilot, "ctrl+u", *"first.md", "enter")
        await done(pilot)
        screen = await ask(pilot)
        await press(pilot, "up")
        assert screen.prompt.value == "first.md"
        assert dashboard(pilot).history["export to"] == ["first.md"]
        assert (here / "first.md").read_text().splitlines()[1] == "| --- | --- |"
