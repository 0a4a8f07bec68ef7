"""People, their faces, and the log of changes to faces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint("name_key", name="uq_identity_name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "face",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("crop", sa.LargeBinary(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("detection_score", sa.Float(), nullable=False),
        sa.Column("face_width", sa.Float(), nullable=False),
        sa.Column("sharpness", sa.Float(), nullable=False),
        sa.Column("brightness", sa.Float(), nullable=False),
        sa.Column("contrast", sa.Float(), nullable=False),
        sa.Column("yaw", sa.Float(), nullable=True),
        sa.Column("photo_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("length(embedding) = 192", name=op.f("ck_face_embedding_length")),
        sa.CheckConstraint("length(crop) = 2914", name=op.f("ck_face_crop_length")),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name="fk_face_identity_id"),
        sa.PrimaryKeyConstraint("id", name="pk_face"),
        sa.UniqueConstraint("identity_id", "photo_sha256", name="uq_face_identity_id_photo_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_face_model_id", "face", ["model_id"])
    op.create_table(
        "face_change",
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("face_id", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_face_change"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop everything."""
    op.drop_table("face_change")
    op.drop_table("face")
    op.drop_table("identity")
