"""Brings up what is behind the first frame: configuration, store, feed and engine. Runs while the user reads."""

from __future__ import annotations

import asyncio
import importlib
import os
import socket
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from data.errors import LinesideError

if TYPE_CHECKING:
    from data.engine.process import EngineProcess
    from tui.context import Context
    from tui.dashboard import Dashboard
    from tui.feed import Feed

HEAVY = ("data.model", "sqlalchemy", "aiosqlite", "data.store.sqlite.store", "tui.context", "tui.feed")
"""Imported in a thread, one after the other, so that keys are answered in between."""


@dataclass
class Backend:
    """What was brought up, to be let go of again."""

    context: Context
    feed: Feed
    engine: EngineProcess | None = None

    async def close(self) -> None:
        """End the engine and close the store; well under a second."""
        if self.engine is not None:
            await asyncio.to_thread(self.engine.stop)
        await self.feed.close()


async def open_backend(app: Dashboard) -> Backend | None:
    """Open everything but the engine, or show why that cannot be; returns None then."""
    for module in HEAVY:
        await asyncio.to_thread(importlib.import_module, module)
    from tui.context import open_context
    from tui.feed import Feed

    context = None
    try:
        context = await open_context(app.options)
        if context is None:
            app.show_welcome()
            return None
        feed = Feed(context, f"{socket.gethostname()}-{os.getpid()}", app.changed, app.runs_ended)
        await feed.open()
    except BaseException as error:
        # Also when the user quits meanwhile: the store's threads would keep the process.
        if context is not None:
            await asyncio.shield(context.close())
        if not isinstance(error, LinesideError):
            raise
        app.show_trouble(error)
        return None
    _apply(app, context)
    return Backend(context, feed)


async def open_engine(app: Dashboard, backend: Backend) -> None:
    """Start an engine beside the dashboard, where that is wanted, and what mirrors a team's store in any case."""
    context = backend.context
    if not (app.options.engine or context.place.team):
        return
    from data.engine.process import spawn

    start = partial(spawn, context.config_path, place=context.place, engine=app.options.engine)
    try:
        backend.engine = await asyncio.to_thread(start)
    except (LinesideError, OSError) as error:
        app.say(f"the engine could not be started: {error}", "failed")


def _apply(app: Dashboard, context: Context) -> None:
    """Take over what the configuration says about the screen."""
    ui = context.settings.ui
    app.user = context.user
    app.read_only = context.read_only
    app.bell_rings, app.notifies, app.titled, app.start = ui.bell, ui.notify, ui.title, ui.start
    app.take_settings(context.settings)
