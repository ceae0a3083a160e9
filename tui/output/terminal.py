"""What the terminal is and can do: from the environment and terminfo, and from its own answers.

What is wrongly thought present destroys the screen, what is wrongly thought absent costs some bytes. So a capability
counts only where terminfo knows the terminal by its own name, or where it has told which one it is.
"""

from __future__ import annotations

import enum
import re
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from data.clean import clean
from tui.output.answers import Answer, Kind
from tui.output.passing import SCREEN, TMUX

Capability = str | int | bool | None
"""A capability of terminfo: a sequence, a number or a flag; None: the terminal has none of that name."""

VERSION_QUESTION = "\x1b[>0q"
"""XTVERSION (xterm, ctlseqs): the terminal tells its name."""
BACKGROUND_QUESTION = "\x1b]11;?\x1b\\"
"""OSC 11 (xterm, ctlseqs): the terminal tells its background."""

RGB_FORMS = ("RGB", "Tc")
"""Flags by which terminfo tells of true colour: that of ncurses, and that of tmux."""
TRUE_WORDS = {"truecolor", "24bit"}
"""What `COLORTERM` says where there is true colour."""
EIGHT_BITS = 256
"""Colours of a terminal with a palette of eight bits."""
FEW = 8
"""Colours below which a terminal has none."""
STAND_IN = "xterm-256color"
"""What is looked up where terminfo does not know a name: terminals of today do what that one does."""
RUBBISH = {"linux", "dumb", "vt52", "cons25"}
"""Values of TERM whose terminals print a part of questions that they do not know."""

REPEATING = ("xterm", "vte", "kitty", "wezterm", "foot", "ghostty", "alacritty", "contour", "mintty", "konsole")
"""Names, as XTVERSION gives them, of terminals that repeat any character (`CSI n b`). tmux 3.3a repeats ASCII only."""
TRUE_COLOUR = ("kitty", "wezterm", "foot", "ghostty", "alacritty", "contour", "iterm2", "mintty", "konsole", "vte")
"""Names of terminals with true colour: COLORTERM does not come along through SSH. What tmux shows depends on its own.
"""
SCROLLING = (*REPEATING, "iterm2", "tmux")
"""Names of terminals that scroll a region (DECSTBM, `CSI n S`, `CSI n T`)."""


class Depth(enum.IntEnum):
    """How many bits tell a colour."""

    NONE = 0
    SIXTEEN = 4
    EIGHT_BIT = 8
    TRUE = 24


class Terminal(NamedTuple):
    """What a terminal can do. Answers change it: `_replace`."""

    name: str
    """What it called itself, else `TERM`."""
    depth: Depth
    erases_coloured: bool
    """`bce`: erasing fills with the current background."""
    repeats: bool
    """REP, `CSI n b`."""
    scrolls: bool
    """Regions: DECSTBM, with `CSI n S` and `CSI n T`."""
    synchronized: bool
    """Mode 2026: a frame is shown as a whole."""
    background: tuple[int, int, int] | None
    """What OSC 11 told, 0 to 255 each; None: nothing."""
    multiplexer: str
    """`tmux`, `screen` or nothing."""
    answers: bool | None
    """Whether it answers `CSI 5 n`; None: not known yet."""


def terminfo(name: str) -> Capability:
    """A capability of the terminal that `TERM` names, as terminfo describes it."""
    import curses

    if not _looked_up():
        return None
    if curses.tigetflag(name) > 0:
        return True
    if (number := curses.tigetnum(name)) >= 0:
        return number
    sequence = curses.tigetstr(name)
    return None if sequence is None else sequence.decode("ascii", "replace")


def _looked_up() -> bool:
    """Whether terminfo has an entry for `TERM`, or at least the one that stands in for it."""
    import curses

    stream = sys.__stderr__ or sys.__stdout__
    for name in (None, STAND_IN):
        try:
            curses.setupterm(name, stream.fileno() if stream else 0)
        except (curses.error, OSError, ValueError):
            continue
        return True
    return False


