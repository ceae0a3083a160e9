"""Keeps the driver from cancellations that it cannot take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from data.store.tasks import note_end

T = TypeVar("T")


class ToldOnce(asyncio.Task[T]):
    """A task that is told to end only once, whoever tells it: the end of an event loop tells every task again."""

    def cancel(self, msg: Any | None = None) -> bool:
        """Whether it was told so now."""
        return self.cancelling() == 0 and super().cancel(msg)


async def _result(work: Awaitable[T]) -> T:
    return await work


async def heeding(work: Awaitable[T]) -> T:
    """The result of `work`. Whoever is told to end while it waits ends at once; the work is told so once, and left.

    pymongo waits for its conditions with `asyncio.wait_for`. Where that is cancelled a second time, for instance by a
    task group whose own group ends, a lock of the client stays taken for ever, and with it the client (Python 3.11:
    the condition takes the lock back in a task of its own, for which nobody waits any more). `wait_for` also drops a
    cancellation that comes at the moment of an answer (bpo-37658).
    """
    task = ToldOnce(_result(work))
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.add_done_callback(note_end)
        task.cancel()
        raise
    return task.result()
