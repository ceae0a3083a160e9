"""`config`: where it is, what is wrong with it, what it may hold, and one to start with."""

from __future__ import annotations

import os
from pathlib import Path

import click

from data.errors import ConfigError
from tui.cli.failures import USAGE, say
from tui.options import DashboardOptions


@click.group("config")
def config_cli() -> None:
    """Show, check or begin the configuration."""


@config_cli.command("path")
@click.pass_obj
def config_path_cli(options: DashboardOptions) -> int:
    """Print the file that is used."""
    from data.config import locate

    located = locate(options.config, Path.cwd())
    if located is None:
        say(f"there is no configuration; the usual place is {usual_path()}")
        return USAGE
    print(located.path)
    return 0


@config_cli.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def config_check_cli(options: DashboardOptions, /, file: Path | None) -> int:
    """List everything that is wrong with the configuration, or with FILE; exit 2 where something must be repaired."""
    from data.config import Severity, check, locate

    located = locate(file or options.config, Path.cwd())
    if located is None:
        raise ConfigError("there is no configuration to check", hint="lineside config init writes one to start from")
    problems = check(located.path, trusted=located.trusted)
    for problem in problems:
        print(problem)
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    say(f"{located.path}: {errors} error{'s' * (errors != 1)}, {len(problems) - errors} remarks")
    return USAGE if errors else 0


@config_cli.command("schema")
def config_schema_cli() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from data.config.schema import schema
    from tui.cli.output import print_json

    print_json(schema())


@config_cli.command("init")
@click.option("--gitlab", default="", metavar="URL", help="Address of the GitLab.")
@click.option("--project", default="", metavar="PATH", help="First project, such as group/name.")
@click.option("--mlflow", default="", metavar="URL", help="Address of the MLflow server.")
@click.option("--experiment", default="", metavar="NAME", help="Experiment of the project.")
@click.option("--force", is_flag=True, help="Write over a file that exists.")
@click.option("--stdout", "shown", is_flag=True, help="Print it instead of writing a file.")
@click.pass_obj
def config_init_cli(options: DashboardOptions, /, force: bool, shown: bool, **given: str) -> int:
    """Write a commented configuration to start from; --config says where."""
    from data.config.template import template

    text = template(**given)
    if shown:
        print(text, end="")
        return 0
    path = (options.config or usual_path()).expanduser().absolute()
    write_private(path, text, force=force)
    print(path)
    say("edit it; lineside config check reads it, lineside doctor asks the servers")
    return 0


def write_private(path: Path, text: str, *, force: bool) -> None:
    """Write a file that only its owner can read.

    Raises:
        ConfigError: it exists already, or cannot be written.
    """
    from data.config.paths import ensure

    ensure(path.parent)
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError("there is a configuration already", file=str(path), hint="--force writes over it") from None
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=str(path)) from None


def usual_path() -> Path:
    """Where the user's own configuration is looked for."""
    from data.config.locate import USER
    from data.config.paths import config_dir

    return Path(os.environ.get("LINESIDE_CONFIG") or config_dir() / USER)
