"""`cancel`, `retry` and `play`: actions on runs and jobs that exist."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from data.errors import UsageError
from data.model import Command, PipelineRun, Project, Variable
from tui.actions import Runnable, cancel_command, parse_variable, play_command, retry_command, title_of
from tui.cli.sending import Batch, Pace, build_each, send_all
from tui.cli.targets import find_job, find_runnable
from tui.context import Context
from tui.options import DashboardOptions

F = TypeVar("F", bound=Callable[..., Any])
Build = Callable[[Runnable, str], Command]
"""Makes a command out of a target and the name of its project."""


def sending_options(command: F) -> F:
    """Options of every command that changes a server."""
    for decorate in (
        click.option("--timeout", type=click.FloatRange(min=0), help="Seconds to wait; the default suits the wait."),
        click.option("--wait", is_flag=True, help="Wait for the end of the run; exit 1 unless it succeeds."),
        click.option("--why", default="", metavar="TEXT", help="Reason, kept with the action for others to read."),
        click.option("--yes", "-y", is_flag=True, help="Send without a question."),
    ):
        command = decorate(command)
    return command


VARIABLE_HELP = "CI/CD variable; can be repeated. KEY alone takes the value of the environment variable KEY."


def read_variable(text: str) -> Variable:
    """A variable from `KEY=VALUE`, or from `KEY` alone: then the value is that of our own environment variable.

    Raises:
        UsageError: neither.
    """
    return Variable(key=text, value=os.environ[text]) if text in os.environ else parse_variable(text)


TARGETS = "TARGET: a number, #4312 (a run), project#12, an id, RUN/JOB, or an address of GitLab."


@click.command("cancel", epilog=TARGETS)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@sending_options
@click.pass_obj
def cancel_cli(options: DashboardOptions, /, targets: Sequence[str], why: str, **given: Any) -> int:
    """Cancel runs and jobs."""
    return _act(options, targets, lambda target, name: cancel_command(target, project=name, why=why), **given)


@click.command("retry", epilog=TARGETS)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@sending_options
@click.pass_obj
def retry_cli(options: DashboardOptions, /, targets: Sequence[str], why: str, **given: Any) -> int:
    """Retry the failed jobs of runs, or single jobs."""
    return _act(options, targets, lambda target, name: retry_command(target, project=name, why=why), **given)


@click.command("play", epilog="JOB: a number, an id, RUN/NAME, or an address of GitLab.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--var", "variables", multiple=True, metavar="KEY=VALUE", help=VARIABLE_HELP)
@sending_options
@click.pass_obj
def play_cli(
    options: DashboardOptions, /, jobs: Sequence[str], variables: Sequence[str], why: str, **given: Any
) -> int:
    """Start manual jobs."""
    parsed = tuple(read_variable(text) for text in variables)
    return _act(options, jobs, _player(parsed, why), jobs_only=True, **given)


def _player(variables: Sequence[Variable], why: str) -> Build:
    def build(target: Runnable, name: str) -> Command:
        if isinstance(target, PipelineRun):
            raise UsageError("only jobs can be played")
        return play_command(target, variables=variables, project=name, why=why)

    return build


def _act(
    options: DashboardOptions,
    targets: Sequence[str],
    build: Build,
    *,
    yes: bool,
    wait: bool,
    timeout: float | None,
    jobs_only: bool = False,
) -> int:
    async def prepare(context: Context) -> Batch:
        find = find_job if jobs_only else find_runnable
        found: list[Runnable] = [await find(context, text) for text in dict.fromkeys(targets)]
        projects = await context.store.get_many(Project, sorted({one.project_id for one in found}))
        names = {id_: project.name for id_, project in projects.items()}
        return build_each(found, lambda one: build(one, names.get(one.project_id, "")), title_of)

    return send_all(options, prepare, yes=yes, pace=Pace(wait, timeout))
