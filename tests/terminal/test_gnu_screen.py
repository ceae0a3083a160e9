"""The dashboard inside a real GNU screen: what it shows, and its keys, are those of any other terminal."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.terminal.pty import Terminal

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen is not installed"),
]

SCREEN = ("screen", "-c", "/dev/null", "-U")
OUTPUTS = ("stock", "lean")
KEYS = ("3", "j", "jj", "G", "k", "g", "\r", "]", "[", "\x1b")
"""From screen to screen, scrolled both ways."""


@pytest.fixture
def folder() -> Iterator[str]:
    """Where screen has its sockets; a test's own folder may have too long a name for one."""
    with TemporaryDirectory(prefix="lineside-") as name:
        Path(name).chmod(0o700)
        yield name


def test_escape_closes_help_at_once(start, folder):
    terminal = start("--no-engine", before=SCREEN, env={"SCREENDIR": folder, "COLORTERM": ""})
    terminal.wait("sqlite")
    terminal.send("?")
    terminal.wait("Keys of")
    terminal.send("\x1b")
    terminal.wait(lambda text: "Keys of" not in text)
    terminal.send("\x11")
    assert terminal.wait_exit() == 0


def test_lean_shows_what_stock_shows(start, folder):
    env = {"SCREENDIR": folder, "COLORTERM": ""}
    stock, lean = (start("--no-engine", "--output", output, before=SCREEN, env=env) for output in OUTPUTS)
    for terminal in (stock, lean):
        terminal.wait("sqlite")
    for key in KEYS:
        for terminal in (stock, lean):
            terminal.send(key)
        wait_for_the_same(stock, lean)
    assert len(lean.raw) < len(stock.raw) / 2
    for terminal in (stock, lean):
        terminal.send("\x11")
        assert terminal.wait_exit() == 0


def wait_for_the_same(one: Terminal, other: Terminal) -> None:
    """Wait until both have shown the same for a moment."""
    while one.read(0.3) or other.read(0.3):
        pass
    other.wait(lambda text: bool(one.read(0)) or text == one.text)
    assert one.text == other.text
