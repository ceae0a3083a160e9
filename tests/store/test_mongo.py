"""What the MongoDB store promises beyond the port: revisions, late writers, and sentences for failures."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, NetworkTimeout, OperationFailure, ServerSelectionTimeoutError

from data.errors import StoreError, StoreReadOnly, StoreVersion
from data.model import JobRun, PipelineRun
from data.store.mongo import client, register, revisions, writing
from data.store.mongo.client import Database, describe
from data.store.mongo.failures import store_error
from data.store.mongo.homes import HOMES, leading
from data.store.mongo.logs import MongoLogs
from data.store.mongo.schema import indexes
from data.store.mongo.store import MongoStore
from data.store.open import open_store
from tests.store.conftest import MongoFactory, collect_sockets, held
from tests.store.samples import changed, job, run


async def test_a_broken_document_is_passed_over_and_said_once(
    opened: MongoStore, raw: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await opened.put([run(1), run(2), run(3)])
    await raw["jobs_history"].update_one({"run_number": 2}, {"$set": {"lineside.doc": '{"id": 7}'}})
    await raw["jobs_history"].update_one({"run_number": 3}, {"$unset": {"lineside.doc": ""}})
    for _ in range(2):
        assert [one.run_number for one in (await opened.page(PipelineRun)).records] == [1]
    assert [one.run_number for one in await (await opened.listing(PipelineRun)).window(0, 9)] == [1]
    assert len(caplog.records) == 2


async def test_a_deletion_that_was_refused_is_not_told(opened: MongoStore, mongo: MongoFactory) -> None:
    await opened.put([run(1), run(2)])
    before = await opened.revision()
    write = await opened._revisions.begin({}, {"pipeline_run": ["gitlab:1:1"]})
    await write.end()
    await opened.delete(PipelineRun, ["gitlab:1:2"])
    assert (await opened.changes(before)).deleted == {PipelineRun: {"gitlab:1:2"}}


async def test_news_come_soon_and_cost_little(opened: MongoStore, mongo: MongoFactory) -> None:
    before = await opened.revision()
    assert await opened.news(before, poll=0.01) == before
    async with held(mongo) as other:
        waiting = asyncio.create_task(opened.news(before, poll=0.2))
        await other.put([run(1)])
        found = await waiting
        while found == before:
            found = await opened.news(before, poll=0.2)
        assert found == await other.revision()
        assert await opened.news(before, poll=5) == found


async def test_a_database_has_an_identity_of_its_own(mongo: MongoFactory, opened: MongoStore, raw: Database) -> None:
    async with held(mongo) as again:
        assert again.identity == opened.identity
    await raw.client.drop_database(raw.name)
    async with held(mongo) as anew:
        assert anew.identity not in ("", opened.identity)


async def test_a_database_of_another_program_is_refused(mongo: MongoFactory, raw: Database) -> None:
    await raw["project"].insert_one({"title": "a film"})
    with pytest.raises(StoreError, match="another program"):
        await mongo.open()
    assert await raw.list_collection_names() == ["project"]


async def test_a_revision_is_told_when_it_is_whole(opened: MongoStore, mongo: MongoFactory) -> None:
    slow = await opened._revisions.begin({"pipeline_run": ["x"]}, {})
    async with held(mongo) as other:
        before = await opened.revision()
        await other.put([run(1)])
        assert await opened.revision() == before == slow.number - 1
        await slow.end()
        assert await opened.revision() == slow.number + 1
        assert (await opened.changes(before)).put == {PipelineRun: {"x", "gitlab:1:1"}}


async def test_a_dead_writer_holds_nobody_up_for_long(opened: MongoStore, raw: Database) -> None:
    dead = await opened._revisions.begin({}, {})
    await opened.put([run(1)])
    assert await opened.revision() < dead.number
    long_ago = time.time() - revisions.ABANDONED - 1
    await raw[revisions.COLLECTION].update_many({"open": True}, {"$set": {"at": long_ago}})
    assert await opened.revision() == dead.number + 1


async def test_a_writer_that_slept_does_not_go_on(opened: MongoStore) -> None:
    write = await opened._revisions.begin({}, {})
    await write.go_on()
    write._heard -= revisions.LATE + 1
    with pytest.raises(StoreError, match="too long"):
        await write.go_on()


async def test_a_stalled_owner_cannot_write_over_its_successor(opened: MongoStore, mongo: MongoFactory) -> None:
    async with held(mongo) as other:
        old = await opened.lease("l", "engine-1", seconds=5)
        assert old is not None and await opened.put([run(1)], fence=old) == 1
        mongo.pass_time(6)
        new = await other.lease("l", "engine-2")
        assert await other.put([run(1, status="failed")], fence=new) == 1
        with pytest.raises(StoreError, match="lease `l`"):
            await writing.put(opened.server, opened._revisions, [run(1, status="running")], fence=old)
        found = await opened.get(PipelineRun, "gitlab:1:1")
        assert found is not None and found.status == "failed"


@pytest.mark.parametrize("known", [True, False], ids=["changed", "inserted"])
async def test_a_write_that_was_on_its_way_is_refused_by_the_server(opened: MongoStore, known: bool) -> None:
    old = await opened.lease("l", "engine-1", seconds=5)
    assert old is not None
    new = changed(old, owner="engine-2", token=old.token + 1)
    server = opened.server._replace(scans=False)  # one whose updates take conditions
    if known:
        await opened.put([run(1)], fence=old)
    late = await writing._changes(server, [run(1, status="running")])
    await writing.put(server, opened._revisions, [run(1, status="failed")], fence=new)
    with pytest.raises(StoreError, match="lease `l`"):
        await writing._write(server, late, old, None)
    found = await opened.get(PipelineRun, "gitlab:1:1")
    assert found is not None and found.status == "failed"


async def test_old_changes_are_told_without_their_numbers(opened: MongoStore, raw: Database) -> None:
    await opened.put([run(1), run(2), job(1, 1)])
    await opened.put([run(3)])
    await opened.delete(PipelineRun, ["gitlab:1:2"])
    await raw[revisions.COLLECTION].delete_many({"_id": {"$lt": f"{await opened.revision():015}"}})
    found = await opened.changes(0)
    assert found.put == {PipelineRun: {"gitlab:1:1", "gitlab:1:3"}, JobRun: {"gitlab:1:job:1"}}
    assert found.deleted == {PipelineRun: {"gitlab:1:2"}}


async def test_a_register_changes_for_one_of_many(opened: MongoStore) -> None:
    database = opened.server.database
    for before in range(5):
        done = await asyncio.gather(*(register.change(database, "r", before, {"by": n}) for n in range(8)))
        assert sum(done) == 1
        assert (await register.read(database, "r")).value == {"by": done.index(True)}
    assert not await register.change(database, "r", 2, {"by": "late"})
    assert (await register.read(database, "r")).number == 5
    assert await database[register.COLLECTION].count_documents({"name": "r"}) == 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "mongodb://ada:geheim@db.example:27017,two.example/team?tls=true",
            "mongodb://db.example:27017,two.example/team",
        ),
        ("mongodb://db.example", "mongodb://db.example/lineside"),
        ("mongodb+srv://ada:ge%40heim@db.example/?x=1", "mongodb+srv://db.example/lineside"),
        ("mongodb://ada:ge@heim@db.example/team", "mongodb"),
        ("mongodb://ada:ge?heim@db.example/team", "mongodb"),
        ("mongodb://ada:ge/heim@db.example/team", "mongodb"),
    ],
)
def test_a_place_has_no_password(url: str, shown: str) -> None:
    assert describe(url)[0] == shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mongodb://ada:geheim@127.0.0.1:1/x?serverSelectionTimeoutMS=200", "does not answer"),
        ("mongodb://ada:ge heim@/x", "not one that MongoDB knows"),
        ("mongodb://127.0.0.1:port/x", "not one that MongoDB knows"),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_no_server_is_said_in_a_sentence(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        await open_store(url)
    collect_sockets()
    assert "heim" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/x?timeoutMS=300"
        with pytest.raises(StoreError, match="answer"):
            await open_store(url)
        logs = MongoLogs(url)
        with pytest.raises(StoreError, match="answer"):
            await asyncio.to_thread(logs.append, "a:1:job:1", 0, b"x")
        logs.close()
    collect_sockets()


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ServerSelectionTimeoutError("db.example:1: [Errno -2] Name or service not known"), "host .* is not known"),
        (
            AutoReconnect(
                "db.example:1: SSL handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED] verify failed (_ssl.c:1)"
            ),
            "TLS: verify failed",
        ),
        (NetworkTimeout("db.example:1: timed out"), "did not answer in time"),
        (ServerSelectionTimeoutError("no"), "does not answer"),
    ],
)
def test_why_nothing_answers_is_said(failure: Exception, said: str) -> None:
    assert re.search(said, str(store_error(failure, "mongodb://db.example/team")))


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (50, StoreError, "took too long"),
        (18, StoreError, "user name or password"),
        (8000, StoreError, "user name or password"),
        (13, StoreReadOnly, "may not write"),
        (10107, StoreReadOnly, "no writes now"),
        (96, StoreError, "refused an operation: no such thing"),
    ],
)
def test_what_the_server_refuses_is_said_in_a_sentence(code: int, kind: type[StoreError], said: str) -> None:
    failure = OperationFailure("ada:geheim", code, {"errmsg": "no such thing\x1b[31m"})
    error = store_error(failure, "mongodb://db.example/team")
    assert type(error) is kind and said in str(error) and "geheim" not in str(error) and "\x1b" not in str(error)


async def test_an_old_server_is_refused(mongo: MongoFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "NEEDED", (99, 0))
    with pytest.raises(StoreError, match=r"is MongoDB \d"):
        await mongo.open()


async def test_a_newer_store_is_refused(mongo: MongoFactory, opened: MongoStore, raw: Database) -> None:
    await raw["schema"].update_one({"_id": "lineside"}, {"$set": {"version": 9}})
    await (await mongo.open()).close()
    await raw["schema"].update_one({"_id": "lineside"}, {"$set": {"oldest": 9}})
    with pytest.raises(StoreVersion, match="schema 9"):
        await mongo.open()


async def test_many_may_open_a_new_store_at_once(mongo: MongoFactory) -> None:
    stores = await asyncio.gather(*(mongo.open() for _ in range(4)))
    await stores[0].put([run(1)])
    assert [await store.count(PipelineRun) for store in stores] == [1] * 4
    for store in stores:
        await store.close()


@pytest.mark.parametrize("kind", HOMES, ids=lambda kind: kind.__name__)
def test_every_filter_and_order_of_a_screen_has_an_index(kind: type[Any]) -> None:
    at = HOMES[kind]
    made = [list(index.document["key"]) for index in indexes(at)]
    assert len({index.document["name"] for index in indexes(at)}) == len(made)
    wanted = [(field,) for field in at.kind.sorts] + list(at.kind.indexes)
    for fields in wanted:
        paths = [at.field(field) for field in fields]
        assert any(one[: len(paths)] == paths for one in made), fields
    assert {one[0] for one in made} >= {at.field(name) for name in leading(at.kind)}


async def test_the_server_uses_the_indexes(opened: MongoStore) -> None:
    if opened.server.scans:
        pytest.skip("this server has no indexes: FerretDB reads whole collections")
    await opened.put([run(number) for number in range(50)])
    runs = HOMES[PipelineRun]
    for asked, field in (({}, "created"), ({"status": "created"}, "created"), ({}, "execution_time")):
        query = {runs.field(name): value for name, value in asked.items()}
        cursor = (
            opened.server.database[runs.collection].find(query).sort([(runs.field(field), -1), (runs.field("id"), -1)])
        )
        plan = str((await cursor.explain())["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in plan and "SORT" not in plan.replace("SORT_KEY", ""), (asked, field)
