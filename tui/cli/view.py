"""`view`: the viewer for text files of any size and for pipes; where stdout is no terminal, the clean text itself."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace

import click

from tui.cli.viewing import view
from tui.options import OUTPUT_HELP, OUTPUTS, DashboardOptions, Output

LESS_PLACE = re.compile(r"\+(\d{1,18})")
"""`+N`, by which pagers are told the line to begin at."""


@click.command("view", epilog="FILE may be -, and is when something is piped in. gzip, bzip2 and xz are unpacked.")
@click.argument("files", nargs=-1, metavar="[+LINE] [FILE]...", type=click.Path())
@click.option("--line", "-n", type=click.IntRange(min=1), help="Line to begin at; +LINE is the same.")
@click.option("--goto", metavar="PLACE", help="Where to begin: a line, 50%, 12:30, or +90s since the beginning.")
@click.option("--search", "-s", metavar="TEXT", help="Search for this.")
@click.option("--wrap", "-w", is_flag=True, help="Wrap long lines.")
@click.option("--output", type=click.Choice(OUTPUTS), help=OUTPUT_HELP)
@click.pass_obj
def view_cli(
    options: DashboardOptions,
    files: Sequence[str],
    line: int | None,
    goto: str | None,
    search: str | None,
    wrap: bool,
    output: Output | None,
) -> int:
    """View log files of any size, and follow them."""
    names, plus = _without_place(files)
    options = replace(options, output=output or options.output)
    place = goto or (str(line) if line is not None else plus)
    return view(options, names, place=place, search=search or "", wrap=wrap)


def _without_place(files: Sequence[str]) -> tuple[list[str], str]:
    """The names of files, and the line in the last `+N` among them, which must not be the name of one."""
    places = [name for name in files if LESS_PLACE.fullmatch(name) and not os.path.lexists(name)]
    return [name for name in files if name not in places], places[-1][1:] if places else ""
