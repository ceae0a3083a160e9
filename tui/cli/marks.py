"""`label`, `note` and `settle`: what people add to runs and MLflow runs, and the outcome of those left behind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from data.clean import clean, clean_block
from data.errors import LinesideError, UsageError
from data.model import Command, PipelineRun, Project, TrackedRun
from tui.actions import Markable, label_command, note_command, note_of, settle_command, title_of, why_not_settle
from tui.cli.failures import FAILED, say
from tui.cli.outbox import ANSWER_SECONDS, check_writable, confirm, send
from tui.cli.session import in_context
from tui.cli.targets import find_comparable
from tui.cli.waiting import Waiter, waiter
from tui.context import Context
from tui.options import DashboardOptions

F = TypeVar("F", bound=Callable[..., Any])
Build = Callable[[Markable, str], Command]
"""Makes a command out of a target and the name of its project."""

TARGETS = "TARGET: a run (a number, #4312, project#12, an id, an address) or an MLflow run (id, name or address)."
STDIN = "-"
"""In place of a text: read it from stdin."""
LEFT = 500
"""MLflow runs of one run that are looked at for those that were left behind."""


def _options(command: F) -> F:
    """Options that all of these commands have."""
    for decorate in (
        click.option("--timeout", type=click.FloatRange(min=0), default=ANSWER_SECONDS, help="Seconds to wait."),
        click.option("--yes", "-y", is_flag=True, help="Send without a question."),
    ):
        command = decorate(command)
    return command


@click.command("label", epilog=TARGETS)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--add", "-a", multiple=True, metavar="LABEL", help="Label to give; can be repeated.")
@click.option("--remove", "-r", multiple=True, metavar="LABEL", help="Label to take away; can be repeated.")
@_options
@click.pass_obj
def label_cli(
    options: DashboardOptions, /, targets: Sequence[str], add: Sequence[str], remove: Sequence[str], **given: Any
) -> int:
    """Give labels to runs, or take them away.

    They are listed where neither is asked for. MLflow runs take labels, too. Labels are kept in Lineside's store, for
    everybody who works with it; no server is told. The filter label:NAME finds them.
    """
    if not (add or remove):
        return _tell(options, targets, lambda run: run.labels)
    return _act(
        options, targets, lambda run, name: label_command(run, add=add, remove=remove, project=name), ask=False, **given
    )


@click.command("note", epilog=TARGETS)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--text", "-m", metavar="TEXT", help="The note; - reads it from stdin, and an empty one takes it away.")
@_options
@click.pass_obj
def note_cli(options: DashboardOptions, /, targets: Sequence[str], text: str | None, **given: Any) -> int:
    """Write a note on runs, or show it.

    It replaces the note that is there; where no text is given, that is shown. The note of a run is kept in Lineside's
    store; that of an MLflow run is its description in MLflow.
    """
    if text is None:
        return _tell(options, targets, lambda run: note_of(run).splitlines())
    note = sys.stdin.read() if text == STDIN else text
    return _act(options, targets, lambda run, name: note_command(run, note, project=name), **given)


@click.command("settle", epilog=TARGETS)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@_options
@click.pass_obj
def settle_cli(options: DashboardOptions, /, targets: Sequence[str], **given: Any) -> int:
    """End MLflow runs that their jobs left RUNNING.

    A job that is cancelled or killed cannot end its MLflow run: the outcome of the job is written to it. For a run,
    all MLflow runs that it left behind are meant; the filter is:left finds them.
    """
    return _act(options, targets, _settled, settling=True, **given)


def _settled(run: Markable, _project: str) -> Command:
    if isinstance(run, PipelineRun):
        raise UsageError("only MLflow runs can be settled")
    return settle_command(run)


def _tell(options: DashboardOptions, targets: Sequence[str], lines: Callable[[Markable], Sequence[str]]) -> int:
    async def work(context: Context) -> int:
        for text in dict.fromkeys(targets):
            for line in lines(await find_comparable(context, text)):
                print(clean(line))
        return 0

    return in_context(options, work)


def _act(
    options: DashboardOptions,
    targets: Sequence[str],
    build: Build,
    *,
    yes: bool,
    timeout: float,
    ask: bool = True,
    settling: bool = False,
) -> int:
    async def work(context: Context) -> int:
        found = {run.id: run for text in dict.fromkeys(targets) for run in [await find_comparable(context, text)]}
        runs = await _left_behind(context, list(found.values())) if settling else list(found.values())
        reaches_server = settling or (ask and any(isinstance(run, TrackedRun) for run in runs))
        if reaches_server:
            check_writable(context)
        commands = [build(run, await _project_name(context, run)) for run in runs]
        if reaches_server and not confirm(commands, [command.title for command in commands], yes=yes):
            return FAILED
        leases = {command.project_id for command in commands}
        async with waiter(context, start=options.engine, lease=leases.pop() if len(leases) == 1 else "") as waiting:
            codes = [await _carry_out(waiting, command, timeout) for command in commands]
        return max(codes)

    return in_context(options, work)


async def _carry_out(waiting: Waiter, command: Command, timeout: float) -> int:
    """Send one command. What is refused must not keep those behind it from being carried out."""
    try:
        ended = await send(waiting, command, timeout=timeout)
    except LinesideError as error:
        say(clean_block(error.message))
        if error.hint:
            say(f"  {clean_block(error.hint)}")
        return FAILED
    say(f"{ended.title}: {clean(ended.answer)}")
    print(ended.target_id)
    return 0


async def _left_behind(context: Context, targets: Sequence[Markable]) -> list[Markable]:
    """The MLflow runs themselves, and in place of a run those that it left behind.

    Raises:
        UsageError: a run left none behind.
    """
    found: dict[str, Markable] = {}
    for target in targets:
        if isinstance(target, TrackedRun):
            found[target.id] = target
            continue
        page = await context.store.page(TrackedRun, where={"pipeline_run_id": target.id}, limit=LEFT)
        left = [run for run in page.records if not why_not_settle(run)]
        if not left:
            raise UsageError(f"{title_of(target)} left no MLflow run RUNNING behind an ended job")
        found |= {run.id: run for run in left}
    return list(found.values())


async def _project_name(context: Context, run: Markable) -> str:
    project = await context.store.get(Project, run.project_id) if run.project_id else None
    return project.name if project else ""
