"""The tables, as the newest migration leaves them.

Ids and revisions are never used again (AUTOINCREMENT). Every change to a face writes a
`face_change` row in the same transaction; `face_change.revision` is what an index remembers.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypedColumns,
    UniqueConstraint,
    text,
)

from gallery.store.columns import (
    CROP_BYTES,
    VECTOR_BYTES,
    CropType,
    ScopesType,
    UtcDateTime,
    VectorType,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class IdentityColumns(TypedColumns):
    """A person; name_key is what makes two names the same person's."""

    id = Column(Integer, primary_key=True)
    name = Column(String, nullable=False)
    name_key = Column(String, nullable=False)
    created_at = Column(UtcDateTime, nullable=False)


class FaceColumns(TypedColumns):
    """A stored face of a person; the photo itself is not kept."""

    id = Column(Integer, primary_key=True)
    identity_id = Column(Integer, ForeignKey("identity.id"), nullable=False)
    embedding = Column(VectorType, nullable=False)
    model_id = Column(String, nullable=False)
    crop = Column(CropType, nullable=False)
    detector = Column(String, nullable=False)
    detection_score = Column(Float, nullable=False)
    face_width = Column(Float, nullable=False)
    sharpness = Column(Float, nullable=False)
    brightness = Column(Float, nullable=False)
    contrast = Column(Float, nullable=False)
    yaw = Column(Float, nullable=True)
    photo_sha256 = Column(String, nullable=False)
    created_at = Column(UtcDateTime, nullable=False)


class FaceChangeColumns(TypedColumns):
    """One change to one face; no foreign key, since removed faces are gone.

    token: a random number that SQLite draws for each row. Revisions alone cannot tell that an older
    copy of the database was put in place and written to since: the same numbers then stand for
    other changes. The token of a revision is the same only in databases that share every change
    up to it, so an index that remembers both knows whether it belongs to this database.
    """

    revision = Column(Integer, primary_key=True)
    face_id = Column(Integer, nullable=False)
    removed = Column(Boolean, nullable=False)
    token = Column(Integer, nullable=False, server_default=text("(random())"))


class ApiKeyColumns(TypedColumns):
    """A key, without its secret; rows are kept for ever, so that no key ever means open doors.

    identity_id: the person it is bound to, no foreign key: a key of somebody who is gone stays,
    and can do nothing.
    """

    id = Column(String, primary_key=True)
    secret_sha256 = Column(String, nullable=False)
    name = Column(String, nullable=False)
    scopes = Column(ScopesType, nullable=False)
    scores = Column(Boolean, nullable=False)
    identity_id = Column(Integer, nullable=True)
    created_at = Column(UtcDateTime, nullable=False)
    expires_at = Column(UtcDateTime, nullable=True)
    last_used_at = Column(UtcDateTime, nullable=True)
    revoked_at = Column(UtcDateTime, nullable=True)


class SessionColumns(TypedColumns):
    """A browser that signed in; the token itself is only in its cookie."""

    token_sha256 = Column(String, primary_key=True)
    key_id = Column(String, ForeignKey("api_key.id"), nullable=False)
    expires_at = Column(UtcDateTime, nullable=False)


class FailedVerificationColumns(TypedColumns):
    """One photo, sent with a key, that did not match a person."""

    id = Column(Integer, primary_key=True)
    identity_id = Column(Integer, ForeignKey("identity.id", ondelete="CASCADE"), nullable=False)
    failed_at = Column(UtcDateTime, nullable=False)


class OnceColumns(TypedColumns):
    """A request that is to take effect once; no foreign key, as what it stored may be removed."""

    key = Column(String, primary_key=True)
    asked = Column(String, nullable=False)
    identity_id = Column(Integer, nullable=False)
    face_id = Column(Integer, nullable=True)
    created_at = Column(UtcDateTime, nullable=False)


identity = Table(
    "identity",
    metadata,
    IdentityColumns,
    UniqueConstraint("name_key"),
    sqlite_autoincrement=True,
)

face = Table(
    "face",
    metadata,
    FaceColumns,
    UniqueConstraint("identity_id", "photo_sha256"),
    CheckConstraint(f"length(embedding) = {VECTOR_BYTES}", name="embedding_length"),
    CheckConstraint(f"length(crop) = {CROP_BYTES}", name="crop_length"),
    Index(None, "model_id"),
    sqlite_autoincrement=True,
)

face_change = Table(
    "face_change",
    metadata,
    FaceChangeColumns,
    sqlite_autoincrement=True,
)

api_key = Table("api_key", metadata, ApiKeyColumns)

session = Table("session", metadata, SessionColumns, Index(None, "key_id"))

failed_verification = Table(
    "failed_verification",
    metadata,
    FailedVerificationColumns,
    Index(None, "identity_id"),
    Index(None, "failed_at"),
)

once = Table(
    "once",
    metadata,
    OnceColumns,
    Index(None, "created_at"),
)
