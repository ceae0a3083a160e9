"""Tables, plans, migrations, and what must not be imported."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from data.model import RECORDS, Command, Label, Note, PipelineAPI, PipelineRun, Project, Record, Submission
from data.query import parse
from data.store.kinds import KINDS
from data.store.open import open_store
from data.store.port import Sort
from data.store.sqlite import migrate, schema
from data.store.sqlite.connect import thread_engine
from data.store.sqlite.loading import statements
from data.store.sqlite.predicate import conditions
from data.store.sqlite.tables import HOMES, METADATA, home
from tests.store.samples import full, run

FIRST = Path(__file__).with_name("first_version.sql")
"""A store of schema version 1 as SQL text, with records made by people in it. Write it with `python -m` on this module;
only before the first release: afterwards it is what users have."""
MADE_BY_PEOPLE: tuple[type[Record], ...] = (Project, PipelineAPI, Note, Submission, Label, Command)
SECOND = Path(__file__).with_name("second_version")
"""A made-up next schema version: migration scripts."""


def schema_of(path: Path) -> set[tuple[str, ...]]:
    """Everything that SQLite knows of the tables and indexes, without regard to white space and order."""
    raw = sqlite3.connect(path)
    found = raw.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master").fetchall()
    stats = raw.execute("SELECT tbl, idx, stat FROM sqlite_stat1").fetchall()
    versions = [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")]
    raw.close()
    return {tuple(" ".join(str(cell).split()) for cell in row) for row in (*found, *stats, versions)}


def first_version(path: Path) -> None:
    """A file of schema version 1."""
    raw = sqlite3.connect(path)
    raw.executescript(FIRST.read_text(encoding="utf-8"))
    raw.close()


async def test_the_first_version_brought_up_to_date_equals_a_new_one(tmp_path: Path) -> None:
    first_version(tmp_path / "old.db")
    for name in ("old.db", "new.db"):
        await (await open_store(tmp_path / name)).close()
    assert schema_of(tmp_path / "old.db") == schema_of(tmp_path / "new.db")


async def test_what_people_made_survives_from_the_first_version(tmp_path: Path) -> None:
    first_version(tmp_path / "old.db")
    store = await open_store(tmp_path / "old.db")
    for kind in MADE_BY_PEOPLE:
        (record,) = (await store.page(kind)).records
        assert record.id == f"{kind.__name__}:1"
    await store.close()


async def test_a_migration_runs_once_in_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lineside.db"
    store = await open_store(path)
    records = [full(kind) for kind in MADE_BY_PEOPLE]
    await store.put(records)
    await store.close()

    monkeypatch.setattr(schema, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(migrate, "SCRIPTS", SECOND)
    for _ in range(2):
        store = await open_store(path)
        for record in records:
            assert await store.get(type(record), record.id) == record
        await store.close()
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA user_version").fetchone() == (3,)
    assert raw.execute("SELECT colour FROM note").fetchall() == [("red",)]
    raw.close()


async def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lineside.db"
    await (await open_store(path)).close()
    before = schema_of(path)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 4)
    monkeypatch.setattr(migrate, "SCRIPTS", SECOND)
    with pytest.raises(Exception, match="refused an operation"):
        await open_store(path)
    assert schema_of(path) == before


def test_every_record_type_has_a_home() -> None:
    assert set(KINDS) == set(HOMES) == set(RECORDS)
    assert len({kind.table for kind in KINDS.values()}) == len(KINDS)


def test_every_specified_order_has_an_index() -> None:
    for at in HOMES.values():
        indexed = [[column.name for column in index.columns] for index in at.head.indexes]
        for fields in (*((field,) for field in at.kind.sorts), *at.kind.indexes):
            assert [*fields, "id"] in indexed, (at.kind.name, fields)


PLANS: list[tuple[str, dict[str, Any], Sort, str]] = [
    ("", {}, Sort("created", True), "COVERING INDEX ix_pipeline_run_created"),
    ("", {}, Sort("execution_time", True), "COVERING INDEX ix_pipeline_run_execution_time"),
    ("", {"project_id": "p"}, Sort("created", True), "ix_pipeline_run_project_id_created"),
    ("", {"project_id": "p", "status": "success"}, Sort("created", True), "ix_pipeline_run_project_id_created"),
    ("status:active", {}, Sort("created", True), "ix_pipeline_run_status"),
    ("status:failed", {}, Sort("created", True), "ix_pipeline_run_status_created"),
    ("status:finished", {}, Sort("created", True), "ix_pipeline_run_created"),
    ("", {"status": ["running"], "parent_run_id": ""}, Sort("created", True), "ix_pipeline_run_status"),
    ("ref:main", {}, Sort("created", True), "ix_pipeline_run_ref_created"),
    ("sha:9f3c", {}, Sort("created", True), "ix_pipeline_run_git_commit_hash"),
    ("id:4312", {}, Sort("created", True), "ix_pipeline_run_git_pipeline_id"),
]
"""Filter, equalities, order, and the index that SQLite must choose."""


@pytest.mark.parametrize(("text", "where", "sort", "index"), PLANS)
async def test_queries_use_the_index_that_stays_fast_with_a_million_runs(
    tmp_path: Path, text: str, where: dict[str, Any], sort: Sort, index: str
) -> None:
    path = tmp_path / "lineside.db"
    store = await open_store(path)
    await store.put([run(1)])
    await store.close()
    engine = thread_engine(path)
    at = home(PipelineRun)
    first = statements(at, sort, conditions(at, where, parse(text)))[0].limit(50)
    compiled = first.compile(engine, compile_kwargs={"render_postcompile": True})
    values = tuple(compiled.params[name] for name in compiled.positiontup or ())
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)]
    engine.dispose()
    assert any(index in step for step in plan), plan


def run_python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["port", "kinds", "match", "specification", "logs", "open"])
def test_the_port_costs_no_import_of_sqlalchemy(module: str) -> None:
    heavy = ("sqlalchemy", "aiosqlite", "alembic", "textual", "rich", "mlflow", "gitlab", "pymongo")
    code = f"import sys, data.store.{module}; print([name for name in {heavy!r} if name in sys.modules])"
    assert run_python(code) == "[]"


def test_a_store_that_is_up_to_date_does_not_import_alembic(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from data.store.open import open_store

async def main():
    await (await open_store({str(tmp_path / "lineside.db")!r})).close()
    print("alembic" in sys.modules)

asyncio.run(main())
"""
    assert run_python(code) == "False"


def write_first_version() -> None:
    """Write `FIRST` from the present code."""
    import asyncio
    import tempfile

    async def make(path: Path) -> None:
        store = await open_store(path)
        await store.put([full(kind) for kind in MADE_BY_PEOPLE])
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lineside.db"
        asyncio.run(make(path))
        raw = sqlite3.connect(path)
        pragmas = [
            f"PRAGMA {name} = {raw.execute(f'PRAGMA {name}').fetchone()[0]};"
            for name in ("user_version", "application_id")
        ]
        FIRST.write_text("\n".join([*raw.iterdump(), *pragmas, ""]), encoding="utf-8")
        raw.close()


def test_the_schema_is_what_the_tables_say(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    METADATA.create_all(engine)
    engine.dispose()
    schema.prepare(tmp_path / "store.db")
    names = {}
    for name in ("plain.db", "store.db"):
        raw = sqlite3.connect(tmp_path / name)
        names[name] = {row[0] for row in raw.execute("SELECT name FROM sqlite_master")} - {"sqlite_stat1"}
        raw.close()
    assert names["plain.db"] == names["store.db"]


if __name__ == "__main__":
    write_first_version()
