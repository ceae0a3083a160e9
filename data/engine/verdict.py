"""What can become of a command, and how its parts say so."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
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


class Hold(NamedTuple):
    """Why a queued command stays where it is."""

    reason: str
    """For people, in words that stay the same while it waits for the same thing."""
    blocks: bool = False
    """Whether those behind it in its queue wait for it: it waits for a place, and nobody overtakes it."""
    seconds: float | None = None
    """Until it is worth another look; None for the usual pause."""


def had_no_effect(command: Command) -> bool:
    """Whether a command was done with because there was nothing to do."""
    return command.state == "done" and command.answer.startswith((HAD_ENDED, NOTHING_TO_RETRY))


class Wait(Exception):
    """It cannot go now; `reason` is for people, `seconds` until it is worth another look."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


class Later(Exception):
    """It was tried and failed, and is tried again after `seconds`, whichever engine is there then; this try counts."""

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

    def queue(self, command: Command) -> str:
        """Name of the queue whose order holds for it: one after the other; empty where commands go side by side.

        Raises:
            Rejected: the command cannot be read.
        """
        ...

    async def hold(self, command: Command) -> Hold | None:
        """Why a queued command must wait, as far as can be told without asking a server; None when it may go.

        Raises:
            Rejected: it will never go.
        """
        ...

    def turn(self, command: Command) -> AbstractAsyncContextManager[None]:
        """What is held while `hold` is asked for the last time and the command is carried out."""
        ...

    async def perform(self, command: Command) -> Done:
        """Carry it out; exactly one request may change the server.

        Raises:
            Wait, Later, Rejected: nothing was changed.
            Undecided: it was sent, and what came of it cannot be told.
            SourceError: what the server or the network said.
        """
        ...

    async def check(self, command: Command) -> Done | None:
        """Whether a request whose answer was lost took effect; None when not, so far.

        Raises:
            Later: it does no harm to send it once more.
            Undecided: it cannot be told.
            SourceError: the server cannot be asked now.
        """
        ...

    async def follow(self, command: Command) -> None:
        """Its state or its answer is a new one: bring what is written down of it up to date."""
        ...

    async def dropped(self, command: Command) -> None:
        """It was refused or taken back: undo what was prepared for it."""
        ...

    async def tidy(self) -> None:
        """The work begins: make good what an engine left undone that ended in the middle of it."""
        ...


class Immediate:
    """The part of a handler whose commands go at once and side by side, and prepare nothing."""

    def queue(self, command: Command) -> str:
        """None."""
        del command
        return ""

    async def hold(self, command: Command) -> Hold | None:
        """Nothing holds it."""
        del command
        return None

    def turn(self, command: Command) -> AbstractAsyncContextManager[None]:
        """Nothing is shared."""
        del command
        return nullcontext()

    async def follow(self, command: Command) -> None:
        """Nothing is written down of it."""

    async def dropped(self, command: Command) -> None:
        """Nothing was prepared."""

    async def tidy(self) -> None:
        """Nothing can have been left."""
