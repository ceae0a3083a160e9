"""Makes all notes red."""

from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Fill the column."""
    op.execute("UPDATE note SET colour = 'red'")
