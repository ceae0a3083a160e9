"""`activity`: who asked for what, when, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from data.model import Command
from tui.cli.lists import SETTINGS, filter_text, listing_options, say_nothing_found, sort_order
from tui.cli.output import print_records, print_table
from tui.cli.session import in_context
from tui.context import Context, collect, personal_query
from tui.options import DashboardOptions
from tui.present.activity import COMMAND_COLUMNS, command_cells

EPILOG = "FILTER: words to search for, and by:ada, mine, kind:cancel, status:refused, project:churn … - excludes."


@click.command("activity", context_settings=SETTINGS, epilog=EPILOG)
@listing_options()
@click.pass_obj
def activity_cli(
    options: DashboardOptions, /, words: Sequence[str], limit: int, sort: str | None, as_json: bool
) -> None:
    """List who asked for what, and what became of it."""
    text = filter_text(words)

    async def work(context: Context) -> None:
        order = sort_order(Command, sort)
        query = await personal_query(context.store, text)
        found = await collect(context.store, Command, limit, query=query, sort=order)
        if as_json:
            print_records(found)
        elif found:
            now = datetime.now(UTC)
            print_table(COMMAND_COLUMNS, [command_cells(one, now) for one in found])
        if not found:
            say_nothing_found(Command, text)

    in_context(options, work)
