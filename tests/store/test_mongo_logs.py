"""Logs in MongoDB: chunks that never change, one writer at a time, and the ends of logs in the plain design."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from data.errors import StoreError, UsageError
from data.model import LogState
from data.store.logs import LogChanged, LogFiles, LogStore
from data.store.mongo import chunks, ends
from data.store.mongo.chunks import CHUNK, CHUNKS, LOGS
from data.store.mongo.logs import MongoLogs
from data.store.mongo.store import open_mongo
from data.store.open import open_logs
from tests.store.conftest import MongoFactory
from tests.store.samples import changed, job, run

JOB = "gitlab:1:job:1"


@pytest.fixture
def logs(mongo: MongoFactory) -> Iterator[MongoLogs]:
    """The logs of an empty store."""
    opened = MongoLogs(mongo.url)
    yield opened
    opened.close()


@pytest.fixture
def raw(mongo: MongoFactory) -> Iterator[Database[dict[str, Any]]]:
    """The database as another tool sees it."""
    with MongoClient[dict[str, Any]](mongo.server) as client:
        yield client[mongo.database]


@pytest.fixture(params=["files", "mongo"])
def held(request: pytest.FixtureRequest, tmp_path: Path) -> LogStore:
    """Logs, wherever they are held."""
    if request.param == "files":
        return LogFiles(tmp_path / "logs")
    found: MongoLogs = request.getfixturevalue("logs")
    return found


def filled(size: int, seed: int = 1) -> bytes:
    """Bytes that cannot be compressed much."""
    return random.Random(seed).randbytes(size)


def test_logs_are_read_as_they_were_written(held: LogStore) -> None:
    expected = b""
    for number, size in enumerate((1, 5_000, CHUNK - 5_001, 3, CHUNK * 2 + 17, 9)):
        piece = filled(size, number)
        assert held.append(JOB, len(expected), piece, after=expected[-8:]) == len(expected) + size
        expected += piece
    assert held.append(JOB, len(expected), b"") == len(expected)
    held.append("gitlab:1:job:10", 0, b"another")
    assert held.size(JOB) == len(expected)
    for start, length in ((0, len(expected) + 5), (4_999, 10), (CHUNK - 1, CHUNK + 5), (len(expected), 9), (-3, 4)):
        assert held.read(JOB, start, length) == expected[max(start, 0) : max(start, 0) + length]
    assert held.total() == len(expected) + 7
    assert held.appended == held.total()


def test_a_log_that_is_not_there(held: LogStore) -> None:
    assert (held.size(JOB), held.read(JOB, 0, 9), held.total(), held.usage()) == (0, b"", 0, [])
    held.remove(JOB)
    with pytest.raises(LogChanged):
        held.append(JOB, 4, b"x")


@pytest.mark.parametrize(("offset", "after"), [(3, b""), (7, b"no"), (8, b"")])
def test_what_does_not_continue_a_log_is_refused(held: LogStore, offset: int, after: bytes) -> None:
    held.append(JOB, 0, b"1234567")
    with pytest.raises(LogChanged):
        held.append(JOB, offset, b"x", after=after)
    assert held.read(JOB, 0, 99) == b"1234567"


def test_a_log_begins_anew(held: LogStore) -> None:
    held.append(JOB, 0, filled(CHUNK + 1))
    held.reset(JOB, b"new")
    assert held.read(JOB, 0, 99) == b"new"
    assert held.append(JOB, 3, b"er") == 5
    held.reset(JOB)
    assert held.size(JOB) == 0
    assert held.append(JOB, 0, b"again") == 5


def test_what_is_held_and_when_it_was_read(held: LogStore) -> None:
    before = time.time()
    held.append(JOB, 0, b"12345")
    held.append("gitlab:1:job:2", 0, b"1")
    held.touch(JOB)
    uses = {use.job_id: use for use in held.usage()}
    assert {id_: use.size for id_, use in uses.items()} == {JOB: 5, "gitlab:1:job:2": 1}
    assert all(before - 1 < use.read < time.time() + 1 for use in uses.values())
    held.discard(uses[JOB])
    assert [use.job_id for use in held.usage()] == ["gitlab:1:job:2"]


def test_nothing_is_left_of_a_log_that_is_gone(logs: MongoLogs, raw: Database[dict[str, Any]]) -> None:
    logs.append(JOB, 0, filled(3 * CHUNK))
    assert raw[CHUNKS].count_documents({}) == 3
    logs.reset(JOB, filled(CHUNK, 2))
    assert raw[CHUNKS].count_documents({}) == 1
    logs.touch(JOB)
    logs.remove(JOB)
    assert [raw[name].count_documents({}) for name in (LOGS, CHUNKS, chunks.READS)] == [0, 0, 0]


def test_lines_are_kept_compressed(logs: MongoLogs, raw: Database[dict[str, Any]]) -> None:
    logs.append(JOB, 0, b"epoch 1 loss 0.25\n" * 20_000)
    stored = sum(len(one["data"]) for one in raw[CHUNKS].find())
    assert stored * 20 < logs.size(JOB)


@pytest.mark.parametrize("scans", [True, False], ids=["alone", "conditional"])
def test_of_two_writers_one_is_told(mongo: MongoFactory, logs: MongoLogs, scans: bool) -> None:
    other = MongoLogs(mongo.url)
    logs._known = other._known = scans
    logs.append(JOB, 0, b"1")
    head = logs._head(JOB)
    other.append(JOB, 1, b"22")
    late = chunks.extended(JOB, head, filled(CHUNK))
    looked = time.monotonic() - (9 if scans else 0)
    with pytest.raises(LogChanged):
        logs._write(JOB, head, *late, looked)
    assert other.read(JOB, 0, 99) == b"122"
    assert other._found([one.key for one in late[1]]) == {}
    with pytest.raises(LogChanged):
        logs._write("gitlab:1:job:2", head._replace(turn=7), *chunks.extended("x", head, b"1"), time.monotonic())
    other.close()


def test_a_reader_of_a_log_that_begins_anew_has_one_or_the_other(logs: MongoLogs, monkeypatch: Any) -> None:
    logs.append(JOB, 0, filled(2 * CHUNK))
    old = logs._head(JOB)
    logs.reset(JOB, b"new")
    heads = iter([old])
    found = logs._head
    monkeypatch.setattr(logs, "_head", lambda job_id: next(heads, None) or found(job_id))
    assert logs.read(JOB, 0, 9) == b"new"


@pytest.mark.parametrize(
    "values", [{"tail": b"no zstd"}, {"codec": "lz4"}, {"size": 1}, {"chunk": 0}, {"chunks": None}, {"turn": "x"}]
)
def test_a_broken_log_is_said_and_can_be_dropped(
    logs: MongoLogs, raw: Database[dict[str, Any]], values: dict[str, Any]
) -> None:
    logs.append(JOB, 0, b"12345")
    raw[LOGS].update_one({"_id": JOB}, {"$set": values})
    with pytest.raises(StoreError, match="broken"):
        logs.read(JOB, 0, 9)
    assert len(logs.usage()) == 1
    logs.reset(JOB, b"new")
    assert logs.read(JOB, 0, 9) == b"new"


def test_a_chunk_that_is_missing_is_said(logs: MongoLogs, raw: Database[dict[str, Any]]) -> None:
    logs.append(JOB, 0, filled(CHUNK + 5))
    raw[CHUNKS].delete_many({})
    assert logs.read(JOB, CHUNK, 9) == filled(CHUNK + 5)[CHUNK:]
    with pytest.raises(StoreError, match="incomplete"):
        logs.read(JOB, 0, 9)


async def test_the_end_of_a_log_is_in_the_document_of_its_run(
    mongo: MongoFactory, logs: MongoLogs, raw: Database[dict[str, Any]]
) -> None:
    store = await open_mongo(mongo.url)
    fit = job(1, 7, name="fit", stage="train", status="running")
    await store.put([run(7), fit])
    text = b"x" * (CHUNK - 3) + b"the end"
    await asyncio.to_thread(logs.append, fit.id, 0, text)
    await store.put([changed(fit, status="success", log=LogState(size=len(text), complete=True))])
    await store.close()
    document = raw["jobs_history"].find_one({"run_number": 7})
    assert document is not None
    told = document["logs"]["train"]["jobs"]["fit"]
    assert (told["job_status"], told["job_logs"]) == ("success", text[-ends.SHOWN :].decode())


def test_logs_are_opened_without_a_server(tmp_path: Path) -> None:
    assert isinstance(open_logs("", tmp_path), LogFiles)
    away = open_logs("mongodb://127.0.0.1:1/team?timeoutMS=200", tmp_path)
    with pytest.raises(StoreError, match="does not answer"):
        away.size(JOB)
    assert isinstance(away, MongoLogs)
    away.close()
    with pytest.raises(StoreError, match="is closed"):
        away.size(JOB)
    with pytest.raises(UsageError):
        open_logs("https://db.example", tmp_path)
    with pytest.raises(StoreError, match="not one that MongoDB knows"):
        open_logs("mongodb://db.example:port", tmp_path)
