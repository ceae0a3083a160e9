"""What a comparison looks like."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from data.model import PipelineRun, TrackedRun
from tests.compared import sweep, tracked_world
from tests.tui.stage import dashboard, settle, stage
from tests.world import FAILED_RUN, RUNNING_RUN, records

SIZES = [(80, 24), (160, 45)]
LOOKS: dict[str, Sequence[str]] = {
    "differing": ("j", "j", "right"),
    "everything": ("d", "right_square_bracket", "j"),
    "baseline": ("right", "b", *"jjjj"),
    "filtered": ("slash", *"auc", "enter"),
    "long-value": ("right", "j", "j"),
    "charts": ("right_square_bracket", "j", "m"),
    "export": ("E",),
}
"""Keys that lead to each look."""


def compared(folder: Path, kind: type[PipelineRun] | type[TrackedRun], ids: Sequence[str], keys: Sequence[str], **more):
    """A dashboard, and what opens the comparison on it."""
    app = asyncio.run(stage(folder, world=[*records(), *tracked_world(12)], **more))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        dashboard(pilot).open_compare(kind, ids)
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return app, run_before


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("look", LOOKS)
def test_sweep(look, size, snap_compare, tmp_path: Path):
    app, run_before = compared(tmp_path, TrackedRun, [run.id for run in sweep(12)], LOOKS[look])
    assert snap_compare(app, terminal_size=size, run_before=run_before)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pipeline_runs(size, snap_compare, tmp_path: Path):
    ids = [RUNNING_RUN, FAILED_RUN, "gitlab:2:159"]
    app, run_before = compared(tmp_path, PipelineRun, ids, ("right",))
    assert snap_compare(app, terminal_size=size, run_before=run_before)


@pytest.mark.parametrize("theme", ["lineside-light", "lineside-mono"])
def test_theme(theme, snap_compare, tmp_path: Path):
    app, opened = compared(tmp_path, TrackedRun, [run.id for run in sweep(5)], ("right", "b", "j", "m"))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        app.theme = theme
        await opened(pilot)

    assert snap_compare(app, terminal_size=(120, 40), run_before=run_before)


def test_ascii(snap_compare, tmp_path: Path):
    app, run_before = compared(tmp_path, TrackedRun, [run.id for run in sweep(5)], ("right", "b"), ascii=True)
    assert snap_compare(app, terminal_size=(80, 24), run_before=run_before)
