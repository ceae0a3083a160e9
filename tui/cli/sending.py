"""Sends commands one after the other: says what became of each, and goes on after one that was refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import click

from data.clean import clean, clean_block
from data.errors import LinesideError, Unauthorized, Unreachable, UsageError
from data.model import Command, JobRun, PipelineRun
from tui.cli.failures import FAILED, exit_code, say
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
from tui.cli.waiting import Waiter, waiter
from tui.context import Context
from tui.options import DashboardOptions
from tui.outcomes import read_statuses, summary

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Batch(NamedTuple):
    """What to send."""

    commands: list[Command]
    names: dict[str, str]
    """Names of their targets, by id."""
    details: list[str]
    """Lines to show before the question."""
    left_out: list[str]
    """Why further ones cannot be sent."""


class Pace(NamedTuple):
    """Whether the ends of runs are waited for, and for how many seconds; None for what suits the wait."""

    wait: bool = False
    timeout: float | None = None

    @property
    def answer(self) -> float:
        """Seconds for the server's answer."""
        return ANSWER_SECONDS if self.timeout is None or self.wait else self.timeout


def question_options(command: F) -> F:
    """Options of every command that changes a server, but for waiting."""
    for decorate in (
        click.option("--timeout", type=click.FloatRange(min=0), help="Seconds to wait for the server's answer."),
        click.option("--why", default="", metavar="TEXT", help="Reason, kept with the action for others to read."),
        click.option("--yes", "-y", is_flag=True, help="Send without a question."),
    ):
        command = decorate(command)
    return command


def build_each(targets: Sequence[T], build: Callable[[T], Command], name: Callable[[T], str]) -> Batch:
    """A batch of the commands that can be built.

    Raises:
        UsageError: none can be: the first reason.
    """
    batch = Batch([], {}, [], [])
    for target in targets:
        try:
            command = build(target)
        except UsageError as error:
            batch.left_out.append(error.message)
            if len(targets) == 1:
                raise
        else:
            batch.commands.append(command)
            batch.names[command.target_id] = name(target)
    if not batch.commands:
        raise UsageError("; ".join(batch.left_out) or "there is nothing to do")
    return batch


def send_all(
    options: DashboardOptions, prepare: Callable[[Context], Awaitable[Batch]], *, yes: bool, pace: Pace
) -> int:
    """Prepare, ask, send; the exit code is 0 only when all was carried out."""

    async def work(context: Context) -> int:
        check_writable(context)
        batch = await prepare(context)
        titles = [command.title for command in batch.commands]
        left = [f"left out: {reason}" for reason in batch.left_out]
        if not confirm(batch.commands, [*titles, *batch.details, *left], yes=yes):
            return FAILED
        leases = {command.project_id for command in batch.commands}
        async with waiter(context, start=options.engine, lease=leases.pop() if len(leases) == 1 else "") as waiting:
            return await _each(waiting, batch, pace)

    return in_context(options, work)


async def _each(waiting: Waiter, batch: Batch, pace: Pace) -> int:
    alone = len(batch.commands) == 1 and not batch.left_out
    codes = [FAILED] if batch.left_out else []
    ended: list[Command] = []
    for number, command in enumerate(batch.commands, 1):
        try:
            codes.append(await carry_out(waiting, command, pace))
        except (Unauthorized, Unreachable):
            if rest := len(batch.commands) - number:
                say(f"{rest} more were not sent")
            raise
        except LinesideError as error:
            if alone:
                raise
            say(clean_block(str(error)))
            codes.append(exit_code(error))
        ended.append(await waiting.context.store.get(Command, command.id) or command)
    if not alone:
        sentence, _ = summary(ended, batch.names, await read_statuses(waiting.context.store, ended), batch.left_out)
        say(sentence)
    return max(codes)


async def carry_out(waiting: Waiter, command: Command, pace: Pace) -> int:
    """Send one command, say the answer, print what came of it; with a wait the code is that of the run's end."""
    ended = await send(waiting, command, timeout=pace.answer)
    say(f"{ended.title}: {clean(ended.answer) or 'done'}")
    result = await result_of(waiting, ended, timeout=pace.answer) if ended.result_id else None
    print((result.id if result else ended.result_id) or ended.target_id)
    if result and result.web_url and not (isinstance(result, PipelineRun) and result.gone):
        print(result.web_url)
    if not pace.wait:
        return 0
    run_id = await _run_id(waiting.context, ended, result)
    good = CANCELLED if command.kind == "cancel" else GOOD
    seconds = pace.timeout or END_SECONDS
    return await follow_run(waiting, run_id, connection=command.connection, timeout=seconds, good=good)


async def _run_id(context: Context, command: Command, result: PipelineRun | JobRun | None) -> str:
    """The run to wait for: the one that came of it, or that the job belongs to, or the target itself."""
    if isinstance(result, PipelineRun):
        return result.id
    job = result or await context.store.get(JobRun, command.target_id)
    return job.pipeline_run_id if isinstance(job, JobRun) else command.target_id
