"""A call of the driver goes on when nobody waits for it any more: the driver does not outlive cancellations."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from pymongo.errors import InvalidOperation
from pymongo.lock import _async_cond_wait, _async_create_condition, _async_create_lock

from data.store.mongo.calls import MOMENT, Calls, Client

LIMIT = 5.0
"""Seconds after which something counts as hanging."""


class Connections:
    """As much of a client as closing needs."""

    closed = False

    async def close(self) -> None:
        """Close them."""
        self.closed = True


async def test_whoever_is_told_to_end_ends_and_the_call_goes_on() -> None:
    calls, go_on, done = Calls(), asyncio.Event(), asyncio.Event()

    async def call() -> None:
        await go_on.wait()
        done.set()

    task = asyncio.create_task(calls.run(call()))
    await asyncio.sleep(0)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    async with asyncio.timeout(LIMIT):
        await done.wait()


async def test_a_time_limit_stays_one() -> None:
    calls = Calls()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await calls.run(asyncio.sleep(0.05))


async def test_results_and_errors_come_to_whoever_waits() -> None:
    async def wrong() -> None:
        raise ValueError("wrong")

    calls = Calls()
    assert await calls.run(asyncio.sleep(0, "an answer")) == "an answer"
    with pytest.raises(ValueError, match="wrong"):
        await calls.run(wrong())


@pytest.mark.parametrize("turns", range(4))
async def test_no_lock_of_the_driver_stays_taken(turns: int) -> None:
    """The limit of a wait is reached while another has the lock; the waiter is told to end as that lets go of it."""
    calls, lock, let_go = Calls(), _async_create_lock(), asyncio.Event()
    condition = _async_create_condition(lock)

    async def waits() -> None:
        async with lock:
            await _async_cond_wait(condition, 0.01)

    async def holds() -> None:
        async with lock:
            await let_go.wait()

    waiter = asyncio.create_task(calls.run(waits()))
    while not lock.locked():
        await asyncio.sleep(0)
    holder = asyncio.create_task(holds())
    await asyncio.sleep(0.05)
    waiter.cancel()
    for _ in range(turns):
        await asyncio.sleep(0)
    let_go.set()
    await asyncio.wait({waiter})
    await holder
    async with asyncio.timeout(LIMIT), lock:
        pass


async def test_what_does_not_end_with_its_connections_is_ended() -> None:
    calls, client = Calls(), Connections()
    waiting = asyncio.create_task(calls.run(asyncio.Event().wait()))
    await asyncio.sleep(0)
    async with asyncio.timeout(LIMIT):
        await calls.close(cast(Client, client))
        with pytest.raises(InvalidOperation):
            await waiting
    assert client.closed


def test_the_end_of_the_event_loop_waits_for_calls_but_not_for_ever() -> None:
    ended: list[str] = []
    client = Connections()

    async def call() -> None:
        await asyncio.sleep(MOMENT / 4)
        ended.append("by itself")

    async def main() -> None:
        calls = Calls()
        others = [asyncio.create_task(calls.run(work)) for work in (call(), asyncio.Event().wait())]
        await asyncio.sleep(0)
        for other in others:
            other.cancel()
        calls.close_soon(cast(Any, client))

    asyncio.run(main())
    assert ended == ["by itself"] and client.closed
