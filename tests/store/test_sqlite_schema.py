"""Tables, plans, and what must not be imported."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event

from data.model import RECORDS, PipelineRun
from data.query import parse
from data.store.kinds import KINDS
from data.store.open import open_store
from data.store.port import Sort
from data.store.sqlite import schema
from data.store.sqlite.conditions import conditions
from data.store.sqlite.connect import thread_engine
from data.store.sqlite.seek import Seek
from data.store.sqlite.tables import HOMES, METADATA, home
from tests.store.samples import run


def test_every_record_type_has_a_home() -> None:
    assert set(KINDS) == set(HOMES) == set(RECORDS)
    assert len({kind.table for kind in KINDS.values()}) == len(KINDS)


def test_every_specified_order_has_an_index() -> None:
    for at in HOMES.values():
        indexed = [[column.name for column in index.columns] for index in at.head.indexes]
        for fields in (*((field,) for field in at.kind.sorts), *at.kind.indexes):
            order = [*fields, "id"]
            assert any(order == index[: len(order)] for index in indexed), (at.kind.name, fields)
        for field in at.kind.group_fields:
            told = [field, at.kind.default_sort.field, "id", *(["status"] if field != "status" else [])]
            assert told in indexed, (at.kind.name, field)


def plan_of(path: Path, text: str, where: dict[str, Any], sort: Sort) -> list[str]:
    """Steps of the plans of the statements that read the first rows in order."""
    asked: list[tuple[str, Any]] = []
    engine = thread_engine(path)
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    with engine.connect() as connection:
        Seek(home(PipelineRun), conditions(home(PipelineRun), where, parse(text)), sort).page(connection, 50, None)
        plan = [
            row[3]
            for statement, values in tuple(asked)
            if "ORDER BY" in statement
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    engine.dispose()
    return plan


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
    ("", {}, Sort("metrics.auc", True), "COVERING INDEX ix_pipeline_run_entry (k=? AND value<?)"),
    ("metric.auc>0.9", {}, Sort("metrics.auc"), "COVERING INDEX ix_pipeline_run_entry (k=? AND value>? AND value<?)"),
    ("metric.auc>0.9", {}, Sort("created", True), "COVERING INDEX ix_pipeline_run_entry (k=? AND value>? AND value<?)"),
    ("param.opt:adam*", {}, Sort("created", True), "ix_pipeline_run_entry (k=? AND value>? AND value<?)"),
    ("label:gpu", {}, Sort("created", True), "COVERING INDEX ix_pipeline_run_entry (k=?)"),
    ("took>2h", {}, Sort("created", True), "COVERING INDEX ix_pipeline_run_execution_time (execution_time>?)"),
    ("took>2h", {}, Sort("metrics.auc"), "SEARCH pipeline_run_entry USING PRIMARY KEY (n=? AND k=?)"),
    ("some text", {}, Sort("created", True), "SEARCH pipeline_run USING INTEGER PRIMARY KEY (rowid=?)"),
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
    plan = plan_of(path, text, where, sort)
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
