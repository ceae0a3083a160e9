"""The command line. `main` is the program's entry point; click is imported only where arguments are given."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

COMPLETION = "_LINESIDE_COMPLETE"
"""Environment variable by which a shell's completion script asks the program (click docs, Shell Completion)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `lineside` with these arguments (those of the process when None) and return the exit code.

    0 done, 1 it failed, 2 wrong usage or configuration, 3 no such thing, 130 interrupted, 141 the reader has gone away.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except SystemExit:
        raise
    except BaseException as error:  # the one place where every error becomes a sentence and an exit code
        from tui.cli.failures import report

        return report(error)
    return code


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["view"] and COMPLETION not in os.environ:
        from tui.cli.viewing import quick

        code = quick(arguments[1:])
        if code is not None:
            return code
    if arguments or COMPLETION in os.environ:
        from tui.cli.root import run

        return run(arguments)
    if sys.stdin is None or sys.stdout is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        from data.errors import UsageError

        raise UsageError("the dashboard needs a terminal", hint="lineside --help lists the commands for scripts")
    from tui.app import run_dashboard
    from tui.options import DashboardOptions

    return run_dashboard(DashboardOptions())
