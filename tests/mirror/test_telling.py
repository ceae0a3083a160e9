"""What viewers write here reaches the team store once, whatever goes wrong on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from data.errors import StoreError, StoreReadOnly
from data.model import Command, Connection, Record, Session, View
from data.store.amending import amend
from data.store.mirror import Mirror, status
from data.store.mirror.local import Local
from data.store.mirror.team import Team
from data.store.port import Store
from data.store.sqlite.store import open_sqlite
from tests.mirror.conftest import ASKED, FAST, Here, Leaving, SqliteTeam, until
from tests.store.samples import NOON, changed, command

VIEW = View(id="ada:runs:mine", screen="runs", name="mine", by="ada", filter="status:failed", updated=NOON)


async def state_is(store: Store, id_: str, state: str) -> bool:
    found = await store.get(Command, id_)
    return found is not None and found.state == state


async def same(store: Store, record: Record) -> bool:
    return await store.get(type(record), record.id) == record


async def caught_up(here: Here) -> None:
    """A command's mirror: it catches up, and ends."""
    mirror = await here.mirror()
    try:
        assert await mirror.catch_up(20)
    finally:
        await mirror.close()
        await mirror._local.store.close()


async def test_a_command_goes_there_and_what_becomes_of_it_comes_back(any_here: Here, any_theirs: Store) -> None:
    asked = command("c1", title="cancel churn #4312", by="ada")
    async with any_here.running():
        await any_here.store.submit(asked)
        await until(lambda: same(any_theirs, asked))
        taken = (await any_theirs.claim("engine", ["gitlab:1"]))[0]
        await until(lambda: state_is(any_here.store, "c1", "sending"))
        assert not await any_here.store.withdraw("c1")
        assert await any_theirs.settle(changed(taken, state="done", answer="ok"))
        await until(lambda: state_is(any_here.store, "c1", "done"))
    assert (await status(any_here.path)).waiting == 0


async def test_a_command_is_changed_and_taken_back(any_here: Here, any_theirs: Store) -> None:
    async with any_here.running():
        for name in ("c1", "c2"):
            await any_here.store.submit(command(name))
            await until(partial(state_is, any_theirs, name, "queued"))
        await amend(any_here.store, "c1", lambda one: changed(one, place=5.0))
        await until(lambda: same(any_theirs, command("c1", place=5.0)))
        assert await any_here.store.withdraw("c2")
        await until(lambda: state_is(any_theirs, "c2", "withdrawn"))


async def test_changes_of_two_viewers_to_one_command_are_both_kept(here: Here, theirs: Store) -> None:
    await theirs.submit(command("c1"))
    await caught_up(here)
    await amend(here.store, "c1", lambda one: changed(one, place=5.0))
    await amend(theirs, "c1", lambda one: changed(one, held="bo"))
    await caught_up(here)
    both = command("c1", place=5.0, held="bo")
    assert await theirs.get(Command, "c1") == both
    await caught_up(here)
    assert await here.store.get(Command, "c1") == both


async def test_what_an_engine_took_is_not_taken_back_any_more(here: Here, theirs: Store) -> None:
    await theirs.submit(command("c1"))
    await caught_up(here)
    await theirs.claim("engine", ["gitlab:1"])
    assert await here.store.withdraw("c1")
    await caught_up(here)
    assert await state_is(here.store, "c1", "sending") and await state_is(theirs, "c1", "sending")


async def test_a_command_that_was_taken_back_before_anybody_heard_of_it_is_never_sent(
    here: Here, theirs: Store
) -> None:
    await here.store.submit(command("c1"))
    await here.store.withdraw("c1")
    await caught_up(here)
    assert await state_is(theirs, "c1", "withdrawn")
    assert await theirs.claim("engine", ["gitlab:1"]) == []


async def test_what_a_viewer_changes_while_the_team_store_is_told_of_it_is_told_next(here: Here) -> None:
    local = Local(await open_sqlite(here.path))
    await local.open()
    first, second = command("c1"), command("c1", place=5.0)
    await here.store.submit(first)
    await amend(here.store, "c1", lambda one: second)
    await local.agree(Command, "c1", first, first)  # the answer to what was told before that
    assert await here.store.get(Command, "c1") == second
    _, waiting = await local.pending(0)
    assert [(one.here, one.agreed) for one in waiting] == [(second, first)]
    await here.store.withdraw("c1")
    await local.agree(Command, "c1", first, changed(first, state="sending", owner="engine"))
    assert await state_is(here.store, "c1", "sending")
    newer = changed(VIEW, filter="newer", updated=NOON + timedelta(minutes=1))
    await here.store.put([newer])
    await local.agree(View, VIEW.id, VIEW, VIEW)
    assert await same(here.store, newer)
    await local.close()
    await local.store.close()


async def test_the_newer_of_two_views_and_sessions_wins(here: Here, theirs: Store) -> None:
    session = Session(id="ada", user_id="ada", time=NOON, screen="runs")
    await here.store.put([VIEW, session])
    await caught_up(here)
    assert await same(theirs, VIEW) and await same(theirs, session)
    later = NOON + timedelta(minutes=1)
    mine, other = changed(VIEW, filter="mine", updated=later), changed(VIEW, filter="other", updated=NOON)
    elsewhere = changed(session, screen="queue", time=later)
    await theirs.put([other, elsewhere])
    await here.store.put([mine, changed(session, screen="health")])
    await caught_up(here)
    await caught_up(here)
    for store in (here.store, theirs):
        assert await store.get(View, VIEW.id) == mine
        assert await store.get(Session, "ada") == elsewhere


