"""What is known of terminals from their environment, from terminfo, and from what they answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui.output.answers import Answer, Kind
from tui.output.terminal import Capability, Depth, Terminal, colour, from_environment, may_be_asked, named, told

XTERM: dict[str, Capability] = {
    "bce": True, "rep": "%p1%c\x1b[%p2%{1}%-%db", "csr": "x", "indn": "x", "colors": 256,
}  # fmt: skip
LINUX: dict[str, Capability] = {"bce": True, "csr": "x", "colors": 8}
SCREEN: dict[str, Capability] = {"csr": "x", "colors": 256}


def seen(capabilities: dict[str, Capability], **environ: str) -> Terminal:
    return from_environment(environ, capabilities.get)


def test_a_terminal_under_anothers_name_is_not_trusted_to_repeat() -> None:
    terminal = seen(XTERM, TERM="xterm-256color")
    assert (terminal.repeats, terminal.scrolls, terminal.erases_coloured) == (False, True, True)
    assert (terminal.depth, terminal.name, terminal.answers) == (Depth.EIGHT_BIT, "xterm-256color", None)
    assert named(terminal, "XTerm(379)").repeats


def test_a_terminal_with_its_own_name_does_what_terminfo_says() -> None:
    assert seen(XTERM, TERM="alacritty").repeats
    assert not seen(SCREEN, TERM="foot").repeats


def test_the_linux_console_neither_scrolls_regions_nor_is_it_asked() -> None:
    assert seen(LINUX, TERM="linux").scrolls is False
    assert seen(LINUX, TERM="linux").depth is Depth.SIXTEEN
    assert not may_be_asked({"TERM": "linux"})
    assert not may_be_asked({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"})
    assert may_be_asked({"TERM": "xterm-256color"})


@pytest.mark.parametrize(
    ("environ", "multiplexer", "scrolls", "erases"),
    [
        ({"TERM": "screen-256color", "TMUX": "/tmp/x,1,0"}, "tmux", True, False),
        ({"TERM": "tmux-256color"}, "tmux", True, False),
        ({"TERM": "screen-256color"}, "screen", False, False),
        ({"TERM": "xterm-256color", "STY": "1.pts"}, "screen", False, False),
    ],
)
def test_multiplexers(environ: dict[str, str], multiplexer: str, scrolls: bool, erases: bool) -> None:
    terminal = seen(SCREEN, **environ)
    assert (terminal.multiplexer, terminal.scrolls, terminal.erases_coloured) == (multiplexer, scrolls, erases)


def test_screen_under_xterms_name_erases_without_colour() -> None:
    assert not seen(XTERM, TERM="xterm-256color", STY="1.pts").erases_coloured


@pytest.mark.parametrize(
    ("environ", "more", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, {}, Depth.TRUE),
        ({"TERM": "xterm-direct"}, {}, Depth.TRUE),
        ({"TERM": "xterm-256color"}, {"Tc": True}, Depth.TRUE),
        ({"TERM": "xterm-256color"}, {}, Depth.EIGHT_BIT),
        ({"TERM": "screen-256color", "STY": "1", "COLORTERM": "truecolor"}, {}, Depth.EIGHT_BIT),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, {}, Depth.NONE),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, {}, Depth.EIGHT_BIT),
        ({"TERM": "dumb"}, {}, Depth.NONE),
        ({"TERM": "vt100"}, {"colors": None}, Depth.NONE),
        ({}, {}, Depth.NONE),
    ],
)
def test_how_many_colours(environ: dict[str, str], more: dict[str, Capability], depth: Depth) -> None:
    assert seen({**XTERM, **more}, **environ).depth is depth


ASK_TERMINFO = """
import os
from tui.output.terminal import from_environment
terminal = from_environment(os.environ)
print(terminal.depth.name, terminal.scrolls, terminal.erases_coloured)
"""


@pytest.mark.parametrize("term", ["xterm-256color", "a-name-that-terminfo-does-not-know"])
def test_terminfo_itself_is_read(term: str) -> None:
    """In a process of its own: curses looks a terminal up once."""
    env = {"TERM": term, "PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]}
    told = subprocess.run([sys.executable, "-c", ASK_TERMINFO], env=env, capture_output=True, text=True, timeout=60)
    assert told.stdout == "EIGHT_BIT True True\n", told.stderr


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rgb:1e1e/2020/ffff", (30, 32, 255)),
        ("rgb:0/8/f", (0, 136, 255)),
        ("rgba:ff/ff/ff/80", (255, 255, 255)),
        ("red", None),
        ("rgb:12345/0/0", None),
        ("", None),
    ],
)
def test_colours_as_terminals_write_them(text: str, found: tuple[int, int, int] | None) -> None:
    assert colour(text) == found


def test_answers_are_taken_over_and_cleaned() -> None:
    terminal = seen(XTERM, TERM="xterm-256color")
    assert told(terminal, Answer(Kind.BACKGROUND, "rgb:ff/ff/ff")).background == (255, 255, 255)
    assert told(terminal, Answer(Kind.VERSION, "tmux 3.4")).multiplexer == "tmux"
    hostile = told(terminal, Answer(Kind.VERSION, "kitty\u202e\x9b31m" + "x" * 500)).name
    assert hostile.isprintable() and len(hostile) <= 80
    assert told(terminal, Answer(Kind.VERSION, "")) == terminal
