"""Tasks that nobody may wait for any more."""

from __future__ import annotations

import asyncio
from typing import Any


def note_end(task: asyncio.Future[Any]) -> None:
    """Look at how a task ended: whoever waits is told, and where nobody does, an error is no fault to complain of."""
    if not task.cancelled():
        task.exception()
