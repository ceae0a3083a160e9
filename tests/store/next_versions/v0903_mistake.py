"""Begins well and fails."""

from alembic import op

revision = "903"
down_revision = "902"


def upgrade() -> None:
    """Fail in the middle."""
    op.drop_table("label")
    op.execute("UPDATE nowhere SET colour = 'red'")
