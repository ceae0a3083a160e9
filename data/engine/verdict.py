"""What can become of a command, and how its parts say so."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from data.model import Command


class Done(NamedTuple):
    """It was carried out: what to tell, and the record that came of it."""

    answer: str
    result_id: str = ""


class Wait(Exception):
    """It cannot go now; `reason` is for people, `seconds` until it is worth another look."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


class Rejected(Exception):
    """It will not be carried out; `reason` is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Undecided(Exception):
    """Whether the server carried it out cannot be found out; `reason` says what to check."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Handler(Protocol):
    """Carries out one kind of command."""

    async def hold(self, command: Command) -> str:
        """Why a queued command must wait, as far as can be told without asking anybody; empty when it may go."""
        ...

    async def perform(self, command: Command) -> Done:
        """Carry it out; exactly one request may change the server.

        Raises:
            Wait, Rejected: nothing was changed.
            SourceError: what the server or the network said.
        """
        ...

    async def check(self, command: Command) -> Done | None:
        """Whether a request whose answer was lost took effect; None when not, so far.

        Raises:
            Undecided: it cannot be told.
            SourceError: the server cannot be asked now.
        """
        ...

    async def dropped(self, command: Command) -> None:
        """It was refused: undo what was prepared for it."""
        ...
