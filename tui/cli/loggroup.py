"""A command that takes an argument, and has commands of its own beside it: `logs JOB` and `logs prune`."""

from __future__ import annotations

import importlib
from typing import Any

import click
from click.shell_completion import CompletionItem

SUBCOMMANDS: dict[str, str] = {"prune": "prune"}
"""Word -> module of `tui.cli` that defines it, as `<word>_cli`. No job is called so: one is a number or RUN/NAME."""


def subcommand(name: str) -> click.Command:
    """A command of `SUBCOMMANDS`; its module is imported now."""
    command: click.Command = getattr(importlib.import_module(f"tui.cli.{SUBCOMMANDS[name]}"), f"{name}_cli")
    return command


class LogsCommand(click.Command):
    """Gives way to a subcommand where the first word names one; any other is its own argument."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the subcommand, or this command's own."""
        if args and args[0] in SUBCOMMANDS:
            name, *rest = args
            return subcommand(name).make_context(f"{info_name} {name}", rest, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """`[OPTIONS] JOB | COMMAND`."""
        return [*super().collect_usage_pieces(ctx), "|", "COMMAND"]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, and the subcommands behind them."""
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, subcommand(name).get_short_help_str()) for name in SUBCOMMANDS])


def complete_word(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The subcommands, for completion where the argument may stand."""
    return [
        CompletionItem(name, help=subcommand(name).get_short_help_str())
        for name in SUBCOMMANDS
        if name.startswith(incomplete)
    ]
