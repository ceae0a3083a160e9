"""Sends commands through the outbox: shows and asks first, waits for the engine's answer, takes back what cannot go."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import click

from data.clean import clean, clean_block
from data.errors import LinesideError, Refused, UsageError
from data.model import Command, JobRun, PipelineRun
from data.model.vocabulary import BLOCKED, COMMAND_OPEN, FINISHED
from data.store.port import Where
from tui.actions import why_not_write
from tui.actions_more import question_of
from tui.cli.failures import FAILED, say
from tui.cli.waiting import Waiter, deadline_error
from tui.context import Context

ANSWER_SECONDS = 60.0
"""How long a server's answer is waited for."""
END_SECONDS = 24 * 3600.0
"""How long the end of a run is waited for."""
GOOD = frozenset({"success", "skipped"})
"""Statuses of a run that has not failed."""
CANCELLED = GOOD | {"canceled", "failed"}
"""Statuses of a run that somebody cancelled: it is over, which is what was wanted."""


def check_writable(context: Context) -> None:
    """Refuse where nothing may be changed.

    Raises:
        UsageError: read-only.
    """
    if reason := why_not_write(read_only=context.read_only):
        raise UsageError(reason)


def confirm(commands: Sequence[Command], details: Sequence[str], *, yes: bool) -> bool:
    """Say what will be sent and ask for it; the default is No. True where the user agreed.

    Raises:
        UsageError: there is nobody to ask.
    """
    for line in details:
        say(line)
    if yes:
        return True
    if not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError(f"{question_of(commands)} Nobody is there to ask", hint="--yes sends without a question")
    if click.confirm(question_of(commands), default=False, err=True):
        return True
    say("nothing was sent")
    return False


async def send(waiter: Waiter, command: Command, *, timeout: float) -> Command:
    """Put a command in the outbox and wait for its outcome; returns it as it ended.

    A command that is still queued when the wait ends, for whatever reason, is taken back: what failed on the screen
    must not happen an hour later.

    Raises:
        Refused: the server said no.
        LinesideError: no answer in time, or no way to the server.
    """
    store = waiter.context.store
    await store.submit(command)

    async def settled() -> Command | None:
        found = await store.get(Command, command.id)
        if found and found.state == "queued" and found.answer:
            waiter.say_once(f"{found.title}: waits: {clean(found.answer)}")
        return found if found and found.state not in COMMAND_OPEN else None

    ended = None
    try:
        ended = await waiter.until(settled, timeout=timeout, connection=command.connection)
    finally:
        if ended is None:
            await asyncio.shield(_take_back(waiter.context, command))
    if ended is None:
        raise deadline_error(command.title, timeout, await waiter.trouble(command.connection))
    return accepted(ended)


async def _take_back(context: Context, command: Command) -> None:
    if await context.store.withdraw(command.id):
        say(f"{command.title}: taken back, nothing was sent")
    else:
        say(f"{command.title}: on its way to the server; lineside shows its outcome under Activity")


def accepted(command: Command) -> Command:
    """A command that has ended, when it was carried out.

    Raises:
        Refused: the server said no.
        LinesideError: it was taken back, or nobody knows what became of it.
    """
    answer = clean_block(command.answer)
    if command.state == "refused":
        raise Refused(f"{command.title}: refused: {answer or 'no reason was given'}")
    if command.state == "withdrawn":
        raise LinesideError(f"{command.title}: somebody took it back")
    if command.state == "unknown":
        raise LinesideError(
            f"{command.title}: it is not known whether the server carried it out: {answer}",
            hint="look at the project's runs before you send it again",
        )
    return command


async def follow_run(
    waiter: Waiter, run_id: str, *, connection: str, timeout: float, good: frozenset[str] = GOOD
) -> int:
    """Wait for the end of a run, telling its status on the way; 0 when it ends in one of `good`, 1 when not.

    A run that waits for a person ends the wait, too: nobody else will move it on.

    Raises:
        LinesideError: it has not ended in time, or was deleted.
    """
    store = waiter.context.store
    told = ""

    async def ended() -> PipelineRun | None:
        nonlocal told
        run = await store.get(PipelineRun, run_id)
        if run is None:
            return None
        if run.gone:
            raise LinesideError(f"#{run.git_pipeline_id} was deleted on the server")
        if run.status != told:
            told = run.status
            say(f"#{run.git_pipeline_id} {clean(run.status)}")
        over = run.status in FINISHED | BLOCKED
        return run if over and (run.jobs_synced or run.status in BLOCKED) else None

    topics = [f"run:{run_id}"]
    run = await waiter.until(ended, timeout=timeout, topics=topics, connection=connection)
    if run is None:
        raise LinesideError(f"the run has not ended within {timeout:g} s", hint="give it more with --timeout")
    if run.status in BLOCKED:
        say(f"#{run.git_pipeline_id} waits for a person; lineside jobs {run.git_pipeline_id} is:manual lists what for")
    elif run.status not in good:
        await _tell_failures(waiter.context, run)
    return 0 if run.status in good else FAILED


async def _tell_failures(context: Context, run: PipelineRun) -> None:
    where: Where = {"pipeline_run_id": run.id, "status": "failed", "retried": False}
    for job in (await context.store.page(JobRun, where=where)).records:
        reason = clean(job.failure_reason) or "no reason given"
        say(f"  {clean(job.name)} failed: {reason}; lineside logs {job.git_job_id}")


async def result_of(waiter: Waiter, command: Command, *, timeout: float) -> PipelineRun | JobRun | None:
    """The run or job that came of a command, once the store has it; None when it does not come in time."""
    store = waiter.context.store
    if not command.result_id:
        return None

    async def known() -> PipelineRun | JobRun | None:
        return await store.get(PipelineRun, command.result_id) or await store.get(JobRun, command.result_id)

    return await waiter.until(known, timeout=timeout, topics=[f"run:{command.result_id}"])
