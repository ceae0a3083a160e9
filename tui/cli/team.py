"""A team's store under a command: what is new is copied here first, and what the command wrote is sent behind it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui.cli.failures import say
from tui.context import Context, team_connection
from tui.present.text import age, plural

if TYPE_CHECKING:
    from data.store.mirror import Mirror
    from data.store.place import Place

PATIENCE = 3.0
"""Seconds that a command waits for a team's store before it goes on with what is here."""
LEAVING = 3.0
"""Seconds that what a command wrote may take to get to the team's store."""


@contextlib.asynccontextmanager
async def joined(context: Context) -> AsyncIterator[Context]:
    """The session with its file equal to the team's store, and kept so; as it is where there is no team's store."""
    if not context.place.team:
        yield context
        return
    from data.engine.process import owner_name
    from data.store.mirror import Mirror, MirrorTiming, status

    # What the mirror has to say is said here, once.
    logging.getLogger("data.store.mirror").addHandler(logging.NullHandler())
    place = context.place
    timing = MirrorTiming(log_bytes=context.settings.logs.quota or sys.maxsize)
    mirror = Mirror(context.store, context.logs, place.url, place=place.shown, owner=owner_name(), timing=timing)
    copying: asyncio.Task[None] | None = None
    try:
        reached = await mirror.catch_up(PATIENCE)
        if not reached:
            say(await away(context))
        elif not mirror.complete and (await status(place.file)).filling:
            say(f"older records are still on their way from {place.shown}: what follows may not be all")
        copying = asyncio.create_task(mirror.run())
        yield replace(context, mirror=mirror)
        await _send(mirror, place, reached=reached)
    finally:
        if copying is not None:
            copying.cancel()
            await asyncio.wait([copying])
        await mirror.close()


async def _send(mirror: Mirror, place: Place, *, reached: bool) -> None:
    """Have the team's store told what was written meanwhile, or say that it waits."""
    from data.store.mirror import status

    waiting = (await status(place.file)).waiting
    if waiting and not (reached and await mirror.catch_up(LEAVING)):
        say(f"{plural(waiting, 'change')} waiting here; Lineside sends them when it runs and {place.shown} is back")


async def away(context: Context) -> str:
    """What to say of a team's store that does not answer: why, and how old is what is shown instead."""
    known = await team_connection(context.store)
    then = known.last_success if known is not None else None
    old = f"this is from {age(then, datetime.now(UTC))} ago" if then else "nothing was copied from it yet"
    if known is not None and known.state not in {"offline", "unknown", "ok"}:
        return f"{known.last_error}: {old}"
    return f"the team store {context.place.shown} is away: {old}"
