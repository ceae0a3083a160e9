"""`open`: the dashboard, or the browser, at what an id or an address names."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Mapping

import click

from data.errors import UsageError
from tui.cli.failures import say
from tui.cli.root import dashboard
from tui.cli.session import in_context
from tui.cli.targets import find_project, find_runnable
from tui.context import Context
from tui.options import DashboardOptions


@click.command(
    "open", epilog="WHAT: a number, #4312, project#12, RUN/JOB, a project, or an address of GitLab or MLflow."
)
@click.argument("what")
@click.option("--browser", is_flag=True, help="Open its page in the browser instead; over SSH, print the address.")
@click.pass_obj
def open_cli(options: DashboardOptions, what: str, browser: bool) -> int:
    """Open the dashboard at a run, job or project."""
    if not browser:
        from dataclasses import replace

        return dashboard(replace(options, open=what))
    address = in_context(options, lambda context: address_of(context, what))
    print(address)
    if not has_browser(os.environ):
        say("there is no browser here; this is the address")
    elif not webbrowser.open(address):
        say("the browser could not be started; this is the address")
    return 0


async def address_of(context: Context, what: str) -> str:
    """The page of what is named.

    Raises:
        NoSuchThing: it is not known here.
        UsageError: it has no page.
    """
    found = await find_project(context, what) or await find_runnable(context, what)
    if not found.web_url.startswith(("http://", "https://")):
        raise UsageError(f"no address is known for {what}")
    return found.web_url


def has_browser(environ: Mapping[str, str]) -> bool:
    """Whether a browser would open where the user sits: not over SSH, and on a desktop."""
    if environ.get("SSH_CONNECTION"):
        return False
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or environ.get("BROWSER"))
