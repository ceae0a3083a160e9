"""What the team store has comes here: what is new within a moment, what is older newest first, and deletions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

from data.model import (
    RECORDS,
    Connection,
    Interest,
    JobRun,
    Lease,
    MetricSeries,
    PipelineRun,
    Project,
    Record,
    TestReport,
    TrackedRun,
)
from data.store.mirror import Mirror, MirrorTiming, status
from data.store.mirror.local import Entry, Local
from data.store.mirror.pulling import BATCH, Guard, Puller, write_unless_newer
from data.store.port import Store
from data.store.sqlite.store import open_sqlite
from tests.mirror.conftest import FAST, SHOWN, Here, SqliteTeam, until
from tests.store.samples import NOON, changed, full, job, project, run

COPIED = [kind for kind in RECORDS if kind not in (Interest, Lease, MetricSeries, TestReport)]
"""Kinds that come by themselves."""


async def test_every_kind_of_record_comes_here_and_later_changes_and_deletions_with_it(
    any_here: Here, any_theirs: Store
) -> None:
    before = [full(kind) for kind in COPIED]
    await any_theirs.put(before)
    async with any_here.running():
        for record in before:
            await until(partial(same, any_here.store, record), type(record).__name__)
        after = [full(kind, 2) for kind in COPIED]
        await any_theirs.put(after)
        for record in after:
            await until(partial(same, any_here.store, record), type(record).__name__)
        for record in before:
            await any_theirs.delete(type(record), [record.id])
        for record in before:
            await until(partial(gone, any_here.store, record), type(record).__name__)


async def same(store: Store, record: Record) -> bool:
    return await store.get(type(record), record.id) == record


async def gone(store: Store, record: Record) -> bool:
    return await store.get(type(record), record.id) is None


async def test_a_change_is_seen_within_a_second_at_the_usual_pace(here: Here, theirs: Store) -> None:
    await theirs.put([run(1, status="running")])
    async with here.running(MirrorTiming()):
        await until(lambda: here.store.get(PipelineRun, "gitlab:1:1"))
        loop, waits = asyncio.get_running_loop(), []
        for number, status_ in enumerate(("success", "failed", "canceled")):
            await theirs.put([run(1, status=status_, failed_count=number)])
            begun = loop.time()
            await until(partial(has_status, here.store, status_))
            waits.append(loop.time() - begun)
        assert min(waits) < 1.0


async def has_status(store: Store, status_: str) -> bool:
    found = await store.get(PipelineRun, "gitlab:1:1")
    return found is not None and found.status == status_


async def test_older_runs_come_newest_first_and_go_on_where_they_were_after_a_restart(
    here: Here, theirs: Store
) -> None:
    total = BATCH * 3 + 7
    await theirs.put([run(number) for number in range(total)])
    mirror = await here.mirror()
    assert await mirror.catch_up(10)
    first = await here.store.page(PipelineRun, limit=1000)
    assert [one.run_number for one in first.records] == list(range(total - 1, total - 1 - BATCH, -1))
    assert "runs" in (await status(here.path)).filling
    await mirror.close()
    await mirror._local.store.close()
    async with here.running() as mirror:
        await until(lambda: is_complete(mirror))
    assert await here.store.count(PipelineRun) == total
    assert (await status(here.path)).filling == ()


async def test_a_position_that_the_store_does_not_know_is_found_anew(here: Here, theirs: Store) -> None:
    total = BATCH + 7
    await theirs.put([run(number) for number in range(total)])
    mirror = await here.mirror()
    assert await mirror.catch_up(20)
    await mirror._local.apply((), {}, entries=[Entry("cursor", "pipeline_run", "of another version")])
    await mirror.close()
    await mirror._local.store.close()
    async with here.running() as mirror:
        await until(lambda: is_complete(mirror))
    assert await here.store.count(PipelineRun) == total


async def is_complete(mirror: Mirror) -> bool:
    return mirror.complete


async def test_a_page_that_was_read_before_a_change_does_not_undo_it() -> None:
    guard = Guard()
    with guard.reading() as touched:
        guard.touch([(PipelineRun, "a")])
        with guard.reading() as later:
            guard.touch([(PipelineRun, "b")])
    guard.touch([(PipelineRun, "c")])
    assert touched == {(PipelineRun, "a"), (PipelineRun, "b")} and later == {(PipelineRun, "b")}


async def test_a_run_that_changes_while_its_page_is_on_its_way_stays_as_it_is_then(here: Here, theirs: Store) -> None:
    old = run(1, status="running")
    await theirs.put([old])
    local = Local(await open_sqlite(here.path))
    await local.open()
    guard = Guard()
    puller = Puller(local, await here.team.connect(), guard, FAST, await theirs.revision())
    with guard.reading() as touched:
        page = await theirs.page(PipelineRun)
        await theirs.put([changed(old, status="success")])
        await puller.all(lambda put, gone: None)
        await write_unless_newer(local, guard, touched, page.records)
    found = await here.store.get(PipelineRun, old.id)
    assert found is not None and found.status == "success"
    await puller._team.close()
    await local.close()
    await local.store.close()


async def test_what_was_deleted_while_nobody_mirrored_goes(here: Here, theirs: Store) -> None:
    await theirs.put([project(1, "churn", "ml/churn"), project(2, "fraud", "ml/fraud")])
    async with here.running():
        await until(lambda: here.store.get(Project, "gitlab:2"))
    await theirs.delete(Project, ["gitlab:2"])
    async with here.running():
        await until(lambda: gone(here.store, project(2, "fraud", "ml/fraud")))
    assert await here.store.get(Project, "gitlab:1") is not None


async def test_another_database_at_the_same_place_begins_anew(here: Here, team: SqliteTeam, theirs: Store) -> None:
    await theirs.put([run(1), job(1, 1)])
    here.logs.append("gitlab:1:job:1", 0, b"of the old one")
    async with here.running():
        await until(lambda: here.store.get(JobRun, "gitlab:1:job:1"))
    team.replace()
    other = await team.open()
    await other.put([run(2)])
    async with here.running():
        await until(lambda: here.store.get(PipelineRun, "gitlab:1:2"))
        assert await here.store.get(PipelineRun, "gitlab:1:1") is None
        assert here.logs.size("gitlab:1:job:1") == 0
    await other.close()


async def test_a_mirror_that_was_away_for_too_long_begins_anew(here: Here, theirs: Store) -> None:
    await theirs.put([run(1)])
    async with here.running():
        await until(lambda: here.store.get(PipelineRun, "gitlab:1:1"))
    await here.store.put([run(9)])  # as if its deletion had not been told
    brief = replace(FAST, away=0.0)
    async with here.running(brief):
        await until(lambda: gone(here.store, run(9)))
        await until(lambda: here.store.get(PipelineRun, "gitlab:1:1"))


async def test_histories_come_only_to_those_who_look_at_them(here: Here, theirs: Store) -> None:
    tracked = TrackedRun(id="mlflow:r1", connection="mlflow", run_id="r1", experiment_id="1")
    series = MetricSeries(id="mlflow:r1:loss", tracked_run_id="mlflow:r1", key="loss", steps=(1,), values=(0.5,))
    other = changed(series, id="mlflow:r2:loss", tracked_run_id="mlflow:r2")
    await theirs.put([tracked, series, other])
    async with here.running():
        await until(lambda: same(here.store, tracked))
        await here.look_at("metrics:mlflow:r1")
        await until(lambda: same(here.store, series))
        longer = changed(series, steps=(1, 2), values=(0.5, 0.4))
        await theirs.put([longer, changed(other, values=(0.1,))])
        await until(lambda: same(here.store, longer))
        assert await here.store.get(MetricSeries, other.id) is None


async def test_what_a_viewer_looks_at_comes_before_what_is_older(here: Here, theirs: Store) -> None:
    await theirs.put([run(number) for number in range(BATCH + 1)])
    await theirs.put([job(number, 0, created=NOON) for number in range(3)])
    slow = replace(FAST, fill=3600.0)
    async with here.running(slow) as mirror:
        await until(lambda: here.store.get(PipelineRun, f"gitlab:1:{BATCH}"))
        assert not mirror.complete
        await here.look_at("run:gitlab:1:0")
        await until(lambda: here.store.get(PipelineRun, "gitlab:1:0"))
        assert await here.store.count(JobRun, where={"pipeline_run_id": "gitlab:1:0"}) == 3


async def test_how_the_team_store_is_is_told_here_and_nowhere_else(here: Here, theirs: Store) -> None:
    await theirs.put([Connection(id="gitlab", name="gitlab", kind="gitlab", state="ok")])
    async with here.running():
        await until(lambda: here.store.get(Connection, "gitlab"))
        told = await until(lambda: here.store.get(Connection, "store"))
        assert (told.name, told.kind, told.state, told.url) == ("team store", "mongodb", "ok", SHOWN)
        assert told.last_success is not None and told.can_write
    assert await theirs.get(Connection, "store") is None


def test_of_two_who_read_at_once_the_one_that_ends_first_is_not_taken_for_the_other() -> None:
    guard = Guard()
    with guard.reading() as first:
        with guard.reading():
            pass
        guard.touch([(Project, "gitlab:1")])
        assert first == {(Project, "gitlab:1")}
    with guard.reading() as outer, guard.reading() as inner:
        guard.touch([(Project, "gitlab:2")])
    assert outer == inner == {(Project, "gitlab:2")}
