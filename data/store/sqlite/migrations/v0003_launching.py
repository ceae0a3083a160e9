"""Places in the queue, RUN_IDs of tests, and what GitLab says of refs, schedules, previews and test reports."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from data.model import Command, Record, RunInfo, decode
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


def _fill(kind: type[Record], table: str, old: str) -> None:
    bind, at = op.get_bind(), home(kind)
    columns = [row[1] for row in bind.exec_driver_sql(f"PRAGMA table_info({table})")]
    listed, marks = ", ".join(map(quoted, columns)), ", ".join("?" for _ in columns)
    joined = f"SELECT o.n, o.revision, d.doc FROM {old} o JOIN {table}_doc d ON d.n = o.n"
    for row in bind.exec_driver_sql(joined).all():
        head = head_row(at.kind, decode(kind, row.doc), row.n, row.revision)
        bind.exec_driver_sql(f"INSERT INTO {table} ({listed}) VALUES ({marks})", tuple(head[name] for name in columns))
