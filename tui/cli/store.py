"""`store`, `backup` and `restore`: where the data is, and how it gets elsewhere."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from data.errors import UsageError
from tui.options import DashboardOptions

if TYPE_CHECKING:
    from data.store.place import Place
    from tui.cli.store_moving import Request

F = TypeVar("F", bound=Callable[..., Any])

VARIABLE: Final = "env:"
"""Beginning of a store's name that is that of an environment variable: a command line is no place for passwords."""
STORES = """A store is a file, a folder with one, a mongodb:// URL, or env:NAME for the URL in an environment variable.
Left out, it is the one that Lineside works with."""
ELSEWHERE: Final = {"prune": "store_prune"}
"""Commands of `store` that other modules hold, as `store_<name>_cli`."""


class StoreGroup(click.Group):
    """Imports those of its commands that other modules hold when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Its own commands, then the others."""
        return [*super().list_commands(ctx), *ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command; None where there is none of that name."""
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(
            importlib.import_module(f"tui.cli.{ELSEWHERE[cmd_name]}"), f"store_{cmd_name}_cli"
        )
        return command


@click.group("store", cls=StoreGroup)
def store_cli() -> None:
    """Where the data is, and how it gets elsewhere."""


@store_cli.command("path")
@click.pass_obj
def store_path_cli(options: DashboardOptions) -> int:
    """Print the store's file; of a team's store the file that mirrors it."""
    print(place_named(options, None).file)
    return 0


def moving_options(command: F) -> F:
    """What everything that writes into a store has in common."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="What came of it as one JSON object."),
        click.option("--force", is_flag=True, help="Even where an engine works with a store now."),
        click.option("--no-logs", "logs", flag_value=False, default=True, help="Only records."),
        click.option("--overwrite", is_flag=True, help="Write over what the target holds otherwise; keep the rest."),
        click.option("--add", is_flag=True, help="Keep what the target holds, and add what it lacks."),
    ):
        command = option(command)
    return command


@store_cli.command("copy", epilog=STORES)
@click.option("--from", "source", metavar="STORE", help="Where to read.")
@click.option("--to", "target", metavar="STORE", help="Where to write.")
@moving_options
@click.pass_obj
def store_copy_cli(options: DashboardOptions, /, source: str | None, target: str | None, **given: Any) -> int:
    """Copy all records and logs into another store.

    Both are compared in the end.
    The target must be empty, but for what an earlier copy has left: run it again after whatever cut it off.
    """
    if source is None and target is None:
        raise UsageError("name a store to copy from, or one to copy to", hint="--from STORE, --to STORE")
    from tui.cli.store_moving import copy

    return asyncio.run(copy(place_named(options, source), place_named(options, target), request_of(**given)))


@click.command("backup", epilog=STORES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "source", metavar="STORE", help="Which store.")
@click.option("--no-logs", "logs", flag_value=False, default=True, help="Only records.")
@click.option("--replace", is_flag=True, help="Write over an existing file.")
@click.option("--json", "as_json", is_flag=True, help="What it holds as one JSON object.")
@click.pass_obj
def backup_cli(
    options: DashboardOptions, /, file: Path, source: str | None, logs: bool, replace: bool, as_json: bool
) -> int:
    """Write all records and logs to one file.

    It is written whole or not at all; engines may go on meanwhile.
    """
    from tui.cli.store_moving import backup

    place = place_named(options, source)
    return asyncio.run(backup(place, file, logs=logs, replace=replace, as_json=as_json))


@click.command("restore", epilog=STORES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "target", metavar="STORE", help="Which store.")
@click.option("--check", is_flag=True, help="Only read the file, and say what it holds.")
@moving_options
@click.pass_obj
def restore_cli(options: DashboardOptions, /, file: Path, target: str | None, check: bool, **given: Any) -> int:
    """Read a backup into a store.

    The store must be empty, but for what an earlier restore has left.

    What waited to be sent when the backup was made is held back: `lineside queue release` lets it go.
    """
    from tui.cli.store_moving import look_into, restore

    if check:
        return asyncio.run(look_into(file, as_json=given["as_json"]))
    return asyncio.run(restore(file, place_named(options, target), request_of(**given)))


store_cli.add_command(backup_cli)
store_cli.add_command(restore_cli)


def request_of(*, add: bool, overwrite: bool, logs: bool, force: bool, as_json: bool) -> Request:
    """What the options say.

    Raises:
        UsageError: they contradict each other.
    """
    from data.store.moving.mode import Mode
    from tui.cli.store_moving import Request

    if add and overwrite:
        raise UsageError("--add keeps what --overwrite writes over: give one of them")
    mode = Mode.ADD if add else Mode.OVERWRITE if overwrite else Mode.NEW
    return Request(mode, logs, force, as_json)


def place_named(options: DashboardOptions, name: str | None) -> Place:
    """The store that `name` stands for; the one of --store or of the configuration where it is None.

    Raises:
        UsageError: a variable that is not set.
        ConfigError: there is no configuration, or a URL that leads nowhere.
    """
    from data.config import Settings
    from data.store.place import STORE_FILE, place_of
    from tui.cli.session import no_configuration
    from tui.context import read_settings

    given = options.store if name is None else name
    found = read_settings(options) if name is None else None
    if given is None and found is None:
        raise no_configuration()
    settings = Settings() if found is None else found[0]
    if given is None:
        return place_of(settings)
    text = str(given)
    if text.startswith(VARIABLE):
        variable = text.removeprefix(VARIABLE)
        text = os.environ.get(variable, "")
        if not text:
            raise UsageError(f"the environment variable {variable} is not set")
    if "://" not in text and Path(text).expanduser().is_dir():
        text = str(Path(text) / STORE_FILE)
    return place_of(settings, text)
