"""Hands sequences through a multiplexer to the terminal behind it."""

from __future__ import annotations

from typing import Final

TMUX: Final = "tmux"
SCREEN: Final = "screen"

PIECE: Final = 760
"""Bytes of a string in one go through GNU screen, which keeps 768 of it (MAXSTR in its source) and drops the rest."""


def passed(sequence: str, multiplexer: str) -> str:
    """`sequence` as the multiplexer hands it through; as it is where there is none.

    tmux takes it in a DCS of its own with each ESC doubled, where `allow-passthrough` is on (tmux(1)); GNU screen hands
    through the content of any DCS, in pieces (screen(1), "Virtual Terminal").
    """
    if multiplexer == TMUX:
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if multiplexer == SCREEN:
        pieces = [sequence[at : at + PIECE] for at in range(0, len(sequence), PIECE)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return sequence
