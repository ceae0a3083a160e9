"""The click application: global options, and the table of subcommands with the modules that hold them."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from data.errors import UsageError
from tui.cli.failures import PipeClosed
from tui.options import OUTPUT_HELP, OUTPUTS, DashboardOptions, Output

COMMANDS: dict[str, str] = {
    "projects": "lists",
    "pipelines": "lists",
    "runs": "runs",
    "tracked": "runs",
    "compare": "compare",
    "export": "export",
    "jobs": "jobs",
    "tests": "tests",
    "run-ids": "run_ids",
    "logs": "logs",
    "view": "view",
    "launch": "launch",
    "again": "again",
    "cancel": "act",
    "retry": "act",
    "play": "act",
    "erase": "tidy",
    "keep": "tidy",
    "delete": "tidy",
    "rename": "tidy",
    "queue": "queue",
    "activity": "activity",
    "submissions": "submissions",
    "schedules": "schedules",
    "label": "marks",
    "note": "marks",
    "settle": "marks",
    "apis": "definitions",
    "components": "definitions",
    "apply": "apply",
    "define": "definitions",
    "open": "opening",
    "sync": "service",
    "engine": "service",
    "simulate": "service",
    "demo": "demo",
    "doctor": "doctor",
    "config": "configure",
    "store": "store",
    "backup": "store",
    "restore": "store",
    "completion": "completion",
    "help": "helping",
    "version": "helping",
}
"""Subcommand -> module of `tui.cli` that defines it, as `<name>_cli`."""

HELP = """Lineside: machine-learning pipelines on GitLab CI and MLflow, in the terminal.

Without a command it opens the dashboard. Data goes to stdout, talk to stderr.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 no such thing, 130 interrupted."""


class LazyGroup(click.Group):
    """Imports a subcommand's module only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Subcommands in the order of `COMMANDS`."""
        del ctx  # click's own signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One subcommand; None where there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tui.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_cli")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run; a reader that went away is told apart from other failures of the system."""
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
            return result
        except BrokenPipeError:
            raise PipeClosed from None


def print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    """Callback of `--version`."""
    if value and not ctx.resilient_parsing:
        from tui.cli.helping import version

        click.echo(f"lineside {version()}")
        ctx.exit()


@click.command(
    cls=LazyGroup,
    name="lineside",
    help=HELP,
    invoke_without_command=True,
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Configuration file.")
@click.option("--store", metavar="FILE|URL", help="Store in place of the configured: a file, or mongodb://….")
@click.option("--read-only", is_flag=True, help="Refuse everything that would change a server.")
@click.option("--ascii/--unicode", "ascii_", default=None, help="Signs to draw with; the terminal decides otherwise.")
@click.option("--no-color", is_flag=True, help="No colours, as NO_COLOR=1 does.")
@click.option("--output", type=click.Choice(OUTPUTS), help=OUTPUT_HELP)
@click.option("--engine/--no-engine", default=True, help="Start an engine where none runs (the default).")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=print_version, help="Say which.")
@click.pass_context
def cli(
    ctx: click.Context,
    config: Path | None,
    store: str | None,
    read_only: bool,
    ascii_: bool | None,
    no_color: bool,
    output: Output | None,
    engine: bool,
) -> int:
    """The group itself; its help text is `HELP`."""
    if no_color:
        os.environ["NO_COLOR"] = "1"
    ctx.obj = DashboardOptions(
        config=config, store=store, read_only=read_only, ascii=ascii_, output=output, engine=engine
    )
    choose_glyphs(ascii_)
    if ctx.invoked_subcommand is None:
        return dashboard(ctx.obj)
    return 0


def choose_glyphs(ascii_: bool | None) -> None:
    """Draw with the signs that were asked for."""
    if ascii_ is not None:
        from widgets.glyphs import ASCII, UNICODE, use

        use(ASCII if ascii_ else UNICODE)


def dashboard(options: DashboardOptions) -> int:
    """Start the dashboard on this terminal.

    Raises:
        UsageError: there is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the dashboard needs a terminal", hint="lineside --help lists the commands for scripts")
    from tui.app import run_dashboard

    return run_dashboard(options)


def run(arguments: Sequence[str]) -> int:
    """Run the click application; the exit code is what the command returns, 0 for nothing."""
    result = cli.main(args=list(arguments), prog_name="lineside", standalone_mode=False)
    return result if isinstance(result, int) else 0
