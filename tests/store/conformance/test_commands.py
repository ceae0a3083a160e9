"""The outbox: every command goes to one engine, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from data.model import Command
from data.store.amending import amend
from data.store.port import Sort, Store
from tests.store.conftest import Factory
from tests.store.samples import NOON, changed, command

HERE = ("gitlab:1",)


async def test_submitting_twice_changes_nothing(store: Store) -> None:
    await store.submit(command("a", title="first"))
    before = await store.revision()
    await store.submit(command("a", title="second"))
    assert await store.revision() == before
    assert await store.get(Command, "a") == command("a", title="first")


async def test_many_are_submitted_together(store: Store) -> None:
    await store.submit(command("b", title="first"))
    await store.submit(command("a"), command("b", title="second"), command("c"))
    found = await store.get_many(Command, ["a", "b", "c"])
    usual = command("a").title
    assert {id_: one.title for id_, one in found.items()} == {"a": usual, "b": "first", "c": usual}
    await store.submit()
    assert len(await store.claim("engine-1", HERE, limit=9)) == 3


async def test_the_oldest_of_the_wanted_projects_is_claimed_first(store: Store, factory: Factory) -> None:
    for number, name in enumerate("dcba"):
        await store.submit(command(name, created=NOON + timedelta(seconds=number)))
    await store.submit(command("elsewhere", project_id="gitlab:2", created=NOON - timedelta(days=1)))
    factory.pass_time(60)
    first = await store.claim("engine-1", HERE)
    assert [(one.id, one.state, one.owner, one.sent, one.attempts) for one in first] == [
        ("d", "sending", "engine-1", NOON + timedelta(seconds=60), 1)
    ]
    assert await store.get(Command, "d") == first[0]
    assert [one.id for one in await store.claim("engine-1", (*HERE, "gitlab:3"), limit=2)] == ["c", "b"]
    assert [one.id for one in await store.claim("engine-2", HERE, limit=10)] == ["a"]
    assert await store.claim("engine-1", HERE, limit=10) == []
    assert await store.claim("engine-1", (), limit=10) == []


async def test_two_engines_never_get_the_same_command(store: Store, other: Store) -> None:
    for number in range(60):
        await store.submit(command(f"c{number}"))

    async def work(engine: Store, owner: str) -> list[str]:
        mine: list[str] = []
        while claimed := await engine.claim(owner, HERE, limit=3):
            mine += [one.id for one in claimed]
            await asyncio.sleep(0)
        return mine

    first, second = await asyncio.gather(work(store, "engine-1"), work(other, "engine-2"))
    assert len(first) + len(second) == 60
    assert set(first) | set(second) == {f"c{number}" for number in range(60)}


async def test_the_owner_settles(store: Store, other: Store) -> None:
    await store.submit(command("a"))
    (mine,) = await store.claim("engine-1", HERE)
    assert await other.settle(changed(mine, owner="engine-2", state="done")) is False
    assert await store.settle(changed(mine, state="done", result_id="gitlab:1:7"))
    stored = await other.get(Command, "a")
    assert stored is not None and (stored.state, stored.result_id, stored.owner) == ("done", "gitlab:1:7", "engine-1")


async def test_what_was_never_claimed_cannot_be_settled(store: Store) -> None:
    assert await store.settle(command("a", owner="engine-1", state="done")) is False
    await store.submit(command("b"))
    assert await store.settle(command("b", state="done")) is False
    assert await store.get(Command, "a") is None
    assert await store.get(Command, "b") == command("b")


async def test_a_command_can_be_put_back_in_the_queue(store: Store) -> None:
    await store.submit(command("a"))
    (mine,) = await store.claim("engine-1", HERE)
    assert await store.settle(changed(mine, state="queued", owner="", answer="waits")) is False
    assert await store.settle(changed(mine, state="queued", answer="waits for a free place"))
    assert [one.owner for one in await store.claim("engine-2", HERE)] == ["engine-2"]
    assert await store.settle(changed(mine, state="done")) is False


async def test_what_a_dead_engine_left_is_adopted(store: Store, other: Store) -> None:
    for name in "abc":
        await store.submit(command(name))
    (dead,) = await store.claim("engine-1", HERE)
    (kept,) = await other.claim("engine-2", HERE)
    assert [one.id for one in await other.adopt("engine-2", HERE)] == [dead.id]
    assert await other.adopt("engine-2", HERE) == []
    assert await store.settle(changed(dead, state="done")) is False
    assert await other.settle(changed(dead, state="unknown", owner="engine-2"))
    assert await other.settle(changed(kept, state="done"))
    queued = await store.get(Command, "c")
    assert queued is not None and queued.state == "queued"


async def test_only_a_queued_command_is_withdrawn(store: Store, other: Store, factory: Factory) -> None:
    await store.submit(command("a"))
    await store.submit(command("b", created=NOON + timedelta(seconds=1)))
    await store.claim("engine-1", HERE)
    factory.pass_time(5)
    assert await other.withdraw("a") is False
    assert await other.withdraw("b") is True
    assert await other.withdraw("b") is False
    assert await other.withdraw("missing") is False
    assert await store.claim("engine-1", HERE) == []
    stored = await store.get(Command, "b")
    assert stored is not None and (stored.state, stored.finished) == ("withdrawn", NOON + timedelta(seconds=5))


async def test_either_withdrawn_or_claimed(store: Store, other: Store) -> None:
    for number in range(30):
        name = f"c{number}"
        await store.submit(command(name))
        claimed, withdrawn = await asyncio.gather(store.claim("engine-1", HERE), other.withdraw(name))
        assert bool(claimed) != withdrawn


async def test_commands_move_the_revision(store: Store, other: Store) -> None:
    seen = await other.revision()
    await store.submit(command("a"))
    assert (await other.changes(seen)).put == {Command: {"a"}}
    seen = await other.revision()
    await store.claim("engine-1", HERE)
    assert (await other.changes(seen)).put == {Command: {"a"}}


async def test_a_place_goes_before_the_time_at_which_it_was_made(store: Store) -> None:
    for number, name in enumerate("abc"):
        await store.submit(command(name, created=NOON + timedelta(seconds=number)))
    last = command("c", created=NOON + timedelta(seconds=2))
    assert await store.amend(changed(last, place=NOON.timestamp() + 0.5), was=last)
    listed = await store.page(Command, where={"state": "queued"}, sort=Sort("place"))
    assert [one.id for one in listed.records] == ["a", "c", "b"]
    assert [one.id for one in await store.claim("engine-1", HERE, limit=10)] == ["a", "c", "b"]


async def test_only_the_named_ones_are_claimed(store: Store) -> None:
    for number, name in enumerate("abcd"):
        await store.submit(command(name, created=NOON + timedelta(seconds=number)))
    await store.withdraw("b")
    found = await store.claim("engine-1", HERE, limit=10, ids=["d", "b", "nothing", "c"])
    assert [one.id for one in found] == ["c", "d"]
    assert await store.claim("engine-1", HERE, limit=10, ids=[]) == []
    assert [one.id for one in await store.claim("engine-1", HERE, limit=10)] == ["a"]


async def test_what_waits_can_be_amended(store: Store, other: Store) -> None:
    await store.submit(command("a"))
    waiting = command(
        "a", held="ada", not_before=NOON + timedelta(hours=1), after="gitlab:1:7", after_status="finished"
    )
    assert await store.amend(waiting, was=command("a"))
    assert await other.amend(command("a", why="late"), was=command("a")) is False
    assert await other.get(Command, "a") == waiting
    (mine,) = await other.claim("engine-1", HERE)
    assert mine.held == "ada"
    assert await store.amend(command("a", held=""), was=waiting) is False
    assert await store.amend(command("nobody"), was=command("nobody")) is False
    assert await store.get(Command, "a") == mine
    back = changed(mine, state="queued")
    assert await other.settle(back)
    assert await store.amend(changed(mine, state="done"), was=back) is False
    assert await store.amend(changed(back, held=""), was=back)


async def test_changes_of_several_at_once_are_all_kept(store: Store, other: Store) -> None:
    await store.submit(command("a"))
    changes = [
        amend(store, "a", lambda now: changed(now, held="ada")),
        amend(other, "a", lambda now: changed(now, place=7.0)),
        amend(store, "a", lambda now: changed(now, answer="waits")),
    ]
    assert None not in await asyncio.gather(*changes)
    stored = await other.get(Command, "a")
    assert stored is not None and (stored.held, stored.place, stored.answer) == ("ada", 7.0, "waits")
    await store.withdraw("a")
    assert await amend(store, "a", lambda now: changed(now, held="")) is None
