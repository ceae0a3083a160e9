"""What `view` does once its arguments are known; and the plainest way to call it, which needs no parser."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.errors import UsageError
from tui.app import importing, must_draw

if TYPE_CHECKING:
    from tui.options import DashboardOptions

TTY = "/dev/tty"
"""The terminal of the process, whatever its standard input is."""
INPUT, ERRORS = 0, 2
"""Descriptors: Textual takes keys from the one and draws on the other."""


def quick(arguments: Sequence[str]) -> int | None:
    """Carry out `view FILE...` without a word that may be an option; None for everything else.

    A viewer is started all day long, and to load the parser takes longer than to read the end of a file.
    """
    if not arguments or any(word.startswith(("-", "+")) for word in arguments):
        return None
    from tui.options import DashboardOptions

    return view(DashboardOptions(), list(arguments))


def view(options: DashboardOptions, names: list[str], *, place: str = "", search: str = "", wrap: bool = False) -> int:
    """Show files (`-` is the standard input) on the terminal; where there is none, copy their text to stdout.

    Raises:
        LinesideError: there is nothing that could be shown.
    """
    piped = sys.stdin is not None and not sys.stdin.isatty()
    names = names or (["-"] if piped else [])
    if not names:
        raise UsageError("there is nothing to view", hint="lineside view FILE, or: some-command | lineside view")
    if sys.stdout is None or not sys.stdout.isatty():
        from tui.viewer_cat import cat

        return cat(names)
    must_draw("the viewer", "have the clean text: lineside view FILE | cat")
    pipe = own_terminal() if piped or sys.stdin is None or not os.isatty(ERRORS) else None
    from tui.viewer_source import openers

    good, bad = openers(names, pipe)
    if not good:
        raise bad[0]
    with importing():
        from tui.viewer import run_viewer
        from tui.viewer_screen import Wishes

    said = "; ".join(str(error) for error in bad)
    return run_viewer(good, Wishes(place=place, search=search, wrap=wrap, said=said), options)


def own_terminal() -> int | None:
    """Take keys from the terminal and draw on it, whatever the standard streams are; returns what is piped in.

    Raises:
        UsageError: there is no terminal.
    """
    pipe = None
    try:
        if not os.isatty(INPUT):
            pipe = os.dup(INPUT) if sys.stdin is not None else None
            terminal = os.open(TTY, os.O_RDWR)
            os.dup2(terminal, INPUT)
            if terminal != INPUT:
                os.close(terminal)
        if not os.isatty(ERRORS):
            os.dup2(INPUT, ERRORS)
    except OSError as error:
        raise UsageError(f"there is no terminal to take keys from: {error.strerror}") from None
    for number, name, mode in ((INPUT, "stdin", "r"), (ERRORS, "stderr", "w")):
        if getattr(sys, f"__{name}__") is None:  # the shell had closed it
            stream = open(number, mode, closefd=False)  # noqa: SIM115 - it lives as long as the program
            setattr(sys, f"__{name}__", stream)
            setattr(sys, name, stream)
    return pipe
