"""What the dashboard writes when little happens, and what it says when the worst does."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import PipelineRun
from data.store.open import open_store
from tests.terminal.pty import DEADLINE, Terminal
from tests.tui.stage import fill_store, write_config

pytestmark = pytest.mark.terminal

SILENCE = 2.5
"""Seconds; the dashboard looks at the clock every second."""
FRAME = 20_000
"""Bytes that a whole frame of 120x40 exceeds."""


def wait_for_silence(terminal: Terminal) -> None:
    """Wait until nothing has been written for `SILENCE` seconds."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if not terminal.read(SILENCE):
            return
        while terminal.read(0.1):
            pass
    raise AssertionError(f"it never fell silent:\n{terminal.text}")


async def put(path: Path, status: str) -> None:
    """Change one run, as an engine does."""
    store = await open_store(path)
    run = await store.get(PipelineRun, "gitlab:1:160")
    assert run is not None
    await store.put([replace(run, status=status)])
    await store.close()


def test_nothing_is_written_while_nothing_happens_and_one_row_when_one_run_changes(start, tmp_path: Path):
    terminal = start()
    terminal.wait("sqlite")
    wait_for_silence(terminal)
    before = len(terminal.raw)
    asyncio.run(put(tmp_path / "data" / "lineside.db", "canceling"))
    terminal.wait("canceling")
    wait_for_silence(terminal)
    assert 0 < len(terminal.raw) - before < FRAME // 8
    before = len(terminal.raw)
    terminal.send("j")
    wait_for_silence(terminal)
    assert 0 < len(terminal.raw) - before < FRAME // 8


def test_the_second_start_shows_the_last_look_first(start, tmp_path: Path):
    terminal = start()
    terminal.wait("sqlite")
    terminal.wait("✗ 103")
    terminal.send("\x11")
    assert terminal.wait_exit() == 0
    again = start()
    again.wait("✗ 103")
    first = bytes(again.raw)
    again.wait("sqlite")
    again.send("\x11")
    assert again.wait_exit() == 0
    assert b"opening the store" not in first


def test_the_c_locale_gets_ascii_signs(start):
    terminal = start(env={"LC_ALL": "C"})
    terminal.wait("sqlite")
    terminal.send("j")
    terminal.read(0.3)
    terminal.send("\x11")
    terminal.wait_exit()
    drawn = bytes(terminal.raw).decode("utf-8", "replace")
    assert not set("●✓✗⊘◌▷─…▾") & set(drawn)


CRASH = """
import tui.dashboard
def broken(self, *_):
    raise ZeroDivisionError("token: glpat-abcdefghijklmnop")
tui.dashboard.Dashboard._tick = broken
from tui.cli import main
raise SystemExit(main(["--config", {config!r}, "--store", {store!r}, "--no-engine"]))
"""


def test_an_error_that_ends_it_is_one_sentence_and_the_traceback_is_in_a_file(tmp_path: Path, own_world: Path):
    store = asyncio.run(fill_store(tmp_path))
    code = CRASH.format(config=str(write_config(tmp_path)), store=str(store))
    with Terminal([sys.executable, "-c", code], env={"PYTHONPATH": str(Path(__file__).parents[2])}) as terminal:
        assert terminal.wait_exit() == 1
        text = " ".join(terminal.text.split())
    assert "lineside: something went wrong that should not have (ZeroDivisionError)" in text
    assert "Traceback" not in text
    crashes = (own_world / "state" / "crashes.log").read_text()
    assert "ZeroDivisionError" in crashes
    assert "glpat-" not in crashes
