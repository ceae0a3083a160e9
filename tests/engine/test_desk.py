"""Several engines change one record, each its own fields of it: none is lost, and nobody writes under a lost lease."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.engine import leases
from data.engine.desk import Along, Desk
from data.engine.leases import Leases
from data.engine.timing import Timing
from data.errors import StoreError
from data.model import JobRun, Label, PipelineRun, TrackedRun
from data.store.open import open_store
from data.store.port import Overtaken, Store, Was
from tests.engine.conftest import until
from tests.store.samples import job, run
from tests.team.ferret import FerretDB, ferret

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
CHANGES = 12
"""What each of the engines changes."""
LONG = Timing(lease=600)

Another = Callable[[], Awaitable[Store]]


@pytest.fixture(scope="module")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FerretDB]:
    """A server for these tests."""
    with ferret(tmp_path_factory.mktemp("ferretdb")) as server:
        yield server


@pytest.fixture(params=["sqlite", "mongo"])
async def another(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Another]:
    """Opens one store once more, as another process would."""
    place: str | Path = tmp_path / "lineside.db"
    if request.param == "mongo":
        place = request.getfixturevalue("mongo").url(f"desk_{uuid.uuid4().hex[:12]}")
    async with AsyncExitStack() as stack:

        async def open_one() -> Store:
            store = await open_store(place)
            stack.push_async_callback(store.close)
            return store

        yield open_one


async def desk_of(store: Store, owner: str, lease: str, stack: AsyncExitStack) -> Desk:
    """A desk that may write under a lease."""
    held = Leases(store, owner, LONG)
    keeper = asyncio.create_task(held.keep(lease))
    stack.callback(keeper.cancel)
    await held.until(lease, held=True)
    return Desk(store, held)


async def test_engines_with_different_leases_keep_each_others_fields(another: Another) -> None:
    async with AsyncExitStack() as stack:
        linking = await desk_of(await another(), "one", "gitlab:1", stack)
        copying = await desk_of(await another(), "two", "ml", stack)
        tracked = TrackedRun(id="ml:r1", connection="ml", run_id="r1", experiment_id="1", status="RUNNING")
        await copying.put("ml", [tracked])

        async def link() -> None:
            for number in range(CHANGES):
                name = f"label-{number}"
                await linking.edit(
                    "gitlab:1",
                    TrackedRun,
                    "ml:r1",
                    lambda now: replace(now, labels=(*now.labels, name)),  # noqa: B023
                )

        async def copy() -> None:
            for number in range(CHANGES):
                fresh = replace(tracked, name=f"name-{number}")
                await copying.merge(
                    "ml", TrackedRun, [fresh],
                    lambda now, new: replace(new, labels=now.labels, models=(*now.models, new.name)) if now else new,
                )  # fmt: skip

        await asyncio.gather(link(), copy())
        found = await copying.store.get(TrackedRun, "ml:r1")
    assert found is not None
    assert found.labels == tuple(f"label-{number}" for number in range(CHANGES))
    assert found.models == tuple(f"name-{number}" for number in range(CHANGES))


async def test_what_is_changed_along_is_made_from_what_is_there(another: Another) -> None:
    """Somebody changes the other record between the look and the writing: it is looked at again."""
    async with AsyncExitStack() as stack:
        store, other = await another(), await another()
        desk = await desk_of(store, "one", "gitlab:1", stack)
        await desk.put("gitlab:1", [run(1)])
        seen: list[str] = []

        def note(now: PipelineRun | None) -> PipelineRun:
            assert now is not None
            seen.append(now.notes)
            return replace(now, labels=("done",))

        class Interrupting:
            """Changes the run after the first look at it."""

            def __getattr__(self, name: str) -> object:
                found = getattr(store, name)
                if name != "get":
                    return found

                async def get(kind: type[PipelineRun], id: str) -> PipelineRun | None:
                    before = await found(kind, id)
                    if before is not None and not before.notes:
                        await other.put([replace(before, notes="mine")])
                    return before  # type: ignore[no-any-return]

                return get

        desk.store = Interrupting()  # type: ignore[assignment]
        await desk.merge("gitlab:1", JobRun, [job(1, 1)], lambda _, new: new, along=Along(PipelineRun, run(1).id, note))
        found = await store.get(PipelineRun, run(1).id)
    assert found is not None and (found.notes, found.labels) == ("mine", ("done",))
    assert seen == ["", "mine"]


async def test_a_write_from_an_old_look_is_refused(another: Another) -> None:
    store = await another()
    await store.put([run(1, notes="new")])
    for was in (None, run(1, notes="old")):
        with pytest.raises(Overtaken):
            await store.put([run(1, notes="mine")], was=[Was(PipelineRun, run(1).id, was)])
    assert await store.put([run(1, notes="mine")], was=[Was(PipelineRun, run(1).id, run(1, notes="new"))]) == 1
    assert await store.put([run(2)], was=[Was(PipelineRun, run(2).id, None)]) == 1
    with pytest.raises(Overtaken):
        await store.put([run(1)], was=[Was(PipelineRun, "gitlab:1:404", run(1))])
    assert await store.get(PipelineRun, run(1).id) == run(1, notes="mine")


async def test_nothing_is_deleted_under_a_lost_lease(another: Another) -> None:
    async with AsyncExitStack() as stack:
        store = await another()
        desk = await desk_of(store, "one", "gitlab:1", stack)
        await desk.put("gitlab:1", [Label(id="a:b", target_id="a", name="b")])
        await store.lease("gitlab:1", "one", seconds=0)
        assert await store.lease("gitlab:1", "two", seconds=60) is not None
        with pytest.raises(StoreError, match="not held by one"):
            await desk.delete("gitlab:1", Label, ["a:b"])
        assert await store.get(Label, "a:b") is not None
        with pytest.raises(StoreError, match="held by another engine"):
            await desk.put("gitlab:1", [Label(id="a:c", target_id="a", name="c")])


async def test_a_permit_ends_before_anybody_else_may_take_the_lease(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process stood still for most of the lease's life, and has not renewed it since."""
    store, now = await another(), 0.0
    monkeypatch.setattr(leases, "clock", lambda: now)
    held = Leases(store, "one", Timing(lease=10))
    with pytest.raises(StoreError):
        await held.permit("gitlab:1").confirm()
    keeper = asyncio.create_task(held.keep("gitlab:1"))
    try:
        await held.until("gitlab:1", held=True)
    finally:
        keeper.cancel()
    permit = held.permit("gitlab:1")
    await permit.confirm()
    assert permit.stands() and held.holds("gitlab:1")
    now = 9.0
    assert not permit.stands() and held.holds("gitlab:1"), "another engine's clock may be ahead"
    now = 11.0
    assert not held.holds("gitlab:1")
    with pytest.raises(StoreError):
        await permit.confirm()
    await store.lease("gitlab:1", "one", seconds=0)

    async def free() -> bool:
        return await store.lease("gitlab:1", "two", seconds=10) is not None

    await until(free)


