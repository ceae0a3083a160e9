"""Hostile text in records and logs: nothing of it reaches the terminal as an order."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import PipelineRun, Project
from data.store.logs import LogFiles
from data.store.open import open_store
from tests.world import FAILED_JOB, FAILED_RUN

pytestmark = pytest.mark.terminal

PAYLOADS = {
    "clipboard": "\x1b]52;c;RVZJTA==\x07",
    "clipboard, ST": "\x1b]52;c;RVZJTA==\x1b\\",
    "title": "\x1b]0;EVILTITLE\x07",
    "reset": "\x1bc",
    "clear": "\x1b[2J",
    "C1 CSI": "\x9b2J",
    "C1 OSC": "\x9d52;c;RVZJTA==\x9c",
    "device control": "\x1bPEVIL\x1b\\",
    "link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "pieces": "\x1b\x1b[m]52;c;RVZJTA==\x1b\x1b[m\\",
    "right to left": "\u202egnp.exe\u2066",
    "bell and backspace": "\x07\x08\x08",
}
"""What a branch name or a program's output may hold."""
MARKUP = "[/foo] [@click=app.quit]x[/] [bold red]list[int]"
"""Text that a markup parser would trip over."""
FORBIDDEN = (
    b"\x1b]52;", b"\x1b]0;", b"\x1bc", b"\xc2\x9b", b"\xc2\x9d", b"\x1bP", "\u202e".encode(),
    "\u2066".encode(),
)  # fmt: skip
"""What must not be among the bytes: orders, not the letters that are left of them."""
LINK = re.compile(rb"\x1b\]8;[^;]*;[^\x1b\x07]")
"""The begin of a link; its end, which has no address, may be sent at any time."""


async def poison(folder: Path) -> None:
    """Hostile text in a store that did not clean it, as another program may have left it, and in a log."""
    store = await open_store(folder / "lineside.db")
    run = await store.get(PipelineRun, FAILED_RUN)
    project = await store.get(Project, "gitlab:1")
    assert run is not None
    assert project is not None
    soup = "".join(PAYLOADS.values()) + MARKUP
    await store.put(
        [
            replace(run, ref=soup, commit_title=soup, triggered_by=soup, error_message=soup, name=soup),
            replace(project, name=f"churn {soup}", path=soup),
        ]
    )
    await store.close()
    logs = LogFiles(folder / "logs")
    logs.append(FAILED_JOB, logs.size(FAILED_JOB), f"{soup}\nERROR: {soup}\n".encode("utf-8", "surrogatepass"))


def test_nothing_of_it_reaches_the_terminal(start, tmp_path: Path):
    asyncio.run(poison(tmp_path / "data"))
    terminal = start()
    terminal.wait("sqlite")
    for key in "12436":
        terminal.send(key)
        terminal.read(0.3)
    terminal.send("3")
    terminal.send("/id:103\r")
    terminal.wait(lambda text: "/ id:103" in text and "1039" not in text)
    terminal.send("\r")
    terminal.wait("validate-data")
    terminal.send("l")
    terminal.wait("ERROR: Job failed")
    terminal.send("G")
    terminal.wait("list[int]")
    terminal.send("\x1b")
    terminal.read(0.6)
    terminal.send("t")
    terminal.wait("Launch")
    terminal.send("\x11")
    assert terminal.wait_exit() == 0
    written = bytes(terminal.raw)
    for payload in FORBIDDEN:
        assert payload not in written, payload
    assert not LINK.search(written)
