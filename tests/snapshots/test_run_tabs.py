"""Each tab of the screens of a run and of an MLflow run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.stage import dashboard, press, settle, stage
from tests.world import records
from tests.world_more import RUN, TRACKED, more

SIZES = [(80, 24), (120, 40)]
RUN_TABS = ("jobs", "metrics", "params", "artifacts", "tests", "lineage", "notes")
MLFLOW_TABS = ("metrics", "params", "children", "artifacts", "lineage", "notes")

sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@sizes
@pytest.mark.parametrize("tab", RUN_TABS)
def test_run(tab, size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data", world=[*records(), *more()]))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        dashboard(pilot).open_run(RUN)
        await settle(pilot)
        await press(pilot, *["right_square_bracket"] * RUN_TABS.index(tab), "j")

    assert snap_compare(app, terminal_size=size, run_before=run_before)


@sizes
@pytest.mark.parametrize("tab", MLFLOW_TABS)
def test_mlflow(tab, size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data", world=[*records(), *more()]))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        dashboard(pilot).open_tracked(TRACKED)
        await settle(pilot)
        await press(pilot, *["right_square_bracket"] * MLFLOW_TABS.index(tab), "j")

    assert snap_compare(app, terminal_size=size, run_before=run_before)


def test_run_on_a_large_terminal(snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data", world=[*records(), *more()]))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        dashboard(pilot).open_run(RUN)
        await settle(pilot)

    assert snap_compare(app, terminal_size=(200, 60), run_before=run_before)
