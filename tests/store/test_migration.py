"""Older files: brought up to date with nothing lost, in one transaction."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.engine.timeouts import limit_of
from data.launch.payload import payload_of
from data.model import (
    Command,
    DatasetInput,
    Label,
    MetricSummary,
    Note,
    Pipeline,
    PipelineAPI,
    PipelineRun,
    Project,
    Record,
    Submission,
    TrackedRun,
    encode,
)
from data.query import parse
from data.store.kinds import KINDS
from data.store.open import open_store
from data.store.port import Sort, Store
from data.store.sqlite import migrate, schema
from data.store.sqlite.rows import head_row
from tests.store.samples import NOON, full, run

FIRST = Path(__file__).with_name("first_version.sql")
"""A store of schema version 1 as SQL text, with records made by people in it, as users have it."""
MADE_BY_PEOPLE: tuple[type[Record], ...] = (Project, PipelineAPI, Note, Submission, Label, Command)
NEXT = Path(__file__).with_name("next_versions")
"""Made-up schema versions far behind the newest: migration scripts."""
RUNS = [
    run(
        number,
        status=("success", "failed")[number % 2],
        ref="main" if number % 3 else "feat/Größe",
        metrics={"auc": number / 100, "loss": 1.5},
        params={"lr": "0.01", "opt": "Adam"},
        tags={"team": "vision"},
        labels=("gpu",) if number < 5 else (),
        dataset="customers@ab12",
    )
    for number in range(1, 41)
]
TRACKED = [
    TrackedRun(
        id=f"mlflow:{number}",
        connection="mlflow",
        run_id=f"{number:032x}",
        name=f"trial-{number}",
        start=NOON,
        end=NOON + timedelta(seconds=number),
        metrics={"auc": MetricSummary(last=number / 10), "never": MetricSummary(last=None)},
        params={"lr": "1e-3"},
        tags={"team": "nlp", "mlflow.source.name": "train.py"},
        datasets=(DatasetInput(name="customers", digest="ab12"),),
        experiment_id="7",
    )
    for number in range(1, 21)
]


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


def put_as_first(path: Path, records: list[Record]) -> None:
    """Write records to a file of schema version 1 as that version did."""
    raw = sqlite3.connect(path)
    for record in records:
        kind = KINDS[type(record)]
        columns = [row[1] for row in raw.execute(f"PRAGMA table_info({kind.table})") if row[1] != "n"]
        row = head_row(kind, record, 0, 3)
        listed, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
        done = raw.execute(f"INSERT INTO {kind.table} ({listed}) VALUES ({marks})", [row[name] for name in columns])
        raw.execute(f"INSERT INTO {kind.table}_doc VALUES (?, ?)", (done.lastrowid, encode(record).decode()))
        for key, value in kind.entries["metrics"](record).items() if "metrics" in kind.entries else ():
            if value is not None:
                number = (f"metrics.{key}", value, record.id, done.lastrowid)
                raw.execute(f"INSERT INTO {kind.table}_number (name, value, id, n) VALUES (?, ?, ?, ?)", number)
    raw.execute("INSERT OR REPLACE INTO counter VALUES ('revision', 3)")
    raw.commit()
    raw.close()


async def answers(store: Store) -> dict[str, list[str]]:
    """What a store finds by everything that the second version brought."""
    asked: dict[type[Record], tuple[str, ...]] = {
        PipelineRun: (
            "metric.auc>0.3", "param.lr=0.01", "param.opt:adam", "label:gpu", "größe", "dataset:customers", "success",
        ),
        TrackedRun: (
            "metric.auc>=1", "tag.team:nlp", "tag.mlflow.source.name:train.py", "dataset:customers", "trial-1",
            "took>9",
        ),
    }  # fmt: skip
    found = {}
    for kind, texts in asked.items():
        for text in texts:
            page = await store.page(kind, query=parse(text), sort=Sort("metrics.auc", descending=True))
            found[text] = [one.id for one in page.records]
        for field in KINDS[kind].group_fields:
            found[f"{kind} by {field}"] = list(map(repr, await store.groups(kind, field)))
        for entries in KINDS[kind].entries:
            found[f"{kind} {entries}"] = await store.names(kind, entries)
    return found


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


async def test_runs_of_the_first_version_are_found_by_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_version(tmp_path / "old.db")
    put_as_first(tmp_path / "old.db", [*RUNS, *TRACKED])
    raw = sqlite3.connect(tmp_path / "old.db")
    raw.execute("UPDATE sqlite_sequence SET seq = 1000 WHERE name = 'pipeline_run'")
    raw.commit()
    raw.close()
    monkeypatch.setattr(migrate, "BATCH", 7)
    old, new = await open_store(tmp_path / "old.db"), await open_store(tmp_path / "new.db")
    await new.put([*RUNS, *TRACKED])
    expected = await answers(new)
    assert await answers(old) == expected
    assert all(found for found in expected.values())
    assert await old.revision() == 3
    for record in (*RUNS, *TRACKED):
        assert await old.get(type(record), record.id) == record
    assert await old.put([*RUNS, *TRACKED]) == 0
    await old.put([run(500)])
    await old.close()
    await new.close()
    raw = sqlite3.connect(tmp_path / "old.db")
    assert raw.execute("SELECT n FROM pipeline_run WHERE id = 'gitlab:1:500'").fetchone() == (1001,)
    raw.close()


async def test_what_was_launched_before_there_was_a_usual_timeout_is_not_cancelled_by_it(tmp_path: Path) -> None:
    first_version(tmp_path / "old.db")
    put_as_first(
        tmp_path / "old.db",
        [
            Pipeline(id="gitlab:1:default", project_id="gitlab:1", name="default", timeout=0),
            Pipeline(id="gitlab:1:slow", project_id="gitlab:1", name="slow", timeout=7200),
            replace(run(500, status="running"), submission_id="free"),
            replace(run(501, status="manual"), submission_id="limited"),
            Submission(id="free", timestamp=NOON, requester="ada", pipeline_id="gitlab:1:default"),
            Submission(id="limited", timestamp=NOON, requester="ada", pipeline_id="gitlab:1:slow"),
            Command(id="waits", kind="launch", created=NOON, payload={"ref": "main"}),
        ],
    )
    raw = sqlite3.connect(tmp_path / "old.db")
    raw.execute("UPDATE pipeline_doc SET doc = json_remove(doc, '$.timeout') WHERE doc LIKE '%gitlab:1:default%'")
    raw.commit()
    raw.close()
    store = await open_store(tmp_path / "old.db")
    pipelines = await store.get_many(Pipeline, ["gitlab:1:default", "gitlab:1:slow"])
    submissions = await store.get_many(Submission, ["free", "limited"])
    assert limit_of(submissions["free"], pipelines["gitlab:1:default"]).seconds == 0
    assert limit_of(submissions["limited"], pipelines["gitlab:1:slow"]).seconds == 7200
    waiting = await store.get(Command, "waits")
    assert waiting is not None and payload_of(waiting).timeout == 0
    await store.close()


async def test_a_migration_runs_once_in_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lineside.db"
    store = await open_store(path)
    records = [full(kind) for kind in MADE_BY_PEOPLE]
    await store.put(records)
    await store.close()

    monkeypatch.setattr(schema, "SCHEMA_VERSION", 902)
    monkeypatch.setattr(migrate, "SCRIPTS", NEXT)
    for _ in range(2):
        store = await open_store(path)
        for record in records:
            assert await store.get(type(record), record.id) == record
        await store.close()
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA user_version").fetchone() == (902,)
    assert raw.execute("SELECT colour FROM note").fetchall() == [("red",)]
    raw.close()


async def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lineside.db"
    await (await open_store(path)).close()
    before = schema_of(path)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 903)
    monkeypatch.setattr(migrate, "SCRIPTS", NEXT)
    with pytest.raises(Exception, match="refused an operation"):
        await open_store(path)
    assert schema_of(path) == before
