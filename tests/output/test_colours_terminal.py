"""Colours in a real terminal: none with NO_COLOR, 16 where there are 16, light ones on a light background."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.conftest import LINESIDE
from tests.terminal.emulator import Responder
from tests.terminal.pty import Terminal

pytestmark = pytest.mark.terminal

QUIT = "\x11"
SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
"""Select graphic rendition (ECMA-48, 8.3.117)."""
COLOURS = {*range(30, 50), *range(90, 108)}
"""What it says of colours; 39 and 49, the terminal's own, among them."""
RICH = re.compile(rb"\x1b\[(?:[0-9;]*;)?[34]8[;:][0-9;:]*m")
"""A colour that is none of the 16."""
REVERSED = re.compile(rb"\x1b\[(?:[0-9;]*;)?7(?:;[0-9;]*)?m")
BACKGROUND_QUESTION = b"\x1b]11;?"
LIGHT = "fbfcfd"
"""The background of our light theme."""
LIGHT_CODE, DARK_CODE = b"48;2;251;252;253", b"48;2;15;19;23"
"""The backgrounds of our themes as SGR says them."""

TOUR = {
    "2": "pipelines",
    "4": "experiments",
    "5": "models",
    "6": "activity › commands",
    "]": "activity › queue",
    "]]": "activity › submissions",
    "]]]": "activity › schedules",
    "]]]]": "activity › health",
    "1": "projects",
    "3": "runs",
}
"""Keys that lead from one screen to the next, the last of each is pressed, and what its first line then says."""


def colours(raw: bytes) -> Iterator[int]:
    """The codes of all colours in what was written."""
    for match in SGR.finditer(raw):
        yield from (int(code) for code in re.split(rb"[;:]", match[1]) if code.isdigit() and int(code) in COLOURS)


def ground(terminal: Terminal) -> str:
    """The background of the last cell of the second line, as pyte names it."""
    terminal.read()
    return str(terminal.screen.buffer[1][terminal.screen.columns - 1].bg)


class Light(Responder):
    """A terminal with a light background, which answers one question after the other."""

    def answer(self, data: bytes) -> bytes:
        """What it says."""
        told = b"\x1b]11;rgb:fafa/fafa/fafa\x1b\\" if BACKGROUND_QUESTION in data else b""
        return told + super().answer(data)


def light_session(start: Callable[[], Terminal]) -> bytes:
    """Start on a light background, and leave when all is there; returns what was written."""
    terminal = start()
    terminal.responder = Light()
    terminal.wait(lambda text: "sqlite" in text and ground(terminal) == LIGHT)
    return leave(terminal)


def leave(terminal: Terminal) -> bytes:
    """Quit; returns all that was written."""
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0
    return bytes(terminal.raw)


@pytest.mark.parametrize("output", ["lean", "stock"])
def test_no_color_means_no_colour_on_any_screen(start, output):
    terminal = start(env={"NO_COLOR": "1", "LINESIDE_OUTPUT": output})
    terminal.wait("sqlite")
    for keys, head in TOUR.items():
        terminal.send(keys[-1])
        terminal.wait(lambda text, head=head: head in text.splitlines()[0])
    terminal.wait("✗")
    terminal.send("?")
    terminal.wait("Keys of runs")
    terminal.send("q:")
    terminal.send("theme nord\r")
    terminal.wait("NO_COLOR is set")
    terminal.send("/id:103\r")
    terminal.wait(lambda text: "● 160" not in text)
    terminal.send("\r")
    terminal.wait("CUDA out of memory")
    terminal.send("l")
    terminal.wait("ERROR: Job failed")
    raw = leave(terminal)
    assert not set(colours(raw))
    assert REVERSED.search(raw), "the cursor line"


def test_a_light_background_brings_light_colours_also_at_the_next_start(start):
    first, again = (light_session(start) for _ in range(2))
    assert LIGHT_CODE in first
    assert DARK_CODE not in again, "the theme of last time is drawn until the terminal has told"


def test_a_theme_that_was_chosen_is_not_asked_for(start):
    terminal = start(env={"LINESIDE_THEME": "nord", "COLORFGBG": "0;15"})
    terminal.wait("sqlite")
    assert ground(terminal) == "2e3440"
    assert BACKGROUND_QUESTION not in leave(terminal)


def test_an_old_console_gets_its_own_colours(start):
    terminal = start(env={"TERM": "linux", "COLORTERM": ""})
    terminal.wait("sqlite")
    raw = leave(terminal)
    assert not RICH.search(raw)
    assert set(colours(raw)) & {*range(90, 98)}
    assert not set(colours(raw)) & {*range(100, 108)}


def test_a_terminal_without_colours_gets_none(start):
    terminal = start(env={"TERM": "vt100", "COLORTERM": ""})
    terminal.wait("sqlite")
    assert not set(colours(leave(terminal)))


def test_256_colours_are_enough(start):
    terminal = start(env={"COLORTERM": ""})
    terminal.wait("sqlite")
    assert ground(terminal) == "121212"
    raw = leave(terminal)
    assert not re.search(rb"[34]8;2;", raw)
    assert b"48;5;18" in raw, "the cursor line"


@pytest.mark.parametrize("command", [[], ["view", "notes.txt"]], ids=["dashboard", "view"])
def test_a_terminal_that_cannot_draw_is_told_so(command, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("words\n")
    env = {"TERM": "dumb", "PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal([*LINESIDE, *command], env=env, cwd=tmp_path) as terminal:
        assert terminal.wait_exit() == 2
        assert "needs a terminal whose cursor can be moved" in " ".join(terminal.text.split())
        assert "Traceback" not in terminal.text
        assert b"\x1b" not in terminal.raw
