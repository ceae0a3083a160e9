"""Starts the dashboard. The garbage collector rests until all is imported, which makes no garbage."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import UsageError
from tui.options import DashboardOptions

FRAMES = "TEXTUAL_FPS"
"""Environment variable by which Textual is told how many frames a second it may draw."""
FRAMES_PER_SECOND = "120"
"""Twice as many as Textual's own: the second frame after a key waits half as long."""


def must_draw(what: str, otherwise: str) -> None:
    """Make sure that the terminal is one to draw on.

    Args:
        what: what wants to draw.
        otherwise: what can be done without.

    Raises:
        UsageError: it only prints lines, as those in editors do, which say so by `TERM=dumb`.
    """
    if os.environ.get("TERM", "dumb") in {"", "dumb"}:
        raise UsageError(
            f"{what} needs a terminal whose cursor can be moved, and TERM says that this is none",
            hint=f"set TERM to what the terminal is, or {otherwise}",
        )


@contextmanager
def importing() -> Iterator[None]:
    """While Textual and what uses it are imported: no garbage is collected from now on (see `tui.garbage`), and a frame
    may follow another one after 8 ms. Textual reads the rate when it is imported (its docs, `TEXTUAL_FPS`).
    """
    gc.disable()
    given = FRAMES in os.environ
    os.environ.setdefault(FRAMES, FRAMES_PER_SECOND)
    try:
        yield
    finally:
        if not given:
            del os.environ[FRAMES]


def run_dashboard(options: DashboardOptions) -> int:
    """Run the dashboard until the user quits; returns the exit code of the program.

    Raises:
        UsageError: the terminal cannot draw it.
    """
    must_draw("the dashboard", "use the commands for scripts: lineside --help")
    with importing():
        from tui.dashboard import Dashboard

    app = Dashboard(options)
    app.keeps_journal = True
    answer = app.run()
    gc.enable()
    if answer == "demo":
        from tui.cli.demo import run_demo

        return run_demo()
    return app.return_code or 0
