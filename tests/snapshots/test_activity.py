"""The tabs of Activity, a submission and two of them side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from tests.snapshots.sizes import pictures
from tests.tui.stage import settle, stage, top
from tests.world import records
from tests.world_activity import OLDER, SENT, activity
from tui.screens.activity import ActivityScreen

NEXT = "right_square_bracket"
TABS: dict[str, Sequence[str]] = {
    "queue": ("6", NEXT),
    "submissions": ("6", NEXT, NEXT),
    "schedules": ("6", NEXT, NEXT, NEXT),
    "health": ("6", NEXT, NEXT, NEXT, NEXT),
    "submission": ("6", NEXT, NEXT, "enter"),
}
"""Keys that lead to each picture."""


@pictures("name", TABS, (160, 45), {"queue", "submission"})
def test_tab(name, size, snap_compare, tmp_path: Path):
    world = {(type(one), one.id): one for one in (*records(), *activity())}
    app = asyncio.run(stage(tmp_path / "data", world=list(world.values())))

    async def keys(pilot: Pilot[str]) -> None:
        await settle(pilot)
        for key in TABS[name]:
            await pilot.press(key)
            await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=keys)


def test_two_submissions_side_by_side(snap_compare, tmp_path: Path):
    world = {(type(one), one.id): one for one in (*records(), *activity())}
    app = asyncio.run(stage(tmp_path / "data", world=list(world.values())))

    async def keys(pilot: Pilot[str]) -> None:
        await settle(pilot)
        for key in ("6", NEXT, NEXT):
            await pilot.press(key)
            await settle(pilot)
        top(pilot, ActivityScreen).grid.set_marks({SENT, OLDER})
        await pilot.press("c")
        await settle(pilot)

    assert snap_compare(app, terminal_size=(120, 40), run_before=keys)
