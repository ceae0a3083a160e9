"""What the command line tells the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardOptions:
    """How to start the dashboard.

    Attributes:
        config: configuration file; None looks in the usual places.
        store: path or URL of a store in place of the configured one.
        read_only: no action on a server is possible.
        ascii: draw with ASCII signs; None decides by the terminal.
        engine: start an engine process beside the dashboard.
        open: record id or URL to open first.
    """

    config: Path | None = None
    store: str | Path | None = None
    read_only: bool = False
    ascii: bool | None = None
    engine: bool = True
    open: str = ""