def from_environment(environ: Mapping[str, str], capabilities: Callable[[str], Capability] = terminfo) -> Terminal:
    """What can be known before the terminal has been asked.

    Args:
        environ: the environment of the process.
        capabilities: gives a capability of terminfo by its name.
    """
    term = environ.get("TERM", "")
    multiplexer = multiplexer_of(environ)
    own_name = bool(term) and not term.startswith(("xterm-256color", "xterm-color")) and term != "xterm"
    return Terminal(
        name=term,
        depth=depth_of(environ, capabilities),
        erases_coloured=bool(capabilities("bce")) and (multiplexer != SCREEN or term.endswith("-bce")),
        repeats=bool(capabilities("rep")) and own_name and not multiplexer,
        scrolls=multiplexer == TMUX or (bool(capabilities("csr")) and bool(capabilities("indn"))),
        synchronized=False,
        background=None,
        multiplexer=multiplexer,
        answers=None,
    )


def multiplexer_of(environ: Mapping[str, str]) -> str:
    """Which multiplexer stands between: `tmux`, `screen` or none. Over SSH only the name of the terminal tells."""
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith("tmux"):
        return TMUX
    return SCREEN if environ.get("STY") or term.startswith("screen") else ""


def refuses_colours(environ: Mapping[str, str]) -> bool:
    """Whether the user wants none: `NO_COLOR` is there and not empty (no-color.org)."""
    return bool(environ.get("NO_COLOR"))


def depth_of(environ: Mapping[str, str], capabilities: Callable[[str], Capability] = terminfo) -> Depth:
    """How many colours there are; GNU screen 4 has 256 whatever is around it."""
    term = environ.get("TERM", "")
    if refuses_colours(environ) or term in {"", "dumb"}:
        return Depth.NONE
    if multiplexer_of(environ) != SCREEN:
        told = environ.get("COLORTERM", "").strip().lower() in TRUE_WORDS
        if told or term.endswith("-direct") or any(capabilities(form) for form in RGB_FORMS):
            return Depth.TRUE
    colours = capabilities("colors")
    if not isinstance(colours, int) or colours < FEW:
        return Depth.NONE
    return Depth.EIGHT_BIT if colours >= EIGHT_BITS else Depth.SIXTEEN


def may_be_asked(environ: Mapping[str, str]) -> bool:
    """Whether questions that a terminal may not know leave no rubbish on its screen."""
    return environ.get("TERM", "") not in RUBBISH and environ.get("TERM_PROGRAM", "") != "Apple_Terminal"


def named(terminal: Terminal, name: str) -> Terminal:
    """`terminal`, now that it has told its name, such as `XTerm(379)`, `tmux 3.4` or `kitty(0.35.1)`."""
    lower = name.lower()
    return terminal._replace(
        name=name,
        depth=Depth.TRUE if lower.startswith(TRUE_COLOUR) and terminal.depth >= Depth.SIXTEEN else terminal.depth,
        repeats=lower.startswith(REPEATING),
        scrolls=terminal.scrolls or lower.startswith(SCROLLING),
        multiplexer=TMUX if lower.startswith(TMUX) else terminal.multiplexer,
    )


NAME = 80
"""Characters of a name that are kept."""


def told(terminal: Terminal, answer: Answer) -> Terminal:
    """`terminal`, now that it has answered one of the questions above."""
    if answer.kind is Kind.BACKGROUND:
        return terminal._replace(background=colour(answer.text))
    name = clean(answer.text)[:NAME].strip() if answer.kind is Kind.VERSION else ""
    return named(terminal, name) if name else terminal


_COLOUR = re.compile(r"rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
"""A colour as X11 writes it (XParseColor): one to four hexadecimal digits for each part."""
BYTE = 255
"""The most that a part of a colour is."""


def colour(text: str) -> tuple[int, int, int] | None:
    """The colour of an answer to OSC 11, such as `rgb:1e1e/1e1e/2e2e`; None: it is none."""
    if (match := _COLOUR.match(text)) is None:
        return None
    red, green, blue = (round(int(part, 16) * BYTE / (16 ** len(part) - 1)) for part in match.groups())
    return red, green, blue
