"""Typing faster than the screen follows: what was typed stays in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.app import App
from textual.events import Key

from tests.tui.stage import dashboard, playing, settle
from widgets.grid import Grid

TEXT = "status:failed"
NAMES = {"/": "slash", ":": "colon"}
"""Keys that Textual names otherwise."""


async def burst(app: App[str], keys: Sequence[str], pause: int) -> None:
    """Type keys; `pause` is how often the program gets a turn between two of them."""
    for key in keys:
        app.post_message(Key(NAMES.get(key, key), key))
        for _ in range(pause):
            await asyncio.sleep(0)


@pytest.mark.parametrize("pause", range(4))
async def test_keys_behind_one_that_leaves_a_screen_reach_the_one_below(tmp_path: Path, pause: int) -> None:
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        grid = app.screen.query_one(Grid)
        assert grid.source.size > 4 and grid.cursor == 0
        await burst(app, ["question_mark", "escape", "j", "ctrl+p", "escape", "j", "j"], pause)
        await settle(pilot, lambda: grid.cursor == 3)
        assert app.screen.query_one(Grid) is grid


@pytest.mark.parametrize("pause", range(4))
async def test_keys_behind_one_that_opens_a_screen_reach_it(tmp_path: Path, pause: int) -> None:
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        grid = app.screen.query_one(Grid)
        await burst(app, ["enter", "escape", "j", "question_mark", "j", "q", "j"], pause)
        await settle(pilot, lambda: app.screen.query_one(Grid) is grid and grid.cursor == 2)


@pytest.mark.parametrize("pause", range(4))
async def test_keys_that_come_while_the_prompt_opens_stay_in_order(tmp_path: Path, pause: int) -> None:
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        await burst(app, f"/{TEXT}", pause)
        await settle(pilot, lambda: app.prompt is not None and len(app.prompt.value) == len(TEXT))
        assert app.prompt is not None
        assert app.prompt.value == TEXT
