"""The screens around a log: two attempts of a job, the jobs of a run in one, the sections."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from data.store.logs import LogFiles
from tests.tui.stage import press, settle, shown, stage
from tests.tui.test_log_attempts import SECOND, world
from tests.tui.test_log_merged import TRAIN, other
from tests.tui.test_log_sections import LOG
from tests.world import FAILED_JOB, records
from tui.screens.sections import SectionsScreen

SIZES = [(80, 24), (120, 40)]
RUNNING = b"""\x1b[0;m\x1b[32;1m$ python train.py --lr 0.02\x1b[0;m
epoch 1 loss=1.0
UserWarning: the cache is cold
epoch 2 loss=0.5
"""

sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@sizes
def test_attempts(size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data", world=world()))
    LogFiles(tmp_path / "data" / "logs").append(SECOND, 0, RUNNING)

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        await press(pilot, "j", "l", "a")
        await settle(pilot, lambda: "epoch 2" in shown(pilot) and "CUDA" in shown(pilot))

    assert snap_compare(app, terminal_size=size, run_before=run_before)


@sizes
def test_merged(size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data", world=[*records(), other()]))
    logs = LogFiles(tmp_path / "data" / "logs")
    logs.append(TRAIN, 0, RUNNING)
    logs.append("gitlab:1:job:1007", 0, b"looking at a.py\nERROR: a.py:7 is too long\n")

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        await press(pilot, "j", "j", "j", "j", "enter", "A")
        await settle(pilot, lambda: "epoch 2" in shown(pilot) and "too long" in shown(pilot))

    assert snap_compare(app, terminal_size=size, run_before=run_before)


@sizes
def test_sections(size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data"))
    LogFiles(tmp_path / "data" / "logs").reset(FAILED_JOB, LOG)

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        await press(pilot, "j", "l", "S")
        await settle(pilot, lambda: isinstance(pilot.app.screen, SectionsScreen))

    assert snap_compare(app, terminal_size=size, run_before=run_before)
