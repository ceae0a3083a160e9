"""Who has the values of a launch's secret variables: they are in the memory of one engine, and never in the store.

That engine says so, as an `Interest`; the one that works on the project hands it over then.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from data.engine.secrets import Secrets
from data.engine.timing import Timing
from data.model import Command, Interest
from data.model.vocabulary import COMMAND_OPEN
from data.store.port import Store

TOPIC: Final = "secrets"
"""Topic of a notice, as `secrets:<command id>`."""
LASTS: Final = timedelta(seconds=10)
"""How long a notice holds unless it is repeated."""
GONE: Final = 600.0
"""Seconds after which values are dropped whose command never came."""


class Notices:
    """Says which values this engine holds, for as long as their commands wait."""

    def __init__(self, store: Store, owner: str, secrets: Secrets, timing: Timing) -> None:
        self._store, self._owner, self._secrets, self._timing = store, owner, secrets, timing

    async def run(self) -> None:
        """Say so until cancelled."""
        while True:
            if held := self._secrets.held:
                await self._tell(held)
            await asyncio.sleep(self._timing.interests)

    async def _tell(self, held: dict[str, float]) -> None:
        commands = await self._store.get_many(Command, sorted(held))
        expires = datetime.now(UTC) + LASTS
        notices = []
        for id, age in held.items():
            command = commands.get(id)
            if age > GONE if command is None else command.state not in COMMAND_OPEN:
                self._secrets.forget(id)
            elif command is not None:
                name = f"{self._owner}:{TOPIC}:{id}"
                notices.append(Interest(id=name, viewer=self._owner, topic=f"{TOPIC}:{id}", expires=expires))
        if notices:
            await self._store.watch(notices)
