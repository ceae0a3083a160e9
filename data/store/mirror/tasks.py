"""Tasks that end together. A group of asyncio's forgets that it was cancelled where a task answers with an error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Any number of tasks; `close` ends all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin one more."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        return task

    def check(self) -> None:
        """Raise what went wrong in one of them."""
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            if not task.cancelled():
                task.result()

    async def wait(self) -> None:
        """Return when all have ended; raise as soon as something goes wrong in one of them."""
        if self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        self.check()

    async def close(self) -> None:
        """Cancel all and wait for their ends, whatever they say to it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def together(*work: Coroutine[Any, Any, None]) -> None:
    """Do all of it at the same time; when something goes wrong in one, or this is cancelled, all are."""
    tasks = Tasks()
    for one in work:
        tasks.start(one)
    try:
        await tasks.wait()
    finally:
        await tasks.close()
