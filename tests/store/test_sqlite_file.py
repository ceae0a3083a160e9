"""The file: what is made, what is refused and in which words, what survives."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from data.errors import StoreCorrupt, StoreError, StoreReadOnly, StoreVersion, UsageError
from data.model import PipelineRun, Project
from data.store.open import open_store, store_path
from data.store.sqlite import connect, schema
from data.store.sqlite.seek import Seek
from data.store.sqlite.store import SqliteStore, open_sqlite
from tests.store.samples import run

ROOT = Path(__file__).parents[2]
"""Folder from which the tests can be imported."""
PATIENCE = 30.0
"""Seconds that a test waits for another process before it fails."""


async def filled(path: Path, count: int = 10) -> None:
    """A store with runs at `path`, closed again."""
    store = await open_store(path)
    await store.put([run(number) for number in range(count)])
    await store.close()


@pytest.mark.parametrize("form", ["{path}", "sqlite:///{path}"])
async def test_paths_and_urls_open_the_same_file(tmp_path: Path, form: str) -> None:
    path = tmp_path / "new folder" / "ünï store.db"
    store = await open_store(form.format(path=path))
    assert store.name == "sqlite"
    await store.put([run(1)])
    await store.close()
    assert path.is_file()
    await filled(path, 3)


async def test_home_is_spelled_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert store_path("~/x.db") == tmp_path / "x.db"
    assert store_path("sqlite:///relative.db") == Path("relative.db")


@pytest.mark.parametrize("url", ["postgresql://u:secret@host/db", "sqlite://", "", "sqlite:///"])
async def test_other_stores_are_refused_without_repeating_the_url(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        await open_store(url)
    assert "sqlite:///path" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "lineside.db"
    store = await open_store(path)
    await store.put([run(1)])
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await store.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be one" * 40, b"SQLite format 3\0" + b"\xff" * 5000]
)
async def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lineside.db"
    path.write_bytes(content)
    with pytest.raises(StoreCorrupt) as caught:
        await open_store(path)
    assert str(path) in str(caught.value)
    assert "move it away" in caught.value.hint
    assert path.read_bytes() == content


async def test_damage_in_the_middle_is_named_when_it_is_met(tmp_path: Path) -> None:
    path = tmp_path / "lineside.db"
    await filled(path, 3000)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4)
        file.write(os.urandom(size // 2))
    with pytest.raises(StoreCorrupt, match="damaged"):
        store = await open_store(path)
        try:
            after: str | None = None
            while True:
                page = await store.page(PipelineRun, after=after, limit=500)
                after = page.after
                assert after is not None, "the damage was not met"
        finally:
            await store.close()


async def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE experiments (name TEXT)")
    foreign.commit()
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(StoreCorrupt, match="another program"):
        await open_store(path)
    assert path.read_bytes() == before


async def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lineside.db"
    await filled(path)
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")
    raw.close()
    with pytest.raises(StoreVersion) as caught:
        await open_store(path)
    assert str(path) in str(caught.value) and "update Lineside" in caught.value.hint


async def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        await open_store(tmp_path)


async def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreReadOnly, match="cannot be written"):
        await open_store(tmp_path / "file" / "lineside.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
async def test_a_folder_without_permission(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o500)
    try:
        with pytest.raises(StoreReadOnly, match="cannot be written"):
            await open_store(tmp_path / "lineside.db")
    finally:
        os.chmod(tmp_path, 0o700)


async def test_a_refused_file_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreReadOnly) as caught:
        await open_store(tmp_path / "lineside.db")
    assert "make the file and its folder writable" in caught.value.hint


async def test_a_file_that_becomes_read_only(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path / "lineside.db")
    await store._writer.run(lambda connection: connection.exec_driver_sql("PRAGMA query_only = ON"))
    with pytest.raises(StoreReadOnly, match="cannot be written"):
        await store.put([run(1)])
    assert await store.get(PipelineRun, run(1).id) is None
    await store.close()


async def test_a_full_disk_loses_nothing_and_goes_on_later(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path / "lineside.db")
    await store.put([run(1)])

    async def limit(pages: int) -> None:
        await store._writer.run(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))

    await limit(1)
    many = [run(number, commit_title="x" * 2000) for number in range(2, 200)]
    with pytest.raises(StoreError, match="is full"):
        await store.put(many)
    assert await store.count(PipelineRun) == 1
    await limit(1_000_000)
    assert await store.put(many) == len(many)
    await store.close()


async def test_a_write_waits_for_another_process_and_gives_up_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "BUSY_SECONDS", 0.05)
    store = await open_sqlite(tmp_path / "lineside.db")
    raw = sqlite3.connect(tmp_path / "lineside.db", isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is locked"):
        await store.put([run(1)])
    assert await store.get(PipelineRun, run(1).id) is None
    raw.execute("ROLLBACK")
    raw.close()
    assert await store.put([run(1)]) == 1
    await store.close()


async def test_many_open_a_new_store_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lineside.db"
    stores = await asyncio.gather(*(open_store(path) for _ in range(8)))
    await asyncio.gather(*(store.put([run(number)]) for number, store in enumerate(stores)))
    assert [await store.count(PipelineRun) for store in stores] == [8] * 8
    await asyncio.gather(*(store.close() for store in stores))


WRITER = """
import asyncio, sys
from data.store.open import open_store
from tests.store.samples import run

