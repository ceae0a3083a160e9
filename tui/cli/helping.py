"""`help` and `version`."""

from __future__ import annotations

import platform
from importlib import metadata

import click

from tui.cli.failures import NoSuchThing

DISTRIBUTION = "lineside"
PARTS = ("textual", "sqlalchemy", "python-gitlab", "mlflow-skinny")
"""Distributions whose versions matter in a bug report."""


def version(name: str = DISTRIBUTION) -> str:
    """Version of an installed distribution; `unknown` for a checkout that is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str]:
    """Versions of Lineside, of Python and of what matters below."""
    return {
        DISTRIBUTION: version(),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        **{name: version(name) for name in PARTS},
    }


@click.command("version")
@click.option("--all", "everything", is_flag=True, help="Versions of Python and of the libraries, too.")
def version_cli(everything: bool) -> None:
    """Say which version this is."""
    if not everything:
        print(f"{DISTRIBUTION} {version()}")
        return
    for name, number in versions().items():
        print(f"{name} {number}")


@click.command("help")
@click.argument("topic", required=False)
@click.pass_context
def help_cli(ctx: click.Context, topic: str | None) -> None:
    """Explain a command, or list the keys.

    `lineside help keys` lists the keys with the ids that the configuration uses.
    """
    parent = ctx.find_root()
    if topic is None:
        print(parent.get_help())
    elif topic == "keys":
        _print_keys()
    else:
        group = parent.command
        command = group.get_command(parent, topic) if isinstance(group, click.Group) else None
        if command is None:
            raise NoSuchThing(
                f"there is no command {topic}", hint="lineside --help lists them; lineside help keys the keys"
            )
        print(command.get_help(click.Context(command, info_name=topic, parent=parent)))


def _print_keys() -> None:
    from tui.cli.output import print_table
    from tui.commands import COMMANDS, key_table
    from widgets.cells import Cell, Column

    columns = (
        Column(key="id", title="id", width=18),
        Column(key="keys", title="keys", width=12),
        Column(key="screens", title="screens", width=14, min_width=8, priority=2),
        Column(key="help", title="what it does", width=60, min_width=20, priority=1),
    )
    rows = [
        (Cell(spec.id, "accent"), Cell(keys), Cell(" ".join(spec.screens) or "all", "dim"), Cell(sentence))
        for spec, (keys, _, sentence) in zip(COMMANDS, key_table(COMMANDS), strict=True)
    ]
    print_table(columns, rows)
