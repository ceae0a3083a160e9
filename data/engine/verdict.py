"""What can become of a command, and how its parts say so."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from data.model import Command

HAD_ENDED: Final = "it had ended already"
"""Beginning of the answer where there was nothing left to end."""
NOTHING_TO_RETRY: Final = "there was nothing to retry"
"""Beginning of the answer where nothing had failed."""


class Done(NamedTuple):
    """It was carried out: what to tell, and the record that came of it."""

    answer: str
    result_id: str = ""


def had_no_effect(command: Command) -> bool:
    """Whether a command was done with because there was nothing to do."""
    return command.state == "done" and command.answer.startswith((HAD_ENDED, NOTHING_TO_RETRY))


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


class Immediate:
    """The part of a handler whose commands go at once and prepare nothing."""

    async def hold(self, command: Command) -> str:
        """Nothing holds it."""
        del command
        return ""

    async def dropped(self, command: Command) -> None:
        """Nothing was prepared."""
