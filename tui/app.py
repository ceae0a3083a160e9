"""Starts the dashboard. The garbage collector rests until the first frame stands: importing makes no garbage."""

from __future__ import annotations

import gc
import os

from data.errors import UsageError
from tui.options import DashboardOptions


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


def run_dashboard(options: DashboardOptions) -> int:
    """Run the dashboard until the user quits; returns the exit code of the program.

    Raises:
        UsageError: the terminal cannot draw it.
    """
    must_draw("the dashboard", "use the commands for scripts: lineside --help")
    gc.disable()
    from tui.dashboard import Dashboard

    app = Dashboard(options)
    app.keeps_journal = True
    answer = app.run()
    gc.enable()
    if answer == "demo":
        from tui.cli.demo import run_demo

        return run_demo()
    return app.return_code or 0
