"""Changes a command that waits, whoever else changes it at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from data.model import Command
from data.store.port import Store

TRIES: Final = 20
"""How often a change is tried that others come before; each of these has changed something by then."""


async def amend(store: Store, id: str, change: Callable[[Command], Command]) -> Command | None:
    """Change a queued command and return it as it is then; None when it is not queued any more.

    `change` may be called again with a newer one.
    """
    for _ in range(TRIES):
        was = await store.get(Command, id)
        if was is None or was.state != "queued":
            return None
        now = change(was)
        if now == was or await store.amend(now, was=was):
            return now
    return None
