"""Copies: every kind, both directions, and what they refuse."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pymongo import MongoClient

from data.config import Settings
from data.errors import StoreError, UsageError
from data.model import Connection, EngineState, Interest, Label, Lease, encode
from data.store.moving import holding
from data.store.moving.archive import pack
from data.store.moving.copying import Moved, move
from data.store.moving.mode import Mode
from data.store.moving.origin import StoreOrigin
from data.store.moving.sides import opened, refuse_same
from data.store.moving.unpacking import BackupOrigin
from data.store.place import Place, place_of
from tests import world
from tests.moving.conftest import NewPlace
from tests.moving.filling import LONG, STILL, contents, everything, fill, kinds_of, logs
from tests.store.samples import NOON, command, full, job, run


async def copied(source: Place, target: Place, mode: Mode = Mode.NEW, *, force: bool = False) -> Moved:
    """Copy one store into another."""
    async with opened(source) as here, opened(target, new=True) as there:
        origin = StoreOrigin(here)
        await origin.prepare(lambda _: None)
        return await move(origin, there, mode=mode, force=force)


async def test_there_and_back(file: NewPlace, mongo: Place) -> None:
    """SQLite, MongoDB, SQLite: the same records of every kind, and the same logs."""
    first, last = file("first"), file("last")
    await fill(first, everything(), logs())
    there = await copied(first, mongo)
    back = await copied(mongo, last)
    held = await contents(first)
    assert {"log", *(kind.__name__ for kind in STILL)} == kinds_of(held)
    assert held == await contents(mongo) == await contents(last)
    assert {key[1]: data for key, data in held.items() if key[0] == "log"} == logs()
    assert sum(there.written.values()) == len(held) == sum(back.written.values())
    for name, part in there.checked.parts.items():
        assert part.here.facts() == part.there.facts() == back.checked.parts[name].here.facts()


async def test_other_programs_find_the_logs(file: NewPlace, mongo: Place) -> None:
    """Readers of the plain design find a job's log in the document of its run, right after a copy."""
    first = file("first")
    await fill(first, world.records(), {world.FAILED_JOB: world.LOG})
    await copied(first, mongo)
    with MongoClient[dict[str, Any]](mongo.url) as client:
        found = client.get_default_database()["jobs_history"].find_one({"_id": world.FAILED_RUN})
    assert found is not None
    assert found["logs"]["train"]["jobs"]["train"]["job_logs"] == world.LOG.decode()


async def test_what_processes_say_of_themselves_stays(file: NewPlace) -> None:
    """Leases, interests, engines, and how a mirror stands to its team store mean nothing elsewhere."""
    first, last = file("first"), file("last")
    long_ago = Lease(id="gitlab:1", owner="dead", token=3, expires=NOON)
    await fill(first, [full(EngineState), long_ago, full(Interest), run(1)])
    await fill(first, [Connection(id="store", name="team store", kind="mongodb")])
    await copied(first, last)
    assert kinds_of(await contents(last)) == {"PipelineRun"}
    async with opened(last) as side:
        assert [await side.store.count(kind) for kind in (EngineState, Interest)] == [0, 0]
        assert await side.store.get(Lease, "gitlab:1") is None
        assert await side.store.get(Connection, "store") is None


NASTY = (
    *("a", "A", "Z", "_", "ä", "a\u0308", "\x00", "\x7f", "\ufffd", "\U0001f600"),
    *("$set", "a.b", "'", '"', "\\", "\n", "0", "10", "9"),
)
"""Texts that some stores take for something else, or sort in orders of their own."""


async def test_any_text(file: NewPlace, mongo: Place) -> None:
    """Ids of any characters come in one order from every store, and every text arrives as it was."""
    first, last = file("first"), file("last")
    records = [Label(id=text, target_id=text, name=text, value=text) for text in NASTY]
    await fill(first, records)
    await copied(first, mongo)
    await copied(mongo, last)
    assert await contents(last) == {("Label", one.id): encode(one) for one in records}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=st.dictionaries(TEXTS.filter(bool), st.tuples(TEXTS.filter(bool), TEXTS), min_size=1, max_size=30))
