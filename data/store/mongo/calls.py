"""Calls of the driver, kept from cancellations, which it cannot take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from pymongo import AsyncMongoClient
from pymongo.errors import InvalidOperation

from data.store.tasks import note_end

T = TypeVar("T")
Client = AsyncMongoClient[dict[str, Any]]

CLOSING: Final = 1.0
"""Seconds that closing the connections may take."""
MOMENT: Final = 0.2
"""Seconds that calls have to end by themselves when their connections are closed; and again when they are told to."""


class Unheeding(asyncio.Task[T]):
    """A task that is not told to end by those who wait for it, nor by the end of the event loop.

    pymongo waits for its conditions with `asyncio.wait_for`, whose limit cancels a task that takes the lock back. Where
    a cancellation from outside arrives meanwhile, nobody waits for that task any more (Python 3.11), the lock stays
    taken for ever, and with it the client; whoever waits for the lock then swallows every cancellation.
    """

    def cancel(self, msg: Any | None = None) -> bool:  # noqa: ARG002 - it makes no difference
        """No."""
        return False

    def give_up(self) -> None:
        """End it all the same, where the client is closed and its locks do not matter any more."""
        super().cancel()


class Calls:
    """The calls of one client. Each goes on to its end, or to a limit of the client, also when nobody waits for it."""

    def __init__(self) -> None:
        self._under_way: set[Unheeding[Any]] = set()

    def start(self, work: Awaitable[T]) -> Unheeding[T]:
        """Begin a call."""
        task = Unheeding(_result(work))
        self._under_way.add(task)
        task.add_done_callback(self._done)
        return task

    async def run(self, work: Awaitable[T]) -> T:
        """The result of a call. Whoever is told to end while it waits ends at once, and leaves the call to itself.

        Raises:
            InvalidOperation: the client was closed meanwhile.
        """
        task = self.start(work)
        await asyncio.wait({task})
        if task.cancelled():
            raise InvalidOperation("the connection was closed")
        return task.result()

    async def close(self, client: Client) -> None:
        """Close all connections, and see the end of what is under way: soon, also when the server is silent."""
        await asyncio.wait({self.start(client.close())}, timeout=CLOSING)
        await self._ended()
        for task in self._under_way:
            task.give_up()
        await self._ended()
        await asyncio.sleep(0)  # the event loop takes leave of connections on its next turn

    async def _ended(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=MOMENT)

    def close_soon(self, client: Client) -> None:
        """The same behind the scenes, for those who were told to end."""
        ending = Unheeding(self.close(client))
        _ENDING.add(ending)
        ending.add_done_callback(_ENDING.discard)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._under_way.discard(task)
        note_end(task)


_ENDING: Final[set[Unheeding[None]]] = set()
"""An event loop itself would forget them."""


async def _result(work: Awaitable[T]) -> T:
    return await work
