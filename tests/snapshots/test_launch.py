"""The launch form at the sizes that people have, in light and dark."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.launchworld import preview, refs, submitted, world
from tests.tui.stage import settle, stage

LOOKS = [((80, 24), "lineside-dark"), ((120, 40), "lineside-light"), ((160, 45), "lineside-dark")]
SCENES: dict[str, Sequence[str]] = {
    "last": ("j", "t"),
    "like": ("j", "T"),
    "refs": ("j", "t", "enter", *"topic-1"),
    "graph": ("j", "t", *["down"] * 3, "right", *["down"] * 4, "space", "ctrl+g"),
    "wrong": ("j", "t", "ctrl+u", *"release/2026.03", "escape", "ctrl+s"),
    "question": ("j", "T", "ctrl+s"),
}
"""Keys that lead to what is seen."""
KEYS = {"/": "slash", ".": "full_stop", "-": "minus"}


@pytest.mark.parametrize(
    ("size", "theme"), LOOKS, ids=lambda value: value if isinstance(value, str) else "x".join(map(str, value))
)
@pytest.mark.parametrize("scene", SCENES)
def test_launch(scene, size, theme, snap_compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tui.screens.launch.new_run_id", lambda: "1ng1g6r4zpw0")
    monkeypatch.setattr("tui.screens.launch_base.REF_PAUSE", 60.0)  # what follows the pause comes at no certain time
    everything = world(preview(), refs(), *(submitted() if scene in {"like", "question"} else ()))
    app = asyncio.run(stage(tmp_path / "data", world=everything))

    async def keys(pilot: Pilot[str]) -> None:
        await settle(pilot)
        app.theme = theme
        for key in SCENES[scene]:
            await pilot.press(KEYS.get(key, key))
            await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=keys)
