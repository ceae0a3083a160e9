"""Makes all notes red."""

from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Fill the column."""
    op.execute("UPDATE note SET colour = 'red'")
