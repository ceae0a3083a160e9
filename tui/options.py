"""What the command line tells the dashboard."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.errors import UsageError

Output = Literal["lean", "stock"]
"""What is sent to the terminal: only what changed, or what Textual sends by itself."""
OUTPUTS: tuple[Output, ...] = ("lean", "stock")
"""Both, the usual one first."""
STOCK: Output = "stock"
"""The one that is as Textual does it."""
OUTPUT_HELP = "Send to the terminal only what changed (lean), or as Textual does (stock)."
"""What the option's help says."""
OUTPUT = "LINESIDE_OUTPUT"
"""Environment variable that chooses between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardOptions:
    """How to start the dashboard.

    Attributes:
        config: configuration file; None looks in the usual places.
        store: path or URL of a store in place of the configured one.
        read_only: no action on a server is possible.
        ascii: draw with ASCII signs; None decides by the terminal.
        output: what is sent to the terminal; None: what the environment or the configuration says.
        engine: start an engine process beside the dashboard.
        open: record id or URL to open first.
    """

    config: Path | None = None
    store: str | Path | None = None
    read_only: bool = False
    ascii: bool | None = None
    output: Output | None = None
    engine: bool = True
    open: str = ""


def chosen_output(options: DashboardOptions, environ: Mapping[str, str] = os.environ) -> Output | None:
    """What the command line chose, else the environment; None: neither did.

    Raises:
        UsageError: the environment names something else.
    """
    named = environ.get(OUTPUT, "")
    if options.output is not None or not named:
        return options.output
    chosen = next((one for one in OUTPUTS if one == named), None)
    if chosen is None:
        raise UsageError(f"{OUTPUT} is neither lean nor stock", hint="unset it, or set it to one of them")
    return chosen
