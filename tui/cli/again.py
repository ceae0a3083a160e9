"""`again`: launch once more what a submission or a run was started with."""

from __future__ import annotations

from typing import Any

import click

from tui.cli.aim import aim_of, find_earlier, read_target
from tui.cli.launch import request_like
from tui.cli.launch_options import Wish, check, request_options
from tui.cli.launch_steps import launch
from tui.cli.outbox import check_writable
from tui.cli.session import in_context
from tui.context import Context
from tui.options import DashboardOptions


@click.command("again", epilog="WHAT: a submission (its id or the beginning of it), or a run (#4312, project#12, …).")
@click.argument("what", metavar="SUBMISSION|RUN")
@request_options
@click.pass_obj
def again_cli(options: DashboardOptions, /, what: str, **given: Any) -> int:
    """Launch once more what a submission or a run was started with.

    The options change it; it gets a RUN_ID of its own.
    """
    wish = Wish(**given)
    check(wish)

    async def work(context: Context) -> int:
        if not wish.dry_run:
            check_writable(context)
        earlier = await find_earlier(context, what)
        aim = await aim_of(context, earlier)
        target = await read_target(context, aim)
        return await launch(context, aim, target, request_like(target, earlier), wish, start=options.engine)

    return in_context(options, work)
