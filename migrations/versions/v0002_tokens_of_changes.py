"""A random number for each change, which tells two histories of a gallery apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Changes that were made before get theirs now."""
    with op.batch_alter_table("face_change", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(
            sa.Column("token", sa.Integer(), nullable=False, server_default=sa.text("(random())"))
        )


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("face_change", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("token")
