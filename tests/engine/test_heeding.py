"""A cancellation that the driver drops is kept."""

from __future__ import annotations

import asyncio

import pytest

from data.store.mongo.heeding import heeding


async def _drops(result: Exception | str) -> str:
    """As `asyncio.wait_for` does when an answer comes at the moment of the cancellation."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        if isinstance(result, Exception):
            raise result from None
    return str(result)


@pytest.mark.parametrize("result", ["an answer", ValueError("an error")])
async def test_whoever_is_told_to_end_ends(result: Exception | str) -> None:
    task = asyncio.create_task(heeding(_drops(result)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_time_limit_stays_one() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await heeding(_drops("an answer"))


async def test_what_is_done_after_a_cancellation_goes_through() -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            done.append(await heeding(asyncio.sleep(0, "tidied up")))

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["tidied up"]


async def test_the_work_is_told_to_end_only_once() -> None:
    """The driver's client does not outlive a second time."""
    told = 0
    left = asyncio.Event()

    async def work() -> None:
        nonlocal told
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told += 1
            await left.wait()

    task = asyncio.create_task(heeding(work()))
    await asyncio.sleep(0)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == 1
    left.set()


def test_the_end_of_the_event_loop_counts_as_well() -> None:
    """It tells every task, also one that was told before and is on its way out."""
    told = 0

    async def work() -> None:
        nonlocal told
        for _ in range(2):
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                told += 1

    async def main() -> None:
        task = asyncio.create_task(heeding(work()))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(main())
    assert told == 1
