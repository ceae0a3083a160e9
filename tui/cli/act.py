"""`cancel`, `retry` and `play`: actions on runs and jobs that exist."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from data.errors import UsageError
from data.model import Command, JobRun, PipelineRun, Project, Variable
from tui.actions import Runnable, cancel_command, parse_variable, play_command, retry_command
from tui.cli.failures import FAILED, say
from tui.cli.outbox import (
    ANSWER_SECONDS,
    CANCELLED,
    END_SECONDS,
    GOOD,
    check_writable,
    confirm,
    follow_run,
    result_of,
    send,
)
from tui.cli.session import in_context
from tui.cli.targets import find_job, find_runnable
from tui.cli.waiting import Waiter, waiter
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
@click.argument("job")
@click.option("--var", "variables", multiple=True, metavar="KEY=VALUE", help=VARIABLE_HELP)
@sending_options
@click.pass_obj
def play_cli(options: DashboardOptions, /, job: str, variables: Sequence[str], why: str, **given: Any) -> int:
    """Start a manual job."""
    parsed = tuple(read_variable(text) for text in variables)
    return _act(options, [job], _player(parsed, why), jobs_only=True, **given)


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
    async def work(context: Context) -> int:
        check_writable(context)
        commands = []
        for text in dict.fromkeys(targets):
            target = await (find_job if jobs_only else find_runnable)(context, text)
            project = await context.store.get(Project, target.project_id)
            commands.append(build(target, project.name if project else ""))
        if not confirm(commands, [command.title for command in commands], yes=yes):
            return FAILED
        async with waiter(context, start=options.engine, lease=commands[0].project_id) as waiting:
            codes = [await _carry_out(waiting, command, wait=wait, timeout=timeout) for command in commands]
        return max(codes)

    return in_context(options, work)


async def _carry_out(waiting: Waiter, command: Command, *, wait: bool, timeout: float | None) -> int:
    answer = ANSWER_SECONDS if timeout is None or wait else timeout
    ended = await send(waiting, command, timeout=answer)
    say(f"{ended.title}: done")
    result = await result_of(waiting, ended, timeout=answer) if ended.result_id else None
    print((result.id if result else ended.result_id) or ended.target_id)
    if result and result.web_url:
        print(result.web_url)
    if not wait:
        return 0
    run_id = await _run_id(waiting.context, ended, result)
    good = CANCELLED if command.kind == "cancel" else GOOD
    return await follow_run(waiting, run_id, connection=command.connection, timeout=timeout or END_SECONDS, good=good)


async def _run_id(context: Context, command: Command, result: Runnable | None) -> str:
    """The run to wait for: the one that came of it, or that the job belongs to, or the target itself."""
    if isinstance(result, PipelineRun):
        return result.id
    job = result or await context.store.get(JobRun, command.target_id)
    return job.pipeline_run_id if isinstance(job, JobRun) else command.target_id
