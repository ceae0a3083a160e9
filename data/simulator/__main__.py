"""`python -m data.simulator`: runs a simulated GitLab server in the foreground."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields

from data.errors import LinesideError
from data.simulator.server import run_forever
from data.simulator.settings import SimulatorSettings


def parse(arguments: list[str] | None = None) -> tuple[SimulatorSettings, bool]:
    """Return the settings on the command line, one option per setting, and whether `--json` was given.

    Raises:
        ConfigError: a setting that makes no world.
    """
    parser = argparse.ArgumentParser(prog="python -m data.simulator", description=SimulatorSettings.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--json", action="store_true", help="print one line of JSON with url, tokens and pid when ready"
    )
    defaults = SimulatorSettings()
    for item in fields(SimulatorSettings):
        option, value = f"--{item.name.replace('_', '-')}", getattr(defaults, item.name)
        if isinstance(value, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=value)
        else:
            parser.add_argument(option, type=type(value), default=value, metavar=str(value) or "URI")
    given = vars(parser.parse_args(arguments))
    as_json = bool(given.pop("json"))
    return SimulatorSettings(**given), as_json


def main() -> int:
    """Run and return the exit code."""
    try:
        settings, as_json = parse()
        run_forever(settings, as_json=as_json)
    except LinesideError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
