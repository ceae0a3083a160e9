"""`queue`: what waits, in the order in which it goes; hold, let go, move, time and take back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import click

from data.clean import clean
from data.errors import UsageError
from data.launch.when import parse_when
from data.model import Command, PipelineRun
from data.model.vocabulary import COMMAND_OPEN
from data.store.port import Sort
from tui.cli.failures import FAILED, NoSuchThing, say
from tui.cli.output import print_records, print_table
from tui.cli.session import in_context
from tui.cli.subcommands import Listing
from tui.cli.targets import find_run
from tui.context import Context, collect
from tui.options import DashboardOptions
from tui.present.queue import COLUMNS, queue_cells
from tui.queueing import at_time, held, in_order, let_go, moved, take_back, write
from widgets.cells import Cell, Column

IDS = "ID: the id of a waiting command, or the beginning of one; lineside queue lists them."
ID_COLUMN = Column(key="id", title="id", width=8, priority=0)
"""The id of a command, as long as it takes to be one only."""
SHORTEST = 8
"""Characters of an id that are shown at least."""
LAUNCH = "launch"
"""Kind of the commands that wait in order."""


@click.command("hold", epilog=IDS)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.pass_obj
def hold_cli(options: DashboardOptions, /, ids: Sequence[str]) -> int:
    """Hold waiting commands back until somebody lets them go."""
    return _change(options, ids, held, "held back")


@click.command("release", epilog=IDS)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.pass_obj
def release_cli(options: DashboardOptions, /, ids: Sequence[str]) -> int:
    """Let held commands go."""
    return _change(options, ids, lambda one, _: let_go(one), "let go")


@click.command("withdraw", epilog=IDS)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Everything that waits.")
@click.option("--yes", "-y", is_flag=True, help="Take all back without a question.")
@click.pass_obj
def withdraw_cli(options: DashboardOptions, /, ids: Sequence[str], everything: bool, yes: bool) -> int:
    """Take waiting commands back: they are not sent."""
    if bool(ids) == everything:
        raise UsageError("name commands to take back, or --all")

    async def work(context: Context) -> int:
        waiting = await read_queue(context)
        chosen = [one for one in waiting if one.state == "queued"] if everything else _named(waiting, ids)
        if everything and chosen and not _agreed(chosen, yes=yes):
            return FAILED
        return await _tell(chosen, "taken back", lambda one: take_back(context.store, one, context.user))

    return in_context(options, work)


@click.command("move", epilog=IDS)
@click.argument("id")
@click.option("--before", metavar="ID", help="Let it go right before this one.")
@click.option("--first", is_flag=True, help="Let it go before all others.")
@click.option("--last", is_flag=True, help="Let it go after all others.")
@click.pass_obj
def move_cli(options: DashboardOptions, /, id: str, before: str | None, first: bool, last: bool) -> int:
    """Give a waiting launch another place."""
    if (before is not None) + first + last != 1:
        raise UsageError("say where to: --before ID, --first or --last")

    async def work(context: Context) -> int:
        waiting = [one for one in await read_queue(context) if one.kind == LAUNCH and one.state == "queued"]
        one = _named(waiting, [id])[0]
        staying = [other for other in waiting if other.id != one.id]
        place = 0 if first else len(staying)
        if before is not None:
            other = _named(waiting, [before])[0]
            if other.id == one.id:
                raise UsageError("a launch cannot go before itself")
            place = staying.index(other)
        return await _tell(moved(waiting, [one.id], place), "moved", _writer(context, waiting))

    return in_context(options, work)


@click.command("when", epilog=f"{IDS} TIME: at 22:00, in 2h, tomorrow 6:30, after #4312 succeeds, or now.")
@click.argument("id")
@click.argument("time")
@click.pass_obj
def when_cli(options: DashboardOptions, /, id: str, time: str) -> int:
    """Say when a waiting launch goes."""

    async def work(context: Context) -> int:
        when = parse_when(time, datetime.now(UTC))
        after = (await find_run(context, when.after)).id if when.after else ""
        one = _named(await read_queue(context), [id])[0]
        changed = at_time(one, when.not_before, after, when.after_status)
        return await _tell([changed], "timed", _writer(context, [one]))

    return in_context(options, work)


@click.command(
    "queue",
    cls=Listing,
    commands={"hold": hold_cli, "release": release_cli, "move": move_cli, "when": when_cli, "withdraw": withdraw_cli},
)
@click.option("--json", "as_json", is_flag=True, help="A JSON array with all fields of each command.")
@click.pass_obj
def queue_cli(options: DashboardOptions, /, as_json: bool) -> None:
    """List what waits, in its order, and what each waits for."""

    async def work(context: Context) -> None:
        waiting = await read_queue(context)
        if as_json:
            print_records(waiting)
        elif waiting:
            await _show(context, waiting)
        else:
            say("nothing waits")

    in_context(options, work)


async def read_queue(context: Context) -> list[Command]:
    """What waits, by place."""
    where = {"state": sorted(COMMAND_OPEN)}
    return in_order(await collect(context.store, Command, where=where, sort=Sort("place")))


async def _show(context: Context, waiting: Sequence[Command]) -> None:
    runs = await context.store.get_many(PipelineRun, sorted({one.after for one in waiting if one.after}))
    names = {id_: f"#{run.git_pipeline_id}" for id_, run in runs.items()}
    launches = [one.id for one in waiting if one.kind == LAUNCH and one.state == "queued"]
    length, now = _unique(waiting), datetime.now(UTC)
    rows = [
        (
            Cell(one.id[:length]),
            *queue_cells(one, launches.index(one.id) + 1 if one.id in launches else 0, names, now),
        )
        for one in waiting
    ]
    print_table((ID_COLUMN, *COLUMNS), rows)


def _unique(waiting: Sequence[Command]) -> int:
    """Characters after which all ids differ."""
    longest = max(len(one.id) for one in waiting)
    lengths = range(SHORTEST, longest)
    return next((length for length in lengths if len({one.id[:length] for one in waiting}) == len(waiting)), longest)


def _named(waiting: Sequence[Command], texts: Sequence[str]) -> list[Command]:
    """The waiting commands of these ids.

    Raises:
        NoSuchThing: there is none of that id.
        UsageError: several begin so.
    """
    found: dict[str, Command] = {}
    for text in texts:
        exact = [one for one in waiting if one.id == text]
        fitting = exact or [one for one in waiting if text and one.id.startswith(text)]
        if not fitting:
            raise NoSuchThing(f"nothing waits under the id {clean(text)}", hint="lineside queue lists what waits")
        if len(fitting) > 1:
            raise UsageError(f"{clean(text)} means several: {', '.join(one.id for one in fitting)}")
        found[fitting[0].id] = fitting[0]
    return list(found.values())


def _agreed(chosen: Sequence[Command], *, yes: bool) -> bool:
    """Ask before everything is taken back; the default is No."""
    import sys

    for one in chosen:
        say(one.title)
    question = f"Take back {len(chosen)} command{'s' * (len(chosen) > 1)}?"
    if yes:
        return True
    if not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError(f"{question} Nobody is there to ask", hint="--yes takes them back without a question")
    return click.confirm(question, default=False, err=True)


def _change(options: DashboardOptions, ids: Sequence[str], change: Callable[[Command, str], Command], done: str) -> int:
    async def work(context: Context) -> int:
        chosen = _named(await read_queue(context), ids)
        return await _tell([change(one, context.user) for one in chosen], done, _writer(context, chosen))

    return in_context(options, work)


def _writer(context: Context, seen: Sequence[Command]) -> Callable[[Command], Awaitable[bool]]:
    """Writes a changed command, of which `seen` has the one that was looked at."""
    known = {one.id: one for one in seen}

    async def change(command: Command) -> bool:
        return await write(context.store, command, known[command.id])

    return change


async def _tell(commands: Sequence[Command], done: str, write: Callable[[Command], Awaitable[bool]]) -> int:
    """Write each, and say what became of it; 1 where one did not wait any more."""
    late = 0
    for one in commands:
        written = await write(one)
        late += not written
        say(f"{one.title}: {done if written else 'too late: it does not wait any more'}")
    if not commands:
        say("nothing to do")
    return FAILED if late else 0
