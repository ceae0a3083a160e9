"""The dashboard ends cleanly when its terminal is gone, takes nothing, or a signal asks for it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.terminal.pty import DEADLINE, Terminal

pytestmark = pytest.mark.terminal

QUIT = "\x11"


def ended(terminal: Terminal) -> int | None:
    """The exit status; nothing is read meanwhile."""
    end = time.monotonic() + DEADLINE
    while terminal.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    return terminal.status


def files(folder: Path) -> set[str]:
    """Names of all files below a folder."""
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_an_ssh_line_that_drops_ends_it_and_the_place_is_kept(start, own_world):
    terminal = start()
    terminal.wait("sqlite")
    terminal.send("/id:103\r")
    terminal.wait("/ id:103")
    os.close(terminal.fd)
    terminal.fd = os.open(os.devnull, os.O_RDONLY)
    assert ended(terminal) == 128 + signal.SIGHUP
    assert not [name for name in files(own_world) if "crash" in name]
    again = start()
    again.wait("/ id:103")
    again.send(QUIT)
    assert again.wait_exit() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_like_a_key_and_leave_the_terminal_as_it_was(start, own_world, number):
    terminal = start()
    terminal.wait("sqlite")
    os.kill(terminal.pid, number)
    os.kill(terminal.pid, number)
    assert terminal.wait_exit() == 128 + number
    assert "Traceback" not in terminal.text
    assert (b"\x1b[?1049l" in terminal.raw) is (number == signal.SIGTERM)


def stopped(pid: int) -> bool:
    """Whether a process stands still, by its state in proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_it_goes_to_the_background_and_comes_back_as_it_was(start):
    terminal = start()
    terminal.wait("sqlite")
    terminal.send("\x1a")
    terminal.wait(lambda _: stopped(terminal.pid))
    terminal.read()  # what it wrote at the very end
    left = bytes(terminal.raw)
    assert left.rindex(b"\x1b[?1049l") > left.rindex(b"\x1b[?1049h"), "the shell's own screen is there again"
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait(lambda text: b"\x1b[?1049h" in terminal.raw[len(left) :] and "sqlite" in text and "103" in text)
    terminal.send("2")
    terminal.wait("median")
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0


def test_it_quits_while_the_terminal_takes_nothing(start):
    terminal = start()
    terminal.wait("sqlite")
    for key in "12345" * 6:
        terminal.send(key)
        time.sleep(0.01)
    terminal.send(QUIT)
    assert ended(terminal) == 0
