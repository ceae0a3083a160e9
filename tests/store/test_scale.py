"""The big store that is measured is one that `put` could have written."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from data.model import PipelineRun
from data.query import parse
from data.store.port import Sort
from data.store.sqlite.store import open_sqlite
from tests.bench import scale
from tests.store.samples import NOON

RUNS = 120
TABLES = ("pipeline_run", "pipeline_run_doc", "project", "project_doc", "counter", "sqlite_sequence", "sqlite_stat1")


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows, the metrics and params under their names, and the schema."""
    raw = sqlite3.connect(path)
    asked = {table: f"SELECT * FROM {table}" for table in TABLES}
    asked["entries"] = "SELECT n, name, typeof(value), value FROM pipeline_run_entry JOIN pipeline_run_name USING (k)"
    asked["schema"] = "SELECT type, name, sql FROM sqlite_master"
    found = {name: sorted(raw.execute(statement).fetchall(), key=repr) for name, statement in asked.items()}
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert raw.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    raw.close()
    return found


async def test_it_holds_what_put_would_write(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(scale, "BATCH", 50)
    await scale.make(tmp_path / "built.db", RUNS, 6, 12, newest=NOON)
    runs = list(scale.make_runs(RUNS, NOON, 6, 12))
    store = await open_sqlite(tmp_path / "put.db")
    await store.put(scale.projects())
    for start in range(0, RUNS, 50):
        await store.put(runs[start : start + 50])
    built = await open_sqlite(tmp_path / "built.db")
    assert (await built.page(PipelineRun, sort=Sort("run_number"), limit=RUNS)).records == (
        await store.page(PipelineRun, sort=Sort("run_number"), limit=RUNS)
    ).records
    for text in ("loss", "user7", "feature/", "project-3 metric.val_auc>0.5", "param.optimizer:adamw", "is:none"):
        assert await built.count(PipelineRun, query=parse(text)) == await store.count(PipelineRun, query=parse(text))
    assert await built.put(runs) == 0
    await store.close()
    await built.close()
    assert content(tmp_path / "built.db") == content(tmp_path / "put.db")
