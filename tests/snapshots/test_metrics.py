"""The charts at the sizes and in the themes that people have."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.charted import charted
from tests.snapshots.sizes import pictures
from tests.tui.stage import settle, stage
from tests.world import records
from tui.screens.metrics import MetricsScreen

SHOWN: dict[str, tuple[str, ...]] = {
    "grid": (),
    "reading": ("l", "left", "left", "left", "S", "S"),
    "alone": ("l", "l", "z", "plus", "left"),
    "symlog": ("Y", "Y", "X", "X"),
}
"""Keys that lead to each picture."""


def _play(snap_compare, tmp_path: Path, size: tuple[int, int], keys: tuple[str, ...], theme: str = "") -> bool:
    app = asyncio.run(stage(tmp_path / "data", world=[*records(), *charted()]))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        if theme:
            app.theme = theme
        app.open_metrics(["mlflow:r1", "mlflow:r2", "mlflow:r3"], "churn")
        await settle(pilot, lambda: isinstance(app.screen, MetricsScreen) and app.screen.grid.drawn)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        await settle(pilot, lambda: isinstance(app.screen, MetricsScreen) and app.screen.grid.drawn)

    return snap_compare(app, terminal_size=size, run_before=run_before)


@pictures("name", SHOWN, (200, 60), {"grid"})
def test_charts(name, size, snap_compare, tmp_path: Path):
    assert _play(snap_compare, tmp_path, size, SHOWN[name])


@pytest.mark.parametrize("theme", ["lineside-light", "lineside-mono"])
def test_charts_in_themes(theme, snap_compare, tmp_path: Path):
    assert _play(snap_compare, tmp_path, (120, 40), (), theme)
