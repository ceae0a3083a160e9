"""Notifications: in which words, for which terminal, through which multiplexer."""

from __future__ import annotations

import pytest

from tui.output.notify import LONGEST, notification

PLAIN = "\x1b]9;{}\x07"
HEADED = "\x1b]777;notify;Lineside;{}\x07"


def test_it_holds_no_sequence_of_the_text() -> None:
    text = notification("a\x1b]52;c;AAAA\x07b; c\x9b2J")
    assert text == PLAIN.format("ab, c") + HEADED.format("ab, c")


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("xterm-256color", PLAIN + HEADED),
        ("", PLAIN + HEADED),
        ("kitty(0.35.1)", HEADED),
        ("ghostty 1.1.0", HEADED),
        ("WezTerm 20240203", HEADED),
        ("iTerm2 3.5.0", PLAIN),
        ("linux", ""),
        ("dumb", ""),
    ],
)
def test_each_terminal_is_asked_once_as_far_as_it_is_known(name: str, asked: str) -> None:
    assert notification("done", name) == asked.replace("{}", "done")


def test_multiplexers_hand_it_through() -> None:
    inner = PLAIN.format("done").replace("\x1b", "\x1b\x1b")
    assert notification("done", "tmux 3.4", "tmux").startswith(f"\x1bPtmux;{inner}\x1b\\\x1bPtmux;")
    assert notification("done", "screen", "screen") == "".join(
        f"\x1bP{one.format('done')}\x1b\\" for one in (PLAIN, HEADED)
    )


def test_it_is_short() -> None:
    assert notification("x" * 10_000, "iTerm2") == PLAIN.format("x" * LONGEST)
