"""What goes wrong behind the screen is written to files in the state folder: warnings, and errors nobody expected."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from tui.snapshot import state_folder

LOG_FILE = "lineside.log"
"""Warnings of the dashboard."""
LOG_BYTES = 500_000
"""A longer file begins anew; the one before is kept."""
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start() -> None:
    """Send warnings to the file. Where it cannot be written they are dropped: the terminal belongs to the screen."""
    from logging.handlers import RotatingFileHandler

    handler: logging.Handler
    try:
        path = state_folder() / LOG_FILE
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", errors="replace")
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)


def unexpected(error: BaseException) -> str:
    """Write an error that nobody expected to the crash file; returns the sentence that a person reads."""
    from tui.cli.failures import record_crash

    path = record_crash(error)
    where = f"; what happened is in {_short(path)}" if path else ""
    return f"something went wrong that should not have ({type(error).__name__}){where}"


def _short(path: Path) -> str:
    """The path as people write it: with `~` for the home folder."""
    home = os.path.expanduser("~")
    text = str(path)
    return "~" + text[len(home) :] if text.startswith(home + os.sep) else text
