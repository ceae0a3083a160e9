"""Colours that a line inherits: a program that asks for red and never takes it back makes the next lines red too."""

from __future__ import annotations

from typing import Final

from data.logtext.raw import COLOURS, CONTINUATION, MARK_BYTES, MARK_HINT, has_continuations
from data.logtext.sgr import PLAIN, Sgr, apply

CARRY_BYTES: Final = 8192
"""Bytes before a line that are looked at for the colours it inherits; what was asked for earlier counts no more."""

RESETS: Final = (b"\x1b[0m", b"\x1b[0;m", b"\x1b[m")
"""How programs, the runner and `git` take back all that was asked for; nothing before one of these counts."""

_PARAMS = slice(len("\x1b["), -len("m"))


def carry(before: bytes) -> Sgr:
    """The colours with which a line begins that `before` stands before in the file.

    At most the last `CARRY_BYTES` bytes count, so that index and stream get the same without reading it all.
    """
    start = max(0, len(before) - CARRY_BYTES)
    for reset in RESETS:
        found = before.rfind(reset, start)
        if found >= 0:
            start = found + len(reset)
    if before.find(b"\x1b", start) < 0:
        return PLAIN
    rest = before[start:]
    if has_continuations(rest):
        rest = CONTINUATION.sub(b"", rest)
    if MARK_HINT in rest:
        rest = MARK_BYTES.sub(b"", rest)
    state = PLAIN
    # A sequence sets what it sets whatever was before, so of several that are the same only the last one counts.
    for sequence in reversed(dict.fromkeys(reversed(COLOURS.findall(rest)))):
        state = apply(state, sequence[_PARAMS].decode("ascii"))
    return state
