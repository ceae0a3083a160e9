"""The dashboard in a real terminal: start, keys, resize, quit, kill, what it writes."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal
from tests.tui.stage import write_config

pytestmark = pytest.mark.terminal

QUIT = "\x11"
ESCAPE = "\x1b"
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
"""SGR with a colour in it; 39 and 49 are the terminal's own."""
TRACE = "Traceback"


def escape(terminal: Terminal) -> None:
    """Press esc, and leave it the time in which a key after it would make it an alt chord."""
    terminal.send(ESCAPE)
    terminal.read(0.5)


def test_it_starts_shows_the_history_and_quits(start):
    terminal = start()
    terminal.wait("sqlite")
    terminal.wait(lambda text: "churn" in text and "fraud-detection" in text)
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0


def test_keys_lead_to_the_run_its_log_and_back(start):
    terminal = start()
    terminal.wait("✗ 103")
    terminal.wait("sqlite")
    terminal.send("/id:103\r")
    terminal.wait(lambda text: "/ id:103" in text and "● 160" not in text)
    terminal.send("\r")
    terminal.wait("CUDA out of memory")
    terminal.send("l")
    terminal.wait("ERROR: Job failed")
    terminal.read(0.5)  # the first error is searched for and shown
    terminal.send("g")
    terminal.wait("Executing step_script")
    escape(terminal)
    terminal.wait("deploy")
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0


def test_escape_never_quits_and_q_does_on_the_first_screen(start):
    terminal = start()
    terminal.wait("sqlite")
    escape(terminal)
    terminal.send("1")
    terminal.wait("success")
    terminal.send("q")
    terminal.wait("stages")
    assert terminal.poll() is None
    terminal.send("q")
    assert terminal.wait_exit() == 0


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 60)])
def test_it_follows_the_size_of_the_terminal(start, size):
    terminal = start()
    terminal.wait("sqlite")
    terminal.resize(*size)
    terminal.wait(lambda text: "running" in text or "failed" in text)
    for key in "123456?":
        terminal.send(key)
    escape(terminal)
    terminal.send("3")
    terminal.resize(120, 40)
    terminal.wait("took")
    assert TRACE not in terminal.text
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0


def test_it_starts_in_forty_by_ten(start):
    terminal = start(columns=40, rows=10)
    terminal.wait("churn")
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0


def test_killed_it_starts_again_and_has_lost_nothing(start):
    terminal = start()
    terminal.wait("sqlite")
    os.kill(terminal.pid, signal.SIGKILL)
    terminal.wait_exit()
    again = start()
    again.wait("sqlite")
    again.wait("fraud-detection")
    again.send(QUIT)
    assert again.wait_exit() == 0


def test_no_color_writes_no_colour(start):
    terminal = start(env={"NO_COLOR": "1"})
    terminal.wait("sqlite")
    terminal.send("j")
    terminal.read(0.3)
    terminal.send(QUIT)
    terminal.wait_exit()
    assert not COLOUR.search(bytes(terminal.raw))


def test_a_linux_console_gets_ascii_signs(start):
    terminal = start(env={"TERM": "linux"})
    terminal.wait("sqlite")
    terminal.send(QUIT)
    terminal.wait_exit()
    drawn = bytes(terminal.raw).decode("utf-8", "replace")
    assert not set("●✓✗⊘◌▷─…") & set(drawn)


def test_rubbish_pasted_into_the_filter_is_harmless(start):
    terminal = start()
    terminal.wait("sqlite")
    terminal.send("/")
    terminal.send("\x1b[200~\x07\x9b31m]52;c;AAAA\x00 [/foo] ((\n\n status:[bold]\x1b[201~")
    terminal.send("\r")
    terminal.read(0.5)
    escape(terminal)
    escape(terminal)
    terminal.wait(lambda text: "churn" in text or "match" in text)
    assert TRACE not in terminal.text
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0


@pytest.fixture
def silent_server():
    """A server that takes connections and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def take() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=take, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
    listener.close()
    for one in taken:
        one.close()


def test_it_quits_while_the_server_hangs(start, silent_server, tmp_path: Path):
    url, taken = silent_server
    write_config(
        tmp_path,
        f"connections:\n  gitlab:\n    kind: gitlab\n    url: {url}\n    token: glpat-x\nprojects:\n  - ml/churn\n",
    )
    terminal = start("--engine")
    terminal.wait("sqlite")
    terminal.wait(lambda _: bool(taken))
    terminal.send(QUIT)
    assert terminal.wait_exit(seconds=10) == 0
    assert TRACE not in terminal.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conections:\n  gitlab: {}\n", "did you mean"),
        ("connections: [\n", "yaml"),
        ("projects: 3\n", "projects"),
    ],
)
def test_a_bad_configuration_is_a_sentence_with_the_way_out(start, tmp_path: Path, text, words):
    write_config(tmp_path, text)
    terminal = start()
    shown = terminal.wait(lambda shown: "cannot go on" in shown or "Welcome" in shown)
    assert TRACE not in shown
    assert words.lower() in " ".join(shown.split()).lower()
    terminal.send("q")
    terminal.wait_exit()


def test_a_corrupt_store_is_a_sentence_with_the_way_out(start, tmp_path: Path):
    (tmp_path / "data" / "lineside.db").write_bytes(b"this is no database" * 100)
    terminal = start()
    shown = terminal.wait("cannot go on")
    assert "lineside.db" in shown.replace("\n", "")
    terminal.send("q")
    assert terminal.wait_exit() != 0
