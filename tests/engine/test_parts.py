"""A part of the engine that comes to an end which nobody asked for begins again, or ends the process with a word."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from data.config import Settings
from data.engine import service, serving
from data.errors import LinesideError
from data.store.place import Place
from tests.engine.conftest import Lab

pytestmark = pytest.mark.server


async def test_a_part_whose_answer_was_given_up_begins_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "REST", 0.0)
    tries = 0

    async def part() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            answer.cancel()
            await answer

    await lab.engine()._kept_up("part", part)
    assert tries == 2


async def test_a_part_that_is_told_to_end_ends(lab: Lab) -> None:
    began = asyncio.Event()

    async def part() -> None:
        began.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(lab.engine()._kept_up("part", part))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_engine_that_ends_by_itself_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ends(_: object) -> None:
        return

    monkeypatch.setattr(serving.Engine, "run", ends)
    one = serving.Service(Settings(), Place("", tmp_path / "lineside.db", tmp_path / "logs", "sqlite"), "test")
    with pytest.raises(LinesideError, match="ended by itself"):
        await one.run()
    again = serving.Service(Settings(), Place("", tmp_path / "lineside.db", tmp_path / "logs", "sqlite"), "test")
    again.stop()
    with contextlib.suppress(asyncio.CancelledError):
        await again.run()
