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
from data.store.sqlite import index as search_index
from data.store.sqlite import migrate
from data.store.sqlite.remake import index, make, put_aside, quoted
from data.store.sqlite.rows import head_row
from data.store.sqlite.tables import home

revision = "2"
down_revision = None

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
    make("view", VIEW)
    index("view", VIEW_INDEXES)
    op.create_table("view_doc", sa.Column("n", sa.Integer, primary_key=True), sa.Column("doc", sa.Text, nullable=False))
    for kind, columns, indexes in ((PipelineRun, RUN, RUN_INDEXES), (TrackedRun, TRACKED, TRACKED_INDEXES)):
        name = KINDS[kind].table
        old = put_aside(name)
        make(name, columns)
        _make_index_tables(name)
        _fill(kind, name, old)
        index(name, indexes)
        op.execute(f"CREATE INDEX ix_{name}_entry ON {name}_entry (k, value)")
        op.execute(
            f"UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = '{old}') "
            f"WHERE name = '{name}'"
        )
        op.drop_table(old)
        op.drop_table(f"{name}_number")


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
    listed, marks = ", ".join(map(quoted, columns)), ", ".join("?" for _ in columns)
    for batch in _batches(bind, name, old):
        made = [(row.n, row.revision, decode(kind, row.doc)) for row in batch]
        heads = [head_row(at.kind, record, n, changed) for n, changed, record in made]
        rows = [tuple(head[column] for column in columns) for head in heads]
        bind.exec_driver_sql(f"INSERT INTO {name} ({listed}) VALUES ({marks})", rows)
        search_index.put_texts(bind, at, {head["n"]: head["search"] for head in heads})
        search_index.put_entries(bind, at, {n: search_index.entries(at, record) for n, _, record in made})


def _batches(bind: sa.Connection, name: str, old: str) -> Iterator[Sequence[sa.Row[Any]]]:
    joined = f"SELECT o.n, o.revision, d.doc FROM {old} o JOIN {name}_doc d ON d.n = o.n"
    last = 0
    while batch := bind.exec_driver_sql(f"{joined} WHERE o.n > ? ORDER BY o.n LIMIT {migrate.BATCH}", (last,)).all():
        yield batch
        last = batch[-1].n
