"""Copying: what the terminal gets, through multiplexers, and where a text goes that is too long for it."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from tests.terminal.pty import Terminal
from tests.tui.stage import dashboard, last_line, playing, settle, until
from tui.output.clipboard import MOST, fits, give_to_tmux, sequence
from tui.output.passing import PIECE, SCREEN, TMUX, passed

ROOT = Path(__file__).parents[2]
ORDER = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
SCREENS_LIMIT = 768
"""Bytes of a string that GNU screen keeps (MAXSTR)."""


@contextmanager
def sent_by(app: App[str]) -> Iterator[list[str]]:
    """What the application sends to the terminal meanwhile, in place of its being sent."""
    sent: list[str] = []
    assert app._driver is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app._driver, "write", sent.append)
        yield sent


def copied(sent: str) -> list[str]:
    """The texts that orders in `sent` copy."""
    return [base64.b64decode(one).decode() for one in ORDER.findall(sent)]


@given(st.text())
def test_every_text_arrives_as_it_was(text: str) -> None:
    given = text.encode("utf-8", "replace").decode()
    assert copied(sequence(text)) == [given]
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sequence(text, SCREEN), re.DOTALL)
    assert copied("".join(pieces)) == [given]


def test_screen_gets_pieces_that_it_keeps() -> None:
    sent = sequence("x" * MOST, SCREEN)
    strings = sent.split("\x1b\\")
    assert strings.pop() == ""
    assert len(strings) > MOST // PIECE
    assert all(one.startswith("\x1bP") and len(one) + 2 <= SCREENS_LIMIT for one in strings)


def test_tmux_is_told_itself_and_hands_it_through() -> None:
    plain = sequence("words")
    assert sequence("words", TMUX) == plain + "\x1bPtmux;\x1b" + plain + "\x1b\\"
    assert passed("\x1b[0m", "") == "\x1b[0m"


def test_the_limit_is_one_of_bytes() -> None:
    assert fits("x" * MOST)
    assert not fits("x" * (MOST + 1))
    assert fits("ä" * (MOST // 2))
    assert not fits("ä" * (MOST // 2 + 1))
    assert len(sequence("x" * MOST)) == 100_000


async def test_what_is_too_long_goes_to_a_file(tmp_path: Path, own_world: Path) -> None:
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        with sent_by(app) as sent:
            app.copy("größe\n" * 20_000, "20,000 lines")
            await settle(pilot)
        assert "52;" not in "".join(sent)
        assert "saved to a file instead: ~/state/copied.txt" in last_line(pilot)
        kept = own_world / "state" / "copied.txt"
        assert kept.read_text() == "größe\n" * 20_000
        assert kept.stat().st_mode & 0o777 == 0o600


async def test_the_pace_counts_what_was_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        app.output_off = ""
        counted: list[int] = []
        monkeypatch.setattr(app.output_pace, "sent", lambda count, now: counted.append(count))
        app.copy("x" * MOST, "much")
        await settle(pilot)
        assert 100_000 in counted


async def test_a_file_that_cannot_be_written_is_said(
    tmp_path: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_world / "file").write_text("")
    async with playing(tmp_path) as pilot:
        monkeypatch.setenv("LINESIDE_STATE_DIR", str(own_world / "file" / "below"))
        dashboard(pilot).copy("x" * (MOST + 1))
        await settle(pilot)
        assert "too much for a terminal's clipboard, and" in last_line(pilot)


@pytest.mark.parametrize("status", [0, 1])
async def test_in_tmux_it_is_tmux_that_copies_if_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    tool = tmp_path / "bin" / "tmux"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat > {tmp_path}/taken\nexit {status}\n')
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", str(tool.parent), prepend=":")
    monkeypatch.setenv("TMUX", "/nowhere,1,0")
    async with playing(tmp_path) as pilot:
        app = dashboard(pilot)
        with sent_by(app) as sent:
            app.copy("some wörds", "two words")
            await until(pilot, lambda: not any(one.group == "copy" and not one.is_finished for one in app.workers))
        assert "copied two words" in last_line(pilot)
        assert (tmp_path / "taken").read_text() == "some wörds"
        assert (tmp_path / "asked").read_text() == "load-buffer -w -\n"
        assert set(copied("".join(sent))) == (set() if status == 0 else {"some wörds"})


def test_without_tmux_nothing_is_given_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not give_to_tmux("text")


@pytest.fixture
def in_tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Terminal]]:
    """Runs Python in tmux with a configuration, attached to a terminal of ours; tmux is ended with it."""
    if shutil.which("tmux") is None:
        pytest.skip("there is no tmux here")
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path))
    with ExitStack() as stack:

        def begin(config: str, program: str) -> Terminal:
            (tmp_path / "tmux.conf").write_text(config + "\nset -g exit-empty on\n")
            (tmp_path / "program.py").write_text(program)
            inner = f"PYTHONPATH={ROOT} {sys.executable} {tmp_path}/program.py; read rest"
            command = ["tmux", "-L", "clip", "-f", str(tmp_path / "tmux.conf"), "new-session", inner]
            stack.callback(subprocess.run, ["tmux", "-L", "clip", "kill-server"], capture_output=True, timeout=10)
            return stack.enter_context(Terminal(command, columns=80, rows=24, env={"TMUX": ""}))

        yield begin


@pytest.mark.terminal
@pytest.mark.parametrize(
    "config", ["", "set -s set-clipboard on", "set -g allow-passthrough on"], ids=["as it comes", "set", "passed"]
)
def test_a_real_tmux_tells_the_terminal_as_it_is_delivered(
    in_tmux: Callable[[str, str], Terminal], config: str
) -> None:
    program = "from tui.output.clipboard import give_to_tmux\nprint('loaded', give_to_tmux('größe'))\n"
    terminal = in_tmux(config, program)
    terminal.wait("loaded True")
    wanted = base64.b64encode("größe".encode())
    terminal.wait(lambda _: wanted in terminal.raw)
    terminal.send("\r")
    terminal.wait_exit()


@pytest.mark.terminal
@pytest.mark.parametrize("config", ["set -s set-clipboard on", "set -g allow-passthrough on"], ids=["set", "passed"])
def test_a_real_tmux_that_allows_it_hears_our_order(in_tmux: Callable[[str, str], Terminal], config: str) -> None:
    program = "from tui.output.clipboard import sequence\nprint(sequence('größe', 'tmux') + 'sent')\n"
    terminal = in_tmux(config, program)
    terminal.wait("sent")
    wanted = base64.b64encode("größe".encode())
    terminal.wait(lambda _: wanted in terminal.raw)
    assert bytes(terminal.raw).count(wanted) == 1
    terminal.send("\r")
    terminal.wait_exit()
