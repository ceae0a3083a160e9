"""Leases with their fencing tokens, and interests."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from data.errors import StoreError
from data.model import Interest, Lease, PipelineRun
from data.store.port import Store
from tests.store.conftest import Factory
from tests.store.samples import NOON, run


async def test_a_lease_has_one_owner_until_it_expires(store: Store, other: Store, factory: Factory) -> None:
    first = await store.lease("gitlab:1", "engine-1", host="box", seconds=10)
    assert first is not None
    assert (first.owner, first.host, first.expires) == ("engine-1", "box", NOON + timedelta(seconds=10))
    assert await other.lease("gitlab:1", "engine-2", seconds=10) is None
    assert await other.lease("gitlab:2", "engine-2", seconds=10) is not None
    factory.pass_time(9)
    renewed = await store.lease("gitlab:1", "engine-1", seconds=10)
    assert renewed is not None and renewed.token == first.token and renewed.expires == NOON + timedelta(seconds=19)
    factory.pass_time(9)
    assert await other.lease("gitlab:1", "engine-2") is None
    factory.pass_time(1)
    taken = await other.lease("gitlab:1", "engine-2")
    assert taken is not None and taken.owner == "engine-2" and taken.token > first.token
    assert await store.lease("gitlab:1", "engine-1") is None


async def test_two_engines_at_once_get_one_lease(store: Store, other: Store) -> None:
    for number in range(30):
        got = await asyncio.gather(store.lease(f"l{number}", "engine-1"), other.lease(f"l{number}", "engine-2"))
        assert sum(lease is not None for lease in got) == 1


async def test_tokens_grow_even_after_a_release(store: Store, other: Store) -> None:
    tokens: list[int] = []
    for owner in ("engine-1", "engine-2", "engine-2", "engine-1"):
        lease = await store.lease("l", owner)
        assert lease is not None
        tokens.append(lease.token)
        await other.release("l", "nobody")
        await other.release("missing", owner)
        await store.release("l", owner)
    assert tokens == sorted(set(tokens))


async def test_a_release_of_somebody_else_does_nothing(store: Store, other: Store) -> None:
    mine = await store.lease("l", "engine-1")
    await other.release("l", "engine-2")
    assert await other.lease("l", "engine-2") is None
    again = await store.lease("l", "engine-1")
    assert mine is not None and again is not None and again.token == mine.token


async def test_a_fenced_write_goes_through_while_the_lease_is_held(store: Store, factory: Factory) -> None:
    lease = await store.lease("l", "engine-1", seconds=5)
    assert await store.put([run(1)], fence=lease) == 1
    factory.pass_time(60)
    assert await store.put([run(2)], fence=lease) == 1, "expired, but nobody took it"
    assert await store.delete(PipelineRun, [run(1).id, run(9).id], fence=lease) == 1


@pytest.mark.parametrize("lost", ["taken", "released", "taken and given back"])
async def test_a_late_write_of_a_former_owner_is_refused(
    store: Store, other: Store, factory: Factory, lost: str
) -> None:
    lease = await store.lease("l", "engine-1", seconds=5)
    factory.pass_time(6)
    if lost == "released":
        await store.release("l", "engine-1")
    else:
        assert await other.lease("l", "engine-2") is not None
    if lost == "taken and given back":
        await other.release("l", "engine-2")
        assert await store.lease("l", "engine-1") is not None
    await other.put([run(2)])
    before = await store.revision()
    with pytest.raises(StoreError, match="lease `l`"):
        await store.put([run(1)], fence=lease)
    with pytest.raises(StoreError, match="lease `l`"):
        await store.delete(PipelineRun, [run(2).id], fence=lease)
    assert await store.revision() == before
    assert [one.id for one in (await store.page(PipelineRun)).records] == [run(2).id]


async def test_leases_are_no_change(store: Store) -> None:
    before = await store.revision()
    await store.lease("l", "engine-1")
    await store.release("l", "engine-1")
    assert await store.revision() == before
    assert (await store.changes(0)).put.get(Lease) is None


async def test_interests_last_as_long_as_they_say(store: Store, other: Store, factory: Factory) -> None:
    def interest(topic: str, seconds: int) -> Interest:
        return Interest(id=f"v:{topic}", viewer="v", topic=topic, expires=factory.now + timedelta(seconds=seconds))

    before = await store.revision()
    await store.watch([interest("projects", 10), interest("run:1", 5)])
    assert [one.topic for one in await other.interests(factory.now)] == ["projects", "run:1"]
    factory.pass_time(6)
    assert [one.topic for one in await other.interests(factory.now)] == ["projects"]
    await store.watch([interest("projects", 10)])
    await store.watch([])
    assert await store.count(Interest) == 1, "expired ones are swept"
    factory.pass_time(9)
    assert [one.topic for one in await other.interests(factory.now)] == ["projects"]
    factory.pass_time(1)
    assert await other.interests(factory.now) == []
    assert await other.revision() == before
    assert (await other.changes(0)).put == {}
