"""The list of sections."""

from __future__ import annotations

from pathlib import Path

from data.logtext import LogIndex
from data.store.logs import LogFiles
from tests.tui.stage import last_line, line_with, playing, press, settle, shown, top
from tests.world import FAILED_JOB
from tui.screens.log import LogScreen
from tui.screens.sections import SectionsScreen, section_rows
from widgets.grid import Grid

LOG = b"".join(
    [
        b"Running\n",
        b"section_start:100:prepare\r\x1b[0KPreparing\n",
        b"section_end:110:prepare\r\x1b[0K\n",
        b"section_start:110:step_script\r\x1b[0KScript\n",
        b"section_start:120:pip[collapsed=true]\r\x1b[0KInstalling\n",
        b"Collecting mlflow\n",
        b"section_end:150:pip\r\x1b[0K\n",
        b"section_start:150:quiet[hide_duration=true]\r\x1b[0KQuiet\n",
        b"section_end:155:quiet\r\x1b[0K\n",
        *(b"epoch %d\n" % number for number in range(80)),
        b"ValueError: no\n",
        b"section_end:200:step_script\r\x1b[0K\n",
        b"section_start:200:upload\r\x1b[0KUploading\n",
        b"section_end:200:upload\r\x1b[0K\n",
        b"\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n",
    ]
)
LOG_SECTIONS = ("prepare", "step_script", "pip", "quiet", "upload")


def test_rows_hold_depth_time_and_what_failed(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG + b"section_start:201:cleanup\r\x1b[0KCleaning\n")
    index = LogIndex(tmp_path / "a.log")
    index.extend()
    rows = section_rows(index, 4, 231)
    assert [(row.name, row.depth, row.seconds, row.state, row.current) for row in rows] == [
        ("prepare", 0, 10, "", False),
        ("step_script", 0, 90, "failed", False),
        ("pip", 1, 30, "", True),
        ("quiet", 1, None, "", False),
        ("upload", 0, 0, "", False),
        ("cleanup", 0, 30, "running", False),
    ]
    assert [index.line_at(row.offset) for row in rows] == [section.start for section in index.sections]
    index.close()


async def test_one_goes_to_the_chosen_section(tmp_path: Path) -> None:
    async with playing(tmp_path, (100, 30)) as pilot:
        LogFiles(tmp_path / "logs").reset(FAILED_JOB, LOG)
        await press(pilot, "j", "l", "S")
        await settle(pilot, lambda: isinstance(pilot.app.screen, SectionsScreen))
        screen = top(pilot, SectionsScreen)
        assert "5 sections" in shown(pilot)
        row = line_with(pilot, "step_script ✗")
        assert "1:30" in row
        assert "90%" in row
        assert row.count("█") == 18
        assert screen.query_one(Grid).cursor == 1, "the error is in it"
        await press(pilot, "j", "enter")
        log = top(pilot, LogScreen)
        assert log.view.current == 4
        assert "Installing" in shown(pilot)


async def test_the_box_is_as_high_as_its_rows_or_scrolls(tmp_path: Path) -> None:
    async with playing(tmp_path, (100, 30)) as pilot:
        LogFiles(tmp_path / "logs").reset(FAILED_JOB, LOG)
        await press(pilot, "j", "l", "S")
        await settle(pilot, lambda: isinstance(pilot.app.screen, SectionsScreen))
        box = top(pilot, SectionsScreen).query_one("#sections-box")
        grid = top(pilot, SectionsScreen).query_one(Grid)
        await settle(pilot, lambda: bool(box.size.height))
        assert grid.size.height == 1 + len(LOG_SECTIONS), "titles and rows"
        assert all(line_with(pilot, name) for name in LOG_SECTIONS)
        await pilot.resize_terminal(100, 8)
        await settle(pilot, lambda: box.outer_size.height <= 8)
        assert grid.cursor == 1, "the one that failed"
        assert "step_script" in shown(pilot)


async def test_escape_leaves_the_log_where_it_is(tmp_path: Path) -> None:
    async with playing(tmp_path, (100, 30)) as pilot:
        await press(pilot, "j", "l", "g")
        before = shown(pilot)
        await press(pilot, "S")
        await settle(pilot, lambda: isinstance(pilot.app.screen, SectionsScreen))
        await press(pilot, "escape")
        assert shown(pilot) == before


async def test_a_log_without_sections_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        LogFiles(tmp_path / "logs").reset(FAILED_JOB, b"plain\n")
        await press(pilot, "j", "l", "S")
        await settle(pilot, lambda: "this log has no sections" in last_line(pilot))
