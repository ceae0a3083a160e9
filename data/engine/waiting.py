"""What a queued command of any kind waits for: whoever holds it back, a time, the end of a run.

These let others pass: only what waits for a free place keeps its place in the queue.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from data.engine.verdict import Hold, Rejected
from data.errors import RateLimited, SourceError
from data.launch.naming import called
from data.model import Command, PipelineRun
from data.model.vocabulary import FINISHED
from data.store.port import Store

ANY_END: Final = "finished"
"""Value of `Command.after_status` for which every end will do."""
LONGEST: Final = 3600.0
"""Seconds after which a time is looked at again: a machine may have slept meanwhile."""
LIMITED: Final = "the server limits requests; it goes as soon as the server allows"
"""Why a command waits that met a limit of its server."""


async def waits(store: Store, command: Command, now: datetime | None = None) -> Hold | None:
    """Why a command must wait now; None when it need not.

    Raises:
        Rejected: the run for whose end it waits ended in another way, or is not there any more.
    """
    if command.held:
        return Hold(f"held back by {command.held}")
    now = now or datetime.now(UTC)
    if command.not_before is not None and command.not_before > now:
        left = (command.not_before - now).total_seconds()
        return Hold(command.answer if command.attempts else _starts(command.not_before), seconds=min(left, LONGEST))
    return await _behind(store, command) if command.after else None


async def _behind(store: Store, command: Command) -> Hold | None:
    run = await store.get(PipelineRun, command.after)
    if run is None:
        raise Rejected("the run that it was to start after is not known here")
    number = called(run)
    if run.status not in FINISHED:
        if run.gone:
            raise Rejected(f"{number}, which it was to start after, was deleted before it ended")
        how = "ends" if command.after_status == ANY_END else f"ends with {command.after_status}"
        return Hold(f"it starts after {number} {how}")
    if command.after_status not in (ANY_END, run.status):
        raise Rejected(f"{number} ended with {run.status}; it was to start after {command.after_status}")
    return None


def _starts(at: datetime) -> str:
    """When it starts, in the time of this machine, whose name is told: viewers may be elsewhere."""
    return f"it starts on {at.astimezone():%Y-%m-%d at %H:%M %Z}"


def waits_for_server(error: SourceError, *, limited: bool) -> str:
    """Why a command waits that could not be sent; `limited` where the server has asked for a pause."""
    if limited or isinstance(error, RateLimited):
        return LIMITED
    return f"{error.message}; it goes as soon as the server accepts it"