async def test_work_ends_when_its_lease_was_anothers_for_a_while(another: Another) -> None:
    """Taken, given back and taken anew while this engine stood still: what it had begun is not its any more."""
    store, ended = await another(), asyncio.Event()
    held = Leases(store, "one", Timing(lease=0.5))
    keeper = asyncio.create_task(held.keep("gitlab:1"))
    outcomes: list[str] = []

    async def work() -> None:
        permit = held.permit("gitlab:1")
        assert permit.stands()
        await store.lease("gitlab:1", "one", seconds=0)
        assert await store.lease("gitlab:1", "two", seconds=60) is not None
        await store.release("gitlab:1", "two")
        old = held.token("gitlab:1")
        try:
            await until(lambda: _is_new(held, old))
        finally:
            outcomes.append("sends" if permit.stands() else "sends nothing")
            with pytest.raises(StoreError):
                held.fence("gitlab:1")
            ended.set()

    try:
        await held.until("gitlab:1", held=True)
        await held.during("gitlab:1", work())
        await asyncio.wait_for(ended.wait(), 30)
        assert outcomes == ["sends nothing"]
        await held.until("gitlab:1", held=True)
        assert held.fence("gitlab:1").owner == "one", "whoever begins now works under the new one"
    finally:
        keeper.cancel()


async def _is_new(held: Leases, old: int | None) -> bool:
    return held.token("gitlab:1") not in (old, None)
