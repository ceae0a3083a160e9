"""Copying to the clipboard of the terminal where the user sits (OSC 52), also through tmux and GNU screen."""

from __future__ import annotations

import base64
from typing import Final

from tui.output.passing import TMUX, passed

MOST: Final = 74_994
"""Bytes of a text that can be copied. Many terminals, hterm among them, take a sequence of 100,000 bytes: 8 for the
order itself and 99,992 of base64, which makes four bytes of three.
"""
PATIENCE: Final = 1.0
"""Seconds that tmux may take."""
LOAD: Final = ("tmux", "load-buffer", "-w", "-")
"""Puts a text into tmux's own buffer and into the clipboard of the terminal where it is attached (tmux 3.2 and newer).

It works as tmux is delivered. An order of a program in a pane does not: tmux obeys OSC 52 only with `set-clipboard on`
(its default is `external`), and hands through what is wrapped only with `allow-passthrough on` (its default is off).
"""


def encoded(text: str) -> bytes:
    """The bytes that are copied."""
    return text.encode("utf-8", "replace")


def fits(text: str) -> bool:
    """Whether terminals take so much."""
    return len(text) <= MOST and len(encoded(text)) <= MOST


def sequence(text: str, multiplexer: str = "") -> str:
    """What puts `text` into the terminal's clipboard.

    In tmux it is said twice, to tmux itself and to the terminal behind it: which one is heard is a matter of tmux's
    options, and to be heard twice does no harm.
    """
    order = f"\x1b]52;c;{base64.b64encode(encoded(text)).decode('ascii')}\x07"
    return order + passed(order, multiplexer) if multiplexer == TMUX else passed(order, multiplexer)


def give_to_tmux(text: str) -> bool:
    """Have the tmux on this machine copy `text`; whether it did. Waits for it, for `PATIENCE` at most."""
    import subprocess

    try:
        done = subprocess.run(LOAD, input=encoded(text), capture_output=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
