"""What becomes of that which a store holds already when things are moved into it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from data.model import Command, Record

_PROGRESS: Final = ("queued", "sending", "unknown")
"""States of a command, the earlier ones first; every other one is further."""


class Mode(StrEnum):
    """What happens to what the store holds already."""

    NEW = "new"
    """There must be nothing but what an earlier move has brought."""
    ADD = "add"
    """It stays, and gets what it lacks."""
    OVERWRITE = "overwrite"
    """It becomes as in what is moved, as far as it is in that. Commands and logs only ever go forwards."""

    def keeps(self, record: Record, stored: Record) -> bool:
        """Whether what the store has under the id of a record stays although it differs."""
        if self is not Mode.OVERWRITE:
            return self is Mode.ADD
        return isinstance(record, Command) and isinstance(stored, Command) and _reached(stored) > _reached(record)

    def keeps_log(self, *, is_further: bool) -> bool:
        """Whether a log that differs stays; `is_further` where it only goes on behind the end of the other one."""
        return self is Mode.ADD or (self is Mode.OVERWRITE and is_further)


def _reached(command: Command) -> int:
    return _PROGRESS.index(command.state) if command.state in _PROGRESS else len(_PROGRESS)
