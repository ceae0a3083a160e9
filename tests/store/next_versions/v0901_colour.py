"""Gives notes a colour."""

import sqlalchemy as sa
from alembic import op

revision = "901"
down_revision = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("note", sa.Column("colour", sa.Text))
