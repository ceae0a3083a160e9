"""Every screen at the sizes that people have: what it looks like is part of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.snapshots.sizes import pictures
from tests.tui.stage import settle, stage

SCREENS: dict[str, Sequence[str]] = {
    "runs": (),
    "runs-filtered": ("slash", *"status:failed", "enter"),
    "run": ("j", "enter"),
    "log": ("j", "l"),
    "launch": ("j", "T"),
    "projects": ("1",),
    "pipelines": ("2",),
    "activity": ("6",),
    "help": ("question_mark",),
}
"""Keys that lead to each screen."""


@pictures("name", SCREENS, (200, 60), {"runs", "run", "launch"})
def test_screen(name, size, snap_compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tui.screens.launch.new_run_id", lambda: "1ng1g6r4zpw0")
    app = asyncio.run(stage(tmp_path / "data"))

    async def keys(pilot: Pilot[str]) -> None:
        await settle(pilot)
        for key in SCREENS[name]:
            await pilot.press(key)
            await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=keys)


@pytest.mark.parametrize("theme", ["lineside-light", "lineside-mono", "nord"])
def test_theme(theme, snap_compare, tmp_path: Path):
    app = asyncio.run(stage(tmp_path / "data"))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)
        app.theme = theme
        await pilot.press("j", "space", "j", "enter")
        await settle(pilot)

    assert snap_compare(app, terminal_size=(120, 40), run_before=run_before)


def test_empty(snap_compare, tmp_path: Path):
    """Nothing is in the store yet."""
    from data.store.open import open_store
    from tests.tui.stage import write_config
    from tui.dashboard import Dashboard
    from tui.options import DashboardOptions

    async def empty() -> Path:
        path = tmp_path / "data" / "lineside.db"
        await (await open_store(path)).close()
        return path

    store = asyncio.run(empty())
    app = Dashboard(DashboardOptions(config=write_config(tmp_path), store=store, engine=False, ascii=False))

    async def run_before(pilot: Pilot[str]) -> None:
        await settle(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=run_before)
