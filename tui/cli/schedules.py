"""`schedules`: GitLab's pipeline schedules of all projects; one can be run now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from data.clean import clean
from data.errors import UsageError
from data.model import Connection, PipelineRun, Project, Schedule
from tui.actions_more import schedule_command, schedule_title
from tui.cli.act import sending_options
from tui.cli.failures import NoSuchThing
from tui.cli.lists import EPILOG, SETTINGS, filter_text, listing_options, project_names, say_nothing_found, sort_order
from tui.cli.output import print_records, print_table
from tui.cli.sending import Batch, Pace, build_each, send_all
from tui.cli.session import in_context
from tui.cli.subcommands import Listing
from tui.context import Context, collect, personal_query
from tui.options import DashboardOptions
from tui.present.schedules import COLUMNS, schedule_cells
from widgets.cells import Cell, Column

ID_COLUMN = Column(key="id", title="id", width=8, align="right", priority=0)
"""GitLab's number of a schedule."""


@click.command("run", epilog="SCHEDULE: its number, its id, its description, or project/description.")
@click.argument("schedules", nargs=-1, required=True, metavar="SCHEDULE...")
@sending_options
@click.pass_obj
def run_cli(
    options: DashboardOptions, /, schedules: Sequence[str], why: str, yes: bool, wait: bool, timeout: float | None
) -> int:
    """Run schedules now; their own times stay as they are."""

    async def prepare(context: Context) -> Batch:
        found = [await find_schedule(context, text) for text in dict.fromkeys(schedules)]
        projects = await context.store.get_many(Project, sorted({one.project_id for one in found}))
        connections = await context.store.get_many(Connection, sorted({one.connection for one in found}))

        def build(one: Schedule) -> Any:
            return schedule_command(one, projects.get(one.project_id), connections.get(one.connection), why=why)

        return build_each(found, build, schedule_title)

    return send_all(options, prepare, yes=yes, pace=Pace(wait, timeout))


@click.command("schedules", cls=Listing, commands={"run": run_cli}, context_settings=SETTINGS, epilog=EPILOG)
@listing_options(limit=0)
@click.pass_obj
def schedules_cli(
    options: DashboardOptions, /, words: Sequence[str], limit: int, sort: str | None, as_json: bool
) -> None:
    """List the pipeline schedules, the next one first."""
    text = filter_text(words)

    async def work(context: Context) -> None:
        order = sort_order(Schedule, sort)
        query = await personal_query(context.store, text)
        found = await collect(context.store, Schedule, limit, query=query, sort=order)
        if as_json:
            print_records(found)
        elif found:
            await _show(context, found)
        if not found:
            say_nothing_found(Schedule, text)

    in_context(options, work)


async def _show(context: Context, schedules: Sequence[Schedule]) -> None:
    names, now = await project_names(context), datetime.now(UTC)
    last = await context.store.get_many(PipelineRun, sorted({one.last_run_id for one in schedules} - {""}))
    rows = [
        (Cell(str(one.git_schedule_id)), *schedule_cells(one, names, last.get(one.last_run_id), now))
        for one in schedules
    ]
    print_table((ID_COLUMN, *COLUMNS), rows)


async def find_schedule(context: Context, text: str) -> Schedule:
    """The schedule of this number, id or description, or `project/description`.

    Raises:
        NoSuchThing: none is known here.
        UsageError: several are meant.
    """
    names = await project_names(context)
    wanted = text.lower()

    def called(one: Schedule) -> set[str]:
        name = one.description.lower()
        return {one.id.lower(), str(one.git_schedule_id), name, f"{names.get(one.project_id, '').lower()}/{name}"}

    found = [one for one in await collect(context.store, Schedule) if wanted in called(one)]
    if not found:
        raise NoSuchThing(f"there is no schedule {clean(text)} here", hint="lineside schedules lists them")
    if len(found) > 1:
        raise UsageError(f"{clean(text)} means several: {', '.join(one.id for one in found)}")
    return found[0]
