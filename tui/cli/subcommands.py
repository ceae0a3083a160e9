"""A listing that has commands beside its filter: `submissions [FILTER]...` and `submissions show ID`."""

from __future__ import annotations

from typing import Any

import click

INDENT = 6
"""Cells beside names and sentences of commands, as click lays them out."""


class Listing(click.Command):
    """Gives way to one of `commands` where the first word names it; other words are its own arguments."""

    def __init__(self, *args: Any, commands: dict[str, click.Command] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands = commands or {}

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command, or the listing's own."""
        if args and args[0] in self.commands:
            name, *rest = args
            return self.commands[name].make_context(f"{info_name} {name}", rest, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """`[OPTIONS] [FILTER]... | COMMAND`."""
        return [*super().collect_usage_pieces(ctx), "|", "COMMAND"]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, and the commands behind them."""
        super().format_options(ctx, formatter)
        limit = formatter.width - INDENT - max(map(len, self.commands), default=0)
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(limit)) for name, one in self.commands.items()])
