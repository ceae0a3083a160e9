"""The test report of a run, and each tab of the screen of the runs with one RUN_ID."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests import tested
from tests.tui.stage import dashboard, press, settle, stage, top
from tests.world import records
from tui.screens.run import RunScreen
from tui.screens.run_tests import TestsPane

TABS = ("runs", "suite", "cases", "tests")

sizes = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")


@sizes
@pytest.mark.parametrize("tab", TABS)
def test_together(tab, size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data", world=[*records(), *tested.tested()]))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        dashboard(pilot).open_together(tested.RUN_ID)
        await settle(pilot)
        await press(pilot, *["right_square_bracket"] * TABS.index(tab), "j")

    assert snap_compare(app, terminal_size=size, run_before=run_before)


@sizes
def test_production(size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data", world=[*records(), *tested.tested()]))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        dashboard(pilot).open_together(tested.TOGETHER)
        await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=run_before)


@sizes
def test_report(size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data", world=[*records(), *tested.tested()]))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        dashboard(pilot).open_run(tested.TEST_RUN)
        await settle(pilot)
        await top(pilot, RunScreen).show_tab(TestsPane)
        await settle(pilot)
        await press(pilot, "j")

    assert snap_compare(app, terminal_size=size, run_before=run_before)
