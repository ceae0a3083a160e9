"""Runs in groups by pipeline, no longer by its name, which pipelines of several projects share. Only indexes change."""

from __future__ import annotations

from typing import Final

from alembic import op

revision = "4"
down_revision = "3"

GONE: Final = ("ix_pipeline_run_pipeline_created_status", "ix_pipeline_run_pipeline_id_created")
"""Indexes that nothing asks for any more."""


def upgrade() -> None:
    """Put the index of the new groups in the place of that of the old ones."""
    for name in GONE:
        op.drop_index(name)
    op.create_index(
        "ix_pipeline_run_pipeline_id_created_status", "pipeline_run", ["pipeline_id", "created", "id", "status"]
    )