async def main():
    store = await open_store(sys.argv[1])
    start = int(sys.argv[2])
    number = 0
    while True:
        await store.put([run(start + number + k) for k in range(50)])
        number += 50

asyncio.run(main())
"""


async def test_a_writer_killed_in_the_middle_leaves_a_store_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "lineside.db"
    await filled(path, 1)
    for start in (1_000, 1_000_000):
        store = await open_store(path)
        seen = await store.revision()
        writer = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, str(path), str(start), cwd=ROOT)
        try:
            deadline = time.monotonic() + PATIENCE
            while await store.revision() < seen + 5:
                assert writer.returncode is None and time.monotonic() < deadline
                await asyncio.sleep(0.005)
        finally:
            writer.kill()
            await writer.wait()
        await store.close()

        again = await open_store(path)
        count = await again.count(PipelineRun)
        assert count % 50 == 1, "half a transaction stayed"
        assert await again.put([run(start - 1)]) == 1
        assert await again.delete(PipelineRun, [run(start - 1).id]) == 1
        await again.close()
        raw = sqlite3.connect(path)
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        raw.close()


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"


async def test_closing_stops_long_reads(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path / "lineside.db")
    await store.put([run(number) for number in range(1000)])
    reads = [
        asyncio.create_task(lane.run(lambda connection: connection.exec_driver_sql(ENDLESS)))
        for lane in (store._searcher, store._reader, store._searcher)
    ]
    listing = await store.listing(PipelineRun)
    async with asyncio.timeout(PATIENCE):
        await asyncio.sleep(0)
        await store.close()
    results = await asyncio.gather(*reads, listing.finish(), return_exceptions=True)
    assert all(isinstance(result, StoreError) for result in results[:3])


@pytest.mark.parametrize("statements", ["one", "many"])
async def test_an_abandoned_listing_stops_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statements: str
) -> None:
    """Whether it is in the middle of a statement or between two of them."""

    def endless(_seek: Seek, connection: Connection) -> Iterator[list[int]]:
        if statements == "one":
            connection.exec_driver_sql(ENDLESS)
        while True:
            yield list(connection.exec_driver_sql("SELECT 1").scalars())

    monkeypatch.setattr(Seek, "keys", endless)
    store: SqliteStore = await open_sqlite(tmp_path / "lineside.db")
    await store.put([run(number) for number in range(2000)])
    kept = await store.listing(PipelineRun)
    for _ in range(20):
        await store.listing(PipelineRun)
    assert store._loads
    del kept
    deadline = time.monotonic() + PATIENCE
    while store._loads:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)
    await store.close()


WRITE_ONE = """
import asyncio, sys
from data.model import Project
from data.store.open import open_store

async def main():
    store = await open_store(sys.argv[1])
    await store.put([Project(id=sys.argv[2], name=sys.argv[2], connection="g")])
    await store.close()

asyncio.run(main())
"""


async def test_a_second_store_of_one_process_leaves_the_locks_of_the_first_alone(
    tmp_path: Path,
) -> None:
    """Else another process that closes the file takes itself for the last one and removes the log that we read."""
    path = tmp_path / "lineside.db"
    first = await open_store(path)
    second = await open_store(path)
    for number in ("1", "2"):
        before = await first.revision()
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", WRITE_ONE, str(path), number], capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert await first.revision() > before
        assert await first.get(Project, number) is not None
        assert await second.get(Project, number) is not None
    await second.close()
    await first.close()
