"""Begins well and fails."""

from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Fail in the middle."""
    op.drop_table("label")
    op.execute("UPDATE nowhere SET colour = 'red'")
