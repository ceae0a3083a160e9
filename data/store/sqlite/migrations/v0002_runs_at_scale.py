"""Views; runs by experiment, data and model; any metric, param, tag, label and text of runs by an index.

The tables of runs are made anew from their documents. Nothing that people or servers gave is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from data.model import PipelineRun, Record, TrackedRun, decode
from data.store.kinds import KINDS
from data.store.sqlite import index, migrate
from data.store.sqlite.rows import head_row
from data.store.sqlite.tables import home

revision = "2"
down_revision = None

_TYPES: Final[dict[str, str]] = {
    "id": "TEXT", "text": 'TEXT COLLATE "NOCASE"', "int": "INTEGER", "real": "REAL", "flag": "INTEGER",
    "time": "INTEGER", "words": "TEXT",
}  # fmt: skip
VIEW: Final = "screen:text name:text by:text shared:flag updated:time?"
VIEW_INDEXES: Final = ("screen name id", "by name id")
RUN: Final = """
    project_id:id pipeline_id:id run_info_id:text submission_id:id parent_run_id:id connection:id kind:text status:text
    trigger_type:text triggered_by:text ref:text git_commit_hash:text api:text name:text pipeline:text environment:text
    experiment:text dataset:text dataset_name:text model:text git_project_id:int git_pipeline_id:int run_number:int
    created:time updated:time? start:time? completion:time? execution_time:real queued_time:real success_count:int
    failed_count:int job_count:int max_memory_usage:real? max_cpu_usage:real? jobs_synced:flag gone:flag labels:words
    marks:words
"""
RUN_INDEXES: Final = (
    "created id", "updated id", "start id", "completion id", "execution_time id", "queued_time id", "run_number id",
    "status id", "ref id", "triggered_by id", "pipeline id", "failed_count id", "job_count id", "max_memory_usage id",
    "max_cpu_usage id", "project_id created id", "pipeline_id created id", "status created id",
    "parent_run_id created id", "submission_id created id", "git_pipeline_id created id", "dataset_name created id",
    "name created id", "kind created id", "trigger_type created id", "api created id", "environment created id",
    "pipeline created id status", "git_commit_hash created id status", "dataset created id status",
    "experiment created id status", "model created id status", "ref created id status",
    "triggered_by created id status", "run_info_id created id status",
)  # fmt: skip
TRACKED: Final = """
    connection:id run_id:text experiment_id:text name:text status:text lifecycle_stage:text user:text start:time?
    end:time? took:real? last_logged:time? parent_run_id:id project_id:id pipeline_run_id:id job_run_id:id
    linked_by:text ended_as:text experiment:id dataset:text datasets:words models:words labels:words marks:words
"""
TRACKED_INDEXES: Final = (
    "start id", "end id", "name id", "status id", "took id", "last_logged id", "pipeline_run_id start id",
    "job_run_id start id", "run_id start id", "experiment_id start id status", "user start id status",
    "status start id", "parent_run_id start id status", "dataset start id status", "project_id start id status",
)  # fmt: skip
"""Columns of each table, and of each of its indexes."""


def upgrade() -> None:
    """Make what is new, and runs anew."""
    _make("view", VIEW)
    _index("view", VIEW_INDEXES)
    op.create_table("view_doc", sa.Column("n", sa.Integer, primary_key=True), sa.Column("doc", sa.Text, nullable=False))
    for kind, columns, indexes in ((PipelineRun, RUN, RUN_INDEXES), (TrackedRun, TRACKED, TRACKED_INDEXES)):
        name = KINDS[kind].table
        old = _put_aside(name)
        _make(name, columns)
        _make_index_tables(name)
        _fill(kind, name, old)
        _index(name, indexes)
        op.execute(f"CREATE INDEX ix_{name}_entry ON {name}_entry (k, value)")
        op.execute(
            f"UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = '{old}') "
            f"WHERE name = '{name}'"
        )
        op.drop_table(old)
        op.drop_table(f"{name}_number")


def _put_aside(name: str) -> str:
    """Give a table another name and take away its indexes, whose names are needed again."""
    bind = op.get_bind()
    made = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
    for found in bind.exec_driver_sql(made, (name,)).scalars().all():
        op.execute(f"DROP INDEX {found}")
    op.execute(f"ALTER TABLE {name} RENAME TO {name}_old")
    return f"{name}_old"


def _make(name: str, columns: str) -> None:
    described = ["id TEXT NOT NULL", "revision INTEGER NOT NULL"]
    for word in columns.split():
        column, _, type_ = word.partition(":")
        nullable = type_.endswith("?") or type_ == "words"
        described.append(f"{_quoted(column)} {_TYPES[type_.removesuffix('?')]}{'' if nullable else ' NOT NULL'}")
    described += ["search TEXT NOT NULL", "UNIQUE (id)"]
    op.execute(f"CREATE TABLE {_quoted(name)} ( n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, {', '.join(described)} )")


def _index(name: str, indexes: Sequence[str]) -> None:
    op.execute(f"CREATE INDEX ix_{name}_revision ON {_quoted(name)} (revision)")
    for words in indexes:
        columns = words.split()
        called = "_".join(column for column in columns if column != "id")
        listed = ", ".join(map(_quoted, columns))
        op.execute(f"CREATE INDEX ix_{name}_{called} ON {_quoted(name)} ({listed})")


def _quoted(name: str) -> str:
    return f'"{name}"' if name in {"by", "end", "view"} else name


def _make_index_tables(name: str) -> None:
    op.execute(f"CREATE TABLE {name}_name ( k INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (k), UNIQUE (name) )")
    op.execute(
        f"CREATE TABLE {name}_entry ( n INTEGER NOT NULL, k INTEGER NOT NULL, value BLOB NOT NULL, "
        "PRIMARY KEY (n, k) ) WITHOUT ROWID"
    )
    options = "content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1'"
    op.execute(f"CREATE VIRTUAL TABLE {name}_text USING fts5(search, {options})")


def _fill(kind: type[Record], name: str, old: str) -> None:
    """Write rows and what they are found by, from the documents."""
    bind, at = op.get_bind(), home(kind)
    columns = [row[1] for row in bind.exec_driver_sql(f"PRAGMA table_info({name})")]
    listed, marks = ", ".join(map(_quoted, columns)), ", ".join("?" for _ in columns)
    for batch in _batches(bind, name, old):
        made = [(row.n, row.revision, decode(kind, row.doc)) for row in batch]
        heads = [head_row(at.kind, record, n, changed) for n, changed, record in made]
        rows = [tuple(head[column] for column in columns) for head in heads]
        bind.exec_driver_sql(f"INSERT INTO {name} ({listed}) VALUES ({marks})", rows)
        index.put_texts(bind, at, {head["n"]: head["search"] for head in heads})
        index.put_entries(bind, at, {n: index.entries(at, record) for n, _, record in made})


def _batches(bind: sa.Connection, name: str, old: str) -> Iterator[Sequence[sa.Row[Any]]]:
    joined = f"SELECT o.n, o.revision, d.doc FROM {old} o JOIN {name}_doc d ON d.n = o.n"
    last = 0
    while batch := bind.exec_driver_sql(f"{joined} WHERE o.n > ? ORDER BY o.n LIMIT {migrate.BATCH}", (last,)).all():
        yield batch
        last = batch[-1].n
