"""Values of secret variables on their way from a form to one request: in memory only, used up by the first who asks."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Final

from data.config import Secret

MAX_WAITING: Final = 1000
"""Commands whose secrets are kept at a time; the oldest are dropped."""


class Secrets:
    """Secrets by command id."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, Secret]] = {}
        self._since: dict[str, float] = {}
        self._arrived = asyncio.Event()

    def give(self, command_id: str, values: dict[str, Secret]) -> None:
        """Keep the secrets of a command until it is sent."""
        while len(self._held) >= MAX_WAITING:
            self.forget(next(iter(self._held)))
        self._held[command_id] = values
        self._since[command_id] = time.monotonic()
        self._arrived.set()

    @property
    def held(self) -> dict[str, float]:
        """For how many seconds the values of each command have been here, by its id."""
        return {id: time.monotonic() - since for id, since in self._since.items()}

    async def take(self, command_id: str, keys: Sequence[str], seconds: float) -> dict[str, Secret] | None:
        """The values of all `keys`, waiting up to `seconds` for them; None when they do not come. They stay held."""
        try:
            async with asyncio.timeout(seconds):
                while not set(keys) <= set(self._held.get(command_id, {})):
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return None
        return {key: self._held[command_id][key] for key in keys}

    def forget(self, command_id: str) -> None:
        """Drop the secrets of a command that is over."""
        self._held.pop(command_id, None)
        self._since.pop(command_id, None)


def write_line(command_id: str, values: dict[str, Secret]) -> bytes:
    """The line that carries secrets to an engine's standard input."""
    revealed = {key: value.reveal() for key, value in values.items()}
    return json.dumps({"command": command_id, "secrets": revealed}).encode() + b"\n"


def read_line(line: bytes) -> tuple[str, dict[str, Secret]] | None:
    """What `write_line` wrote; None for anything else."""
    try:
        found = json.loads(line)
        return str(found["command"]), {str(key): Secret(str(value)) for key, value in found["secrets"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
