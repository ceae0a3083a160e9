"""`completion`: click's own completion scripts."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from data.errors import UsageError
from tui.cli import COMPLETION

SHELLS = ("bash", "zsh", "fish")
"""Shells that click writes a script for."""


@click.command("completion", epilog='For bash: eval "$(lineside completion bash)" in ~/.bashrc.')
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_cli(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"there is no completion for {shell}")
    root = ctx.find_root().command
    print(kind(root, {}, "lineside", COMPLETION).source())
