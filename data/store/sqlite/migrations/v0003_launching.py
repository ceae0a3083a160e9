"""Places in the queue, RUN_IDs of tests, and what GitLab says of refs, schedules, previews and test reports."""

from __future__ import annotations

import json
from typing import Final

import sqlalchemy as sa
from alembic import op

from data.model import Command, Record, RunInfo, decode
from data.model.vocabulary import COMMAND_OPEN, FINISHED
from data.store.sqlite.remake import index, make, put_aside, quoted
from data.store.sqlite.rows import head_row
from data.store.sqlite.tables import home

revision = "3"
down_revision = "2"

REMADE: Final[tuple[tuple[type[Record], str, str, tuple[str, ...]], ...]] = (
    (
        Command,
        "command",
        """
        kind:text connection:id project_id:id target_id:id by:text host:text created:time state:text owner:text
        sent:time? finished:time? result_id:id attempts:int place:real after:id
        """,
        (
            "created id", "state created id", "project_id created id", "target_id created id", "result_id created id",
            "state place id", "project_id place id",
        ),
    ),
    (
        RunInfo,
        "run_info",
        """
        pipeline_id:id pipeline_api_id:id kind:text create_time:time? finish_time:time? requester:text test_run_id:id
        marks:words
        """,
        ("create_time id", "pipeline_id create_time id", "kind create_time id", "pipeline_api_id create_time id"),
    ),
)  # fmt: skip
NEW: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("refs", "read:time?", ()),
    ("ci_preview", "project_id:id ref:text valid:flag read:time?", ()),
    (
        "schedule",
        "project_id:id connection:id description:text ref:text owner:text active:flag next_run:time? last_run_id:id "
        "last_status:text marks:words",
        ("next_run id", "project_id next_run id"),
    ),
    ("test_report", "project_id:id total:int failed:int read:time?", ()),
)
"""Tables: name, columns, and columns of each index."""


def upgrade() -> None:
    """Make what is new, and the two tables that have more columns anew from their documents."""
    _keep_timeouts()
    for table, columns, indexes in NEW:
        make(table, columns)
        index(table, indexes)
        op.create_table(
            f"{table}_doc", sa.Column("n", sa.Integer, primary_key=True), sa.Column("doc", sa.Text, nullable=False)
        )
    for kind, table, columns, indexes in REMADE:
        old = put_aside(table)
        make(table, columns)
        _fill(kind, table, old)
        index(table, indexes)
        op.execute(
            f"UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = '{old}') "
            f"WHERE name = '{table}'"
        )
        op.drop_table(old)


def _keep_timeouts() -> None:
    """What was launched before pipelines had a time-out by default keeps the one that it was launched with."""
    bind = op.get_bind()
    pipelines = "SELECT p.id, d.doc FROM pipeline p JOIN pipeline_doc d ON d.n = p.n"
    timeouts = {row.id: json.loads(row.doc).get("timeout", 0) for row in bind.exec_driver_sql(pipelines)}
    unfinished = f"SELECT submission_id FROM pipeline_run WHERE status NOT IN ({_listed(FINISHED)})"
    submissions = f"SELECT s.n, d.doc FROM submission s JOIN submission_doc d ON d.n = s.n WHERE s.id IN ({unfinished})"
    for row in bind.exec_driver_sql(submissions).all():
        doc = json.loads(row.doc)
        if doc.get("timeout") is None:
            _write("submission", row.n, {**doc, "timeout": timeouts.get(doc.get("pipeline_id", ""), 0)})
    waiting = f"c.kind = 'launch' AND c.state IN ({_listed(COMMAND_OPEN)})"
    launches = f"SELECT c.n, d.doc FROM command c JOIN command_doc d ON d.n = c.n WHERE {waiting}"
    for row in bind.exec_driver_sql(launches).all():
        doc = json.loads(row.doc)
        payload = doc.get("payload") or {}
        if payload.get("timeout") is None:
            timeout = timeouts.get(payload.get("pipeline", ""), 0)
            _write("command", row.n, {**doc, "payload": {**payload, "timeout": timeout}})


def _listed(words: frozenset[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _write(table: str, n: int, doc: dict[str, object]) -> None:
    text = json.dumps(doc, ensure_ascii=False)
    op.get_bind().exec_driver_sql(f"UPDATE {table}_doc SET doc = ? WHERE n = ?", (text, n))


def _fill(kind: type[Record], table: str, old: str) -> None:
    bind, at = op.get_bind(), home(kind)
    columns = [row[1] for row in bind.exec_driver_sql(f"PRAGMA table_info({table})")]
    listed, marks = ", ".join(map(quoted, columns)), ", ".join("?" for _ in columns)
    joined = f"SELECT o.n, o.revision, d.doc FROM {old} o JOIN {table}_doc d ON d.n = o.n"
    for row in bind.exec_driver_sql(joined).all():
        head = head_row(at.kind, decode(kind, row.doc), row.n, row.revision)
        bind.exec_driver_sql(f"INSERT INTO {table} ({listed}) VALUES ({marks})", tuple(head[name] for name in columns))
