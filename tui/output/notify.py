"""Notifications of the terminal's desktop: OSC 9 and OSC 777, also through tmux and GNU screen."""

from __future__ import annotations

from typing import Final

from data.clean import clean
from tui.output.passing import passed

LONGEST: Final = 200
"""Characters of a notification."""
SENDER: Final = "Lineside"
BOTH: Final = ("ghostty", "kitty", "wezterm", "foot", "contour")
"""Beginnings of the names of terminals that know both orders: one is enough, and OSC 777 has a heading."""
PLAIN: Final = ("iterm", "conemu")
"""Those that know only OSC 9."""
DEAF: Final = ("linux", "dumb")
"""Those that have no desktop, and of which some would print what they do not know."""


def notification(text: str, name: str = "", multiplexer: str = "") -> str:
    """What asks the terminal called `name` for a notification; nothing where it has none.

    OSC 9 is iTerm2's, OSC 777 is urxvt's. A terminal of which only the kind is known gets both: it ignores what it does
    not know.
    """
    known = name.lower()
    if known.startswith(DEAF):
        return ""
    # Semicolons separate the fields of OSC 777, and make another order of OSC 9 in ConEmu and Windows Terminal.
    said = clean(text).replace(";", ",")[:LONGEST]
    plain, headed = f"\x1b]9;{said}\x07", f"\x1b]777;notify;{SENDER};{said}\x07"
    if known.startswith(BOTH):
        asked = [headed]
    elif known.startswith(PLAIN):
        asked = [plain]
    else:
        asked = [plain, headed]
    return "".join(passed(one, multiplexer) for one in asked)
