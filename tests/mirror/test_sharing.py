"""Several processes and one file: one mirrors it at a time, and what they look at is told in one place."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data.errors import StoreError, UsageError
from data.model import Connection, Lease, PipelineRun, TestReport
from data.store.mirror import Mirror, status
from data.store.mirror.local import Displaced, Local
from data.store.mirror.lock import Lock
from data.store.mirror.team import Team
from data.store.port import Store
from data.store.sqlite.store import open_sqlite
from tests.mirror.conftest import FAST, PATIENCE, Here, Leaving, SqliteTeam, until
from tests.store.samples import command, run

REPORT = TestReport(id="gitlab:1:1", project_id="gitlab:1", total=3)


async def ended(mirror: Mirror) -> None:
    """Close a mirror with its file."""
    await mirror.close()
    await mirror._local.store.close()


async def owner(here: Here) -> str:
    return (await status(here.path)).owner


async def test_one_process_mirrors_and_another_one_goes_on_when_it_ends(
    here: Here, team: SqliteTeam, theirs: Store
) -> None:
    async with here.running():
        first = await until(lambda: owner(here))
        async with here.running():
            await theirs.put([run(1)])
            await until(lambda: here.store.get(PipelineRun, "gitlab:1:1"))
            assert await owner(here) == first and team.opened == 1
        assert await owner(here) == first
        second = await here.mirror()
        task = asyncio.create_task(second.run())
    await until(lambda: is_other(here, first))
    await theirs.put([run(2)])
    await until(lambda: here.store.get(PipelineRun, "gitlab:1:2"))
    task.cancel()
    await asyncio.wait([task])
    await ended(second)
    assert await owner(here) == ""


async def is_other(here: Here, first: str) -> bool:
    return await owner(here) not in ("", first)


async def test_a_process_that_stood_still_writes_nothing_any_more(here: Here, theirs: Store) -> None:
    local = Local(await open_sqlite(here.path))
    await local.open()
    local.fence = await local.store.lease("mirror", "slept", seconds=0)
    taken = await here.store.lease("mirror", "awake")
    assert taken is not None
    with pytest.raises(Displaced):
        await local.apply([run(1)], {})
    assert await here.store.get(PipelineRun, "gitlab:1:1") is None
    await local.close()
    await local.store.close()


async def test_a_mirror_whose_lease_another_process_took_stops_until_it_is_free(
    here: Here, theirs: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lock, "take", lambda self: False)  # as on a file system without locks
    async with here.running():
        await until(lambda: owner(here))
        held = await here.store.get(Lease, "mirror")
        assert held is not None
        await here.store.release("mirror", held.owner)
        assert await here.store.lease("mirror", "other", seconds=60)
        await theirs.put([run(1)])
        await until(lambda: is_displaced(here))
        await here.store.release("mirror", "other")
        await until(lambda: here.store.get(PipelineRun, "gitlab:1:1"))


async def is_displaced(here: Here) -> bool:
    """Nothing comes any more: the process has found out that the file is not its own."""
    return await owner(here) == "other" and await here.store.get(PipelineRun, "gitlab:1:1") is None


async def test_a_command_catches_up_and_says_when_it_could_not(here: Here, team: SqliteTeam, theirs: Store) -> None:
    await theirs.put([run(1)])
    team.away = "the store mongo team.example/lineside does not answer"
    mirror = await here.mirror()
    assert not await mirror.catch_up(5)
    told = await here.store.get(Connection, "store")
    assert told is not None and (told.state, told.last_error) == ("offline", team.away)
    team.away = ""
    assert await mirror.catch_up(20) and mirror.connected
    assert await here.store.get(PipelineRun, "gitlab:1:1") is not None
    await ended(mirror)


async def test_a_team_store_that_never_answers_costs_no_more_than_ones_patience(here: Here) -> None:
    async def opened() -> object:
        return await asyncio.Event().wait()

    mirror = await here.mirror()
    mirror._open_team = opened  # type: ignore[assignment]
    assert not await mirror.catch_up(0.1)
    told = await here.store.get(Connection, "store")
    assert told is not None and told.state == "offline"
    await ended(mirror)


async def test_beside_a_mirror_at_work_a_command_only_waits_for_it(here: Here, team: SqliteTeam, theirs: Store) -> None:
    await theirs.put([run(1), REPORT])
    async with here.running() as first:
        await until(lambda: is_done(first))
        await here.store.submit(command("c1"))
        mirror = await here.mirror()
        assert await mirror.catch_up(20)
        assert await theirs.count(type(command("c1"))) == 1
        assert await here.store.get(TestReport, REPORT.id) is None
        await mirror.bring(["tests:gitlab:1:1"])
        assert await here.store.get(TestReport, REPORT.id) == REPORT
        assert team.opened == 1
        team.away = "gone"
        await until(lambda: is_offline(here))
        assert not await mirror.catch_up(20)
        await ended(mirror)


async def is_done(mirror: Mirror) -> bool:
    return mirror.complete


async def is_offline(here: Here) -> bool:
    told = await here.store.get(Connection, "store")
    return told is not None and told.state == "offline"


async def test_a_command_brings_what_it_needs(here: Here, theirs: Store) -> None:
    await theirs.put([run(1), REPORT])
    mirror = await here.mirror()
    await mirror.bring(["tests:gitlab:1:1"])
    assert await here.store.get(TestReport, REPORT.id) is None
    assert await mirror.catch_up(20)
    await mirror.bring(["tests:gitlab:1:1", "a topic of a newer Lineside", "run:nowhere:1"])
    assert await here.store.get(TestReport, REPORT.id) == REPORT
    await ended(mirror)


async def test_what_viewers_look_at_is_told_while_they_do(here: Here, theirs: Store) -> None:
    async with here.running():
        await here.look_at("run:gitlab:1:1", "projects")
        told = await until(lambda: interests(theirs, 2))
        assert told == {"run:gitlab:1:1", "projects"}
        await here.look_away("projects")
        assert await until(lambda: interests(theirs, 1)) == {"run:gitlab:1:1"}
    assert await theirs.interests(datetime.now(UTC)) == []


async def interests(store: Store, count: int) -> set[str] | None:
    found = {one.topic for one in await store.interests(datetime.now(UTC))}
    return found if len(found) == count else None


async def test_interests_are_told_again_before_they_expire(here: Here, theirs: Store) -> None:
    async with here.running(replace(FAST, interest=0.6)):
        await here.look_at("projects")
        await until(lambda: interests(theirs, 1))
        later = datetime.now(UTC) + timedelta(seconds=1.5)
        await until(lambda: is_still_told(theirs, later))


async def is_still_told(store: Store, moment: datetime) -> bool:
    found = await store.interests(datetime.now(UTC))
    return any(one.expires > moment for one in found)


class Grumbling(Leaving):
    """A store whose driver answers with an error when it is cancelled."""

    async def news(self, after: int, *, poll: float) -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise StoreError("operation cancelled") from None
        return after


async def test_a_mirror_that_is_cancelled_ends_whatever_its_driver_says(here: Here, team: SqliteTeam) -> None:
    mirror = await here.mirror()

    async def opened() -> Team:
        usual = await team.connect()
        await usual.store.close()
        assert isinstance(usual.store, Leaving)
        return usual._replace(store=Grumbling(usual.store.path, team))

    mirror._open_team = opened
    task = asyncio.create_task(mirror.run())
    await until(lambda: is_done(mirror))
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=PATIENCE)
    assert done and task.cancelled()
    await ended(mirror)


async def test_a_mirror_is_a_file(here: Here, tmp_path: object) -> None:
    with pytest.raises(UsageError):
        Mirror(None, here.logs, "", place="", owner="me")  # type: ignore[arg-type]


async def test_the_status_of_a_file_that_never_met_a_team_store(here: Here) -> None:
    found = await status(here.path)
    assert (found.identity, found.position, found.seen, found.waiting, found.owner) == ("", 0, None, 0, "")
    assert "runs" in found.filling
