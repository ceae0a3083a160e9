"""Starts the dashboard. The garbage collector rests until the first frame stands: importing makes no garbage."""

from __future__ import annotations

import gc

from tui.options import DashboardOptions


def run_dashboard(options: DashboardOptions) -> int:
    """Run the dashboard until the user quits; returns the exit code of the program."""
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
