"""Makes all notes red."""

from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Fill the column."""
    op.execute("UPDATE note SET colour = 'red'")