async def test_any_text_by_a_backup(labels: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    """The same of any text, from a store into a backup and out of it."""
    with TemporaryDirectory(dir=tmp_path) as folder:
        first, last = (place_of(Settings(), Path(folder) / name / "lineside.db") for name in ("first", "last"))
        await fill(
            first, [Label(id=id_, target_id="r", name=name, value=value) for id_, (name, value) in labels.items()]
        )
        async with opened(first) as side:
            await pack(StoreOrigin(side), Path(folder) / "backup")
        origin = BackupOrigin(Path(folder) / "backup")
        await origin.prepare(lambda _: None)
        async with opened(last, new=True) as side:
            await move(origin, side)
        assert await contents(first) == await contents(last)


async def test_again_writes_nothing(file: NewPlace) -> None:
    """A copy that is whole is not written again."""
    first, last = file("first"), file("last")
    await fill(first, everything(), logs())
    await copied(first, last)
    async with opened(last) as side:
        before = await side.store.revision()
        stamp = side.logs.usage()
    again = await copied(first, last)
    assert not any(again.written.values())
    async with opened(last) as side:
        assert await side.store.revision() == before
        assert side.logs.usage() == stamp


async def test_what_was_added_since_is_copied(file: NewPlace) -> None:
    """A copy can be brought up to date: new records, and what a log has got since."""
    first, last = file("first"), file("last")
    await fill(first, [run(1), job(1, 1)], {job(1, 1).id: LONG})
    await copied(first, last)
    await fill(first, [run(2)], {job(1, 1).id: b"more\n"})
    moved = await copied(first, last)
    assert (moved.written["pipeline_run"], moved.written["logs"], sum(moved.written.values())) == (1, 1, 2)
    assert await contents(first) == await contents(last)


@pytest.mark.parametrize("kind", ["record", "changed", "log", "longer"])
async def test_other_contents_are_refused(kind: str, file: NewPlace) -> None:
    """A store with other things in it is left as it is, and the sentence says what these are and the ways out."""
    first, last = file("first"), file("last")
    await fill(first, [run(1), job(1, 1)], {job(1, 1).id: b"abc\n"})
    other = {
        "record": ([run(2)], {}),
        "changed": ([run(1, ref="elsewhere")], {}),
        "log": ([], {job(1, 1).id: b"ab!\n"}),
        "longer": ([], {job(1, 1).id: b"abc\nd"}),
    }[kind]
    await fill(last, *other)
    before = await contents(last)
    with pytest.raises(StoreError, match=r"holds other things than .*: (runs|logs) \(1\) \(--add keeps"):
        await copied(first, last)
    assert await contents(last) == before


async def test_add(file: NewPlace) -> None:
    """What is there stays; only what lacks is added."""
    first, last = file("first"), file("last")
    id_ = job(1, 1).id
    await fill(first, [run(1), run(2), job(1, 1)], {id_: b"one\ntwo\n", "gitlab:1:job:2": b"two"})
    await fill(last, [run(1, ref="mine"), run(3)], {id_: b"other", "gitlab:1:job:2": b"t"})
    moved = await copied(first, last, Mode.ADD)
    found = await contents(last)
    assert found["PipelineRun", run(1).id] == encode(run(1, ref="mine"))
    assert found["log", id_] == b"other"
    assert found["log", "gitlab:1:job:2"] == b"two"
    assert len([key for key in found if key[0] == "PipelineRun"]) == 3
    runs = moved.checked.parts["pipeline_run"]
    assert (runs.here.count, runs.kept, runs.extra) == (1, 1, 1)
    assert moved.checked.parts["logs"].kept == 1


async def test_overwrite(file: NewPlace) -> None:
    """What both have becomes as in the source, what only the target has stays, commands and logs go no step back."""
    first, last = file("first"), file("last")
    done = replace(command("c1"), state="done", answer="sent")
    await fill(
        first,
        [run(1), command("c1"), replace(command("c2"), state="done")],
        {"gitlab:1:job:1": b"new", "gitlab:1:job:2": b"begin"},
    )
    await fill(
        last,
        [run(1, ref="mine"), run(3), done, command("c2")],
        {"gitlab:1:job:1": b"old", "gitlab:1:job:2": b"begin, end"},
    )
    moved = await copied(first, last, Mode.OVERWRITE)
    found = await contents(last)
    assert found["PipelineRun", run(1).id] == encode(run(1))
    assert ("PipelineRun", run(3).id) in found
    assert found["Command", "c1"] == encode(done)
    assert found["Command", "c2"] == encode(replace(command("c2"), state="done"))
    assert (found["log", "gitlab:1:job:1"], found["log", "gitlab:1:job:2"]) == (b"new", b"begin, end")
    assert moved.checked.parts["command"].kept == 1
    assert moved.waiting == 0


async def test_commands_that_wait_are_told(file: NewPlace) -> None:
    """They are in both stores then, so that engines on both would send them."""
    first, last = file("first"), file("last")
    await fill(first, [command("c1"), replace(command("c2"), state="sending"), replace(command("c3"), state="done")])
    assert (await copied(first, last)).waiting == 2


async def test_store_in_use_is_refused(file: NewPlace) -> None:
    """An engine's lease stops a copy; one that has expired does not, and neither does one with force."""
    first, last = file("first"), file("last")
    await fill(first, [run(1)])
    async with opened(last, new=True) as side:
        await side.store.lease("gitlab:1", "engine", host="gpu-1", seconds=900)
    with pytest.raises(StoreError, match="an engine on gpu-1 works with"):
        await copied(first, last)
    assert not await contents(last)
    await copied(first, last, force=True)
    assert await contents(last) == await contents(first)
    async with opened(last) as side:
        await side.store.release("gitlab:1", "engine")
    await copied(first, last)


async def test_one_copy_at_a_time(file: NewPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one into the same store is refused; the first one's right ends with it, or with its process."""
    monkeypatch.setattr(holding, "PATIENCE", 0.0)
    first, last = file("first"), file("last")
    await fill(first, [run(1)])
    async with opened(last, new=True) as side:
        hold = holding.Hold(side, force=False)
        await hold.take()
        with pytest.raises(StoreError, match="somebody else is copying into"):
            await copied(first, last)
        await hold.release()
        dead = f"{socket.gethostname()}:{2**22 + 1}:1"  # a number that no process has (proc(5), pid_max)
        await side.store.lease(holding.LEASE, dead, seconds=900)
    await copied(first, last)
    assert await contents(last) == await contents(first)


async def test_expired_leases_are_no_hindrance(file: NewPlace) -> None:
    """Leases of engines that were killed long ago."""
    first = file("first")
    old = Lease(id="gitlab:1", owner="dead", expires=datetime.now(UTC) - timedelta(seconds=1))
    await fill(first, [old])
    async with opened(first) as side:
        assert await holding.working(side.store) == []


async def test_a_store_is_not_copied_into_itself(file: NewPlace, mongo: Place) -> None:
    """However its path or its URL is written."""
    first = file("first")
    await fill(first, [run(1)])
    linked = first.file.parent.parent / "link"
    linked.symlink_to(first.file.parent)
    with pytest.raises(UsageError, match="one and the same"):
        refuse_same(first, first._replace(file=linked / first.file.name))
    with pytest.raises(UsageError, match="one and the same"):
        refuse_same(mongo, mongo._replace(url=f"{mongo.url}?appName=other"))
    refuse_same(first, mongo)


async def test_nothing_to_copy(file: NewPlace) -> None:
    """A store that is not there is not made, and an empty one is most likely the wrong one."""
    first, last = file("first"), file("last")
    with pytest.raises(StoreError, match="there is no store"):
        await copied(first, last)
    assert not first.file.exists()
    await fill(first, [])
    with pytest.raises(UsageError, match="holds nothing"):
        await copied(first, last)
