"""Runs a command's work with settings, store and logs open, and closes them whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from data.errors import ConfigError
from tui.cli.team import joined
from tui.context import Context, open_context
from tui.options import DashboardOptions

T = TypeVar("T")


def in_context(options: DashboardOptions, work: Callable[[Context], Awaitable[T]]) -> T:
    """The result of `work`, run on an event loop of its own."""

    async def run() -> T:
        context = await open_context(options)
        if context is None:
            raise no_configuration()
        try:
            async with joined(context) as session:
                return await work(session)
        finally:
            await context.close()

    return asyncio.run(run())


def no_configuration() -> ConfigError:
    """What to say where there is no configuration, and none can be found out."""
    return ConfigError(
        "there is no configuration yet, and this folder is no checkout of a GitLab project",
        hint="lineside demo shows Lineside without one; lineside config init writes one to start from",
    )
