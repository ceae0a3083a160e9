"""Typing faster than the screen follows: what was typed stays in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.events import Key

from tests.tui.stage import dashboard, playing, settle

TEXT = "status:failed"


@pytest.mark.parametrize("pause", range(4))
async def test_keys_that_come_while_the_prompt_opens_stay_in_order(tmp_path: Path, pause: int) -> None:
    """`pause` is how often the program gets a turn between two keys."""
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        for key in f"/{TEXT}":
            app.post_message(Key({"/": "slash", ":": "colon"}.get(key, key), key))
            for _ in range(pause):
                await asyncio.sleep(0)
        await settle(pilot, lambda: app.prompt is not None and len(app.prompt.value) == len(TEXT))
        assert app.prompt is not None
        assert app.prompt.value == TEXT
