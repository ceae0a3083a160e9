"""Keeps cancellations that get lost on the way through the driver."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def heeding(work: Awaitable[T]) -> T:
    """The result of `work`, or the cancellation that came meanwhile.

    `asyncio.wait_for`, which pymongo uses, drops a cancellation that comes at the moment of an answer or of an error
    (Python 3.11, bpo-37658): whoever is told to end would go on.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    try:
        return await work
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
