"""Lists of runs as one arranges them: what they look like at the sizes that people have."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.stage import settle, stage

SIZES = [(80, 24), (120, 40)]
GROUP = ("b", *"ref", "enter")
METRICS = ("C", *"val", "space", "backspace", "backspace", "backspace", *"loss", "space", "enter")
SCREENS: dict[str, Sequence[str]] = {
    "runs-grouped": (*GROUP, "j", "enter"),
    "runs-metrics": (*METRICS, "s", *"val", "enter"),
    "columns": ("C", "down", "down", "plus"),
    "sort": ("s",),
    "window": ("w",),
    "views": (*METRICS, "V", "a", *"good", "enter"),
    "experiments": ("4",),
    "tracked": ("4", "enter"),
}
"""Keys that lead to each screen."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
def test_screen(name, size, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data"))

    async def keys(pilot: Pilot[str]) -> None:
        await settle(pilot)
        for key in SCREENS[name]:
            await pilot.press(key)
            await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=keys)
