"""The driver in a pseudo terminal: its questions, its end, and keys that answers leave alone."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser

from tests.terminal.pty import DEADLINE, Terminal
from tui.output.answers import Answer, Kind
from tui.output.driver import AnsweringParser, unknown

QUESTION, REPORT = b"\x1b[5n", b"\x1b[0n"
PROGRAM = f"{sys.executable} -m tui.cli"
RAW = termios.ECHO | termios.ICANON
KEYS = [
    "a",
    "Z",
    "\r",
    "é",
    "\x1bx",
    "\x1b[A",
    "\x1bOP",
    "\x1b[1;5C",
    "\x1b[<0;10;20M",
    "\x1b[27u",
    "\x1b[200~x\x1b[201~",
]
"""What a terminal sends for keys, the mouse and a paste."""


class Chatty:
    """A terminal that answers every question, in pieces of a byte, whenever it is let."""

    def __init__(self) -> None:
        self.open = True
        self._kept = b""

    def answer(self, data: bytes) -> bytes:
        for question, answer in (
            (b"\x1b[>0q", b"\x1bP>|kitty(0.35)\x1b\\"),
            (b"\x1b]11;?\x1b\\", b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
            (QUESTION, REPORT),
        ):
            self._kept += answer * data.count(question)
        said, self._kept = (self._kept, b"") if self.open else (b"", self._kept)
        return said


@pytest.fixture
def view(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the viewer on a file of 500 lines; everything that was started is ended."""
    (tmp_path / "some.log").write_text("".join(f"line {number}\n" for number in range(500)))
    places = {f"LINESIDE_{name}_DIR": str(tmp_path) for name in ("STATE", "DATA", "CONFIG")}
    env = {**places, "COLORTERM": "truecolor", "PYTHONPATH": str(Path(__file__).parents[2])}
    with ExitStack() as stack:

        def begin(*options: str, before: str = "", after: str = "", silent: bool = False) -> Terminal:
            line = f"{before}{PROGRAM} {' '.join(options)} view some.log{after}"
            terminal = Terminal(["sh", "-c", line], env=env, cwd=tmp_path, silent=silent, columns=80, rows=24)
            return stack.enter_context(terminal)

        yield begin


def events(parser: XTermParser, parts: list[str]) -> list[str]:
    """What the parser makes of the text."""
    return [repr(event) for part in parts for event in parser.feed(part)]


@settings(deadline=None)
@given(st.lists(st.sampled_from(KEYS)), st.integers(1, 9))
def test_keys_are_what_they_are_without_us_however_they_are_cut(keys: list[str], size: int) -> None:
    text = "".join(keys)
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    assert events(AnsweringParser(lambda _: None), parts) == events(XTermParser(), parts)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*KEYS, "\x1b[0n"])))
def test_answers_between_keys_are_heard_and_seen_by_nobody_else(parts: list[str]) -> None:
    heard: list[Answer] = []
    keys = [part for part in parts if part != "\x1b[0n"]
    assert events(AnsweringParser(heard.extend), parts) == events(XTermParser(), keys)
    assert heard == [Answer(Kind.REPORT, "")] * (len(parts) - len(keys))


def test_escape_comes_when_it_comes_without_us(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, stock = AnsweringParser(lambda _: None), XTermParser()
    seen = [list(parser.feed("\x1b")) for parser in (ours, stock)]
    assert seen == [[], []]
    later = time.perf_counter() + 10.0
    monkeypatch.setattr("textual._parser.get_time", lambda: later)
    keys = [[repr(event) for event in parser.tick()] for parser in (ours, stock)]
    assert keys[0] == keys[1] != []


def test_this_textual_is_known() -> None:
    assert unknown() == ""


@pytest.mark.terminal
def test_it_asks_once_and_no_answer_becomes_a_key(view: Callable[..., Terminal]) -> None:
    terminal = view()
    terminal.responder = Chatty()  # type: ignore[assignment]
    terminal.wait("line 499")
    for question in (b"\x1b[>0q", b"\x1b]11;?\x1b\\"):
        assert terminal.raw.count(question) == 1
    terminal.send("/line 250\r")
    terminal.wait("line 250")
    assert "rgb" not in terminal.text and "kitty" not in terminal.text
    terminal.send("q")
    assert terminal.wait_exit() == 0


@pytest.mark.terminal
def test_stock_output_puts_no_question_behind_what_it_sends(view: Callable[..., Terminal]) -> None:
    terminal = view("--output", "stock")
    terminal.wait("line 499")
    before = terminal.raw.count(QUESTION)
    terminal.send("g")
    terminal.wait("line 3")
    assert terminal.raw.count(QUESTION) == before


@pytest.mark.terminal
def test_answers_on_their_way_at_the_end_do_not_become_keys_of_the_shell(view: Callable[..., Terminal]) -> None:
    terminal = view(after='; echo ended; read -r rest; printf "rest<%s>" "$rest" | cat -v')
    terminal.responder = chatty = Chatty()  # type: ignore[assignment]
    terminal.wait("line 499")
    chatty.open = False
    terminal.send("g")
    terminal.wait("line 3")
    asked = terminal.raw.count(QUESTION)
    terminal.send("q")
    terminal.wait(lambda text: terminal.raw.count(QUESTION) > asked or "ended" in text)
    chatty.open = True
    os.write(terminal.fd, chatty.answer(b""))
    terminal.wait("ended")
    terminal.send("x\r")
    terminal.wait("rest<x>")


@pytest.mark.terminal
def test_it_ends_while_the_terminal_takes_nothing(view: Callable[..., Terminal]) -> None:
    terminal = view(before="exec ")
    terminal.wait("line 499")
    for key in "gG" * 40:
        terminal.send(key)
        time.sleep(0.01)
    terminal.send("q")
    end = time.monotonic() + DEADLINE
    while terminal.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    assert terminal.status == 0


@pytest.mark.terminal
def test_a_silent_terminal_is_served_all_the_same(view: Callable[..., Terminal]) -> None:
    terminal = view(silent=True)
    terminal.wait("line 499")
    terminal.send("g")
    terminal.wait("line 3")
    terminal.send("q")
    assert terminal.wait_exit() == 0


@pytest.mark.terminal
@pytest.mark.parametrize("stop", [signal.SIGSTOP, signal.SIGTSTP])
def test_stopped_and_continued_it_draws_again_and_restores_the_terminal(
    view: Callable[..., Terminal], stop: signal.Signals
) -> None:
    terminal = view(before="exec ")
    terminal.wait("line 499")
    os.kill(terminal.pid, stop)
    os.waitpid(terminal.pid, os.WUNTRACED)
    terminal.stream.feed(b"\x1b[2Jsomething else was here")
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait(lambda text: "line 499" in text and "something else" not in text)
    terminal.send("/line 123\r")
    terminal.wait("line 123")
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert termios.tcgetattr(terminal.fd)[3] & RAW == RAW


@pytest.mark.terminal
def test_a_terminal_that_hangs_up_ends_it_without_a_word(view: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = view(before="exec ")
    terminal.wait("line 499")
    os.close(terminal.fd)
    terminal.fd = os.open(os.devnull, os.O_RDONLY)
    end = time.monotonic() + DEADLINE
    while terminal.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    assert terminal.status in {129, -signal.SIGHUP}
    assert not list(tmp_path.glob("*crash*"))


@pytest.mark.terminal
def test_an_unknown_output_in_the_environment_is_refused(
    view: Callable[..., Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINESIDE_OUTPUT", "fast")
    terminal = view()
    terminal.wait("neither lean nor stock")
    assert terminal.wait_exit() == 2