async def test_views_are_deleted_on_both_sides_unless_somebody_changed_them(here: Here, theirs: Store) -> None:
    views = [changed(VIEW, id=f"ada:runs:{name}", name=name) for name in ("a", "b", "c", "d")]
    await here.store.put(views)
    await caught_up(here)
    newer = [changed(one, filter="newer", updated=NOON + timedelta(minutes=1)) for one in views]
    await here.store.delete(View, ["ada:runs:a", "ada:runs:b"])
    await theirs.delete(View, ["ada:runs:c", "ada:runs:d"])
    await theirs.put([newer[1]])
    await here.store.put([newer[3]])
    await caught_up(here)
    await caught_up(here)
    for store in (here.store, theirs):
        assert set((await store.page(View)).records) == {newer[1], newer[3]}


async def test_what_is_asked_for_offline_waits_and_is_told_once(here: Here, team: SqliteTeam, theirs: Store) -> None:
    async with here.running():
        await until(lambda: connection_is(here, "ok"))
        team.away = "the store mongo team.example/lineside does not answer"
        told = await until(lambda: connection_is(here, "offline"))
        assert told.last_error == team.away and told.offline_since is not None
        for number in range(20):
            await here.store.submit(command(f"c{number}"))
        await here.store.put([VIEW])
        await here.store.withdraw("c3")
        assert (await status(here.path)).waiting == 21
        assert await theirs.count(Command) == 0
        team.away = ""
        await until(lambda: connection_is(here, "ok"))
        await until(lambda: same(theirs, VIEW))
    states = Counter(one.state for one in (await theirs.page(Command)).records)
    assert states == {"queued": 19, "withdrawn": 1}
    assert (await status(here.path)).waiting == 0


async def connection_is(here: Here, state: str) -> Connection | None:
    found = await here.store.get(Connection, "store")
    return found if found is not None and found.state == state else None


async def test_who_may_only_read_reads_on_and_is_told_why_nothing_is_sent(
    here: Here, team: SqliteTeam, theirs: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(self: object, command: Command) -> None:
        raise StoreReadOnly("the user may not write to the store", hint="give the user the role readWrite")

    monkeypatch.setattr(Leaving, "submit", refused)
    async with here.running():
        await here.store.submit(command("c1"))
        told = await until(lambda: connection_is(here, "error"))
        assert (told.last_error, told.can_write) == ("the user may not write to the store", False)
        await theirs.put([VIEW])
        await until(lambda: same(here.store, VIEW))
    assert (await status(here.path)).waiting == 1


class Breaking(Leaving):
    """A store whose connection breaks at the n-th call: before it, or when it has done everything but answer."""

    left = -1
    late = False

    def __getattribute__(self, name: str) -> Any:
        found: Any = super().__getattribute__(name)
        return self._broken(found) if name in ASKED else found

    def _broken(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def called(*args: Any, **kwargs: Any) -> Any:
            Breaking.left -= 1
            if Breaking.left == 0 and not Breaking.late:
                raise StoreError("cut off")
            done = await call(*args, **kwargs)
            if Breaking.left == 0:
                raise StoreError("cut off")
            return done

        return called


async def breaking(team: SqliteTeam) -> Team:
    """The team's store with a connection that breaks."""
    usual = await team.connect()
    await usual.store.close()
    assert isinstance(usual.store, Leaving)
    return usual._replace(store=Breaking(usual.store.path, team))


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
async def test_wherever_the_connection_breaks_everything_is_told_once(
    here: Here, team: SqliteTeam, theirs: Store, late: bool
) -> None:
    """A new process goes on each time, while an engine takes what it gets."""
    Breaking.late = late
    sent: Counter[str] = Counter()
    for number in range(1, 24):
        await here.store.submit(command(f"c{number}", place=number))
        await here.store.put([changed(VIEW, filter=f"{number}", updated=NOON + timedelta(seconds=number))])
        if number % 3 == 0:
            await here.store.withdraw(f"c{number - 2}")
        if number % 4 == 0:
            await amend(here.store, f"c{number - 1}", lambda one: changed(one, why="soon"))
        mirror = await cut_off(here, team, number)
        await carry_out(theirs, sent, 1)
        await mirror.close()
        await mirror._local.store.close()
    await caught_up(here)
    await carry_out(theirs, sent, 100)
    await caught_up(here)
    assert set(sent.values()) == {1}
    mine, others = await here.store.page(Command, limit=1000), await theirs.page(Command, limit=1000)
    assert mine.records == others.records and len(mine.records) == 23
    assert {one.id for one in mine.records if one.state == "done"} == set(sent)
    assert (await here.store.page(View)).records == (await theirs.page(View)).records


async def carry_out(theirs: Store, sent: Counter[str], most: int) -> None:
    """An engine sends what waits."""
    for taken in await theirs.claim("engine", ["gitlab:1"], limit=most):
        sent[taken.id] += 1
        assert await theirs.settle(changed(taken, state="done"))


async def cut_off(here: Here, team: SqliteTeam, calls: int) -> Mirror:
    """A mirror that catches up until its connection breaks at a call."""
    mirror = await here.mirror(FAST)

    async def opened() -> Team:
        return await breaking(team)

    mirror._open_team = opened
    Breaking.left = calls
    await mirror.catch_up(20)
    Breaking.left = -1
    return mirror
