"""Makes all notes red."""

from alembic import op

revision = "902"
down_revision = "901"


def upgrade() -> None:
    """Fill the column."""
    op.execute("UPDATE note SET colour = 'red'")
