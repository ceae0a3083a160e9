"""`sync`, `engine` and `simulate`: the parts that usually run beside the dashboard, on their own."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from data.errors import LinesideError
from data.simulator.settings import SimulatorSettings
from tui.cli.failures import FAILED, report
from tui.cli.session import no_configuration
from tui.context import read_settings
from tui.options import DashboardOptions

if TYPE_CHECKING:
    from data.config import Settings
    from data.engine.service import Outcome
    from data.store.place import Place

SYNC_SECONDS = 600.0
"""How long one synchronisation may take."""
_ATTRIBUTE = re.compile(r"^ {8}(?P<names>[a-z_, ]+): (?P<help>.+(?:\n {12}.+)*)", re.MULTILINE)
"""An entry of the `Attributes:` section of a docstring."""


def simulator_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for every setting of the simulator, with the help of its docstring."""
    helps = attribute_helps(SimulatorSettings.__doc__ or "")
    for field in reversed(dataclasses.fields(SimulatorSettings)):
        name = field.name.replace("_", "-")
        text = helps.get(field.name, "")
        if isinstance(field.default, bool):
            decorate = click.option(f"--{name}/--no-{name}", field.name, default=field.default, help=text)
        else:
            kind = type(field.default)
            decorate = click.option(
                f"--{name}", field.name, type=kind, default=field.default, show_default=True, help=text
            )
        command = decorate(command)
    return command


def attribute_helps(doc: str) -> dict[str, str]:
    """Name -> sentence, from the `Attributes:` section of a docstring."""
    helps = {}
    for found in _ATTRIBUTE.finditer(doc):
        for name in found["names"].split(","):
            helps[name.strip()] = " ".join(found["help"].split())
    return helps


@click.command("simulate")
@simulator_options
@click.option("--json", "as_json", is_flag=True, help="Say how to connect as one line of JSON.")
@click.option("--parent", is_flag=True, hidden=True, help="End when standard input closes.")
def simulate_cli(as_json: bool, parent: bool, **given: Any) -> None:
    """Run a simulated GitLab server on this machine until Ctrl+C."""
    from data.simulator.server import run_forever

    if parent:
        end_with_parent()
    run_forever(SimulatorSettings(**given), as_json=as_json)


def end_with_parent() -> None:
    """Let this process end when whoever started it is gone: its end of our standard input closes then."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


@click.command("engine")
@click.option("--json", "as_json", is_flag=True, help="Say how it does as lines of JSON.")
@click.pass_obj
def engine_cli(options: DashboardOptions, as_json: bool) -> None:
    """Run the engine by itself until Ctrl+C or SIGTERM.

    It keeps the store equal to the servers and carries out commands. How it does is a line on stdout, now and then and
    whenever that changes; what it does is told on stderr. A team's store may be away at the start, or go away later.
    """
    from data.engine.process import leave, run_to_end

    talk()
    run_to_end(_serve(options, as_json))
    leave(0)  # a thread may still wait for a server


async def _serve(options: DashboardOptions, as_json: bool) -> None:
    from data.engine.process import owner_name
    from data.engine.serving import Service
    from data.engine.vitals import Vitals

    def say(vitals: Vitals) -> None:
        try:
            print(vitals.json() if as_json else vitals.line(), flush=True)
        except OSError:  # nobody reads it any more; the work goes on
            return

    settings, place = _settings_and_place(options)
    service = Service(settings, place, owner_name(), say=say)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, service.stop)
    await service.run()


def _settings_and_place(options: DashboardOptions) -> tuple[Settings, Place]:
    from data.store.place import place_of

    found = read_settings(options)
    if found is None:
        raise no_configuration()
    return found[0], place_of(found[0], options.store)


@click.command("sync")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--once", is_flag=True, required=True, help="Once, and then end; lineside engine goes on.")
@click.option("--timeout", type=click.FloatRange(min=0), default=SYNC_SECONDS, show_default=True, help="Seconds.")
@click.pass_obj
def sync_cli(options: DashboardOptions, projects: Sequence[str], once: bool, timeout: float) -> int:
    """Bring the store up to date with the servers."""
    del once  # the only way so far; asked for, so that `lineside sync` can come to mean more
    outcomes = asyncio.run(_sync(options, projects, timeout))
    for what, error in outcomes:
        if error is not None:
            report(error, about=what)
    return FAILED if any(error is not None for _, error in outcomes) else 0


async def _sync(options: DashboardOptions, projects: Sequence[str], timeout: float) -> list[Outcome]:
    from data.engine.process import owner_name
    from data.engine.service import Engine
    from data.engine.serving import closed, open_parts

    settings, place = _settings_and_place(options)
    store, logs = await open_parts(place)
    try:
        async with asyncio.timeout(timeout):
            return await Engine(settings, store, logs, owner_name()).sync_once(projects or None)
    except TimeoutError:
        raise LinesideError(f"not done within {timeout:g} s", hint="give it more with --timeout") from None
    finally:
        await closed(store, logs)


def talk() -> None:
    """Send what is logged to stderr, with the time."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
