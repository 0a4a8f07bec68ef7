"""The rows, asked for and given as values of the domain; always inside a unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, text, update

from gallery.domain.face import FaceCrop
from gallery.domain.identity import FaceSummary, Identity, NewFace, PersonName
from gallery.domain.quality import Quality
from gallery.store.tables import face, face_change, identity

MAX_ID = 2**63 - 1
"""The largest number that SQLite can be asked for; any id above it is nobody's."""


class IdentityRepository:
    """The people."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: PersonName) -> Identity:
        """A new person without faces; the name must be free."""
        now = datetime.now(UTC)
        added = self._connection.execute(
            insert(identity).values(name=name.value, name_key=name.key, created_at=now)
        )
        return Identity(_id_of(added.inserted_primary_key), name.value, now, face_count=0)

    def get(self, identity_id: int) -> Identity | None:
        if identity_id > MAX_ID:
            return None
        return self._one(_identities().where(identity.c.id == identity_id))

    def by_name(self, name: PersonName) -> Identity | None:
        return self._one(_identities().where(identity.c.name_key == name.key))

    def all(self) -> tuple[Identity, ...]:
        """Everybody, ordered by name whatever its case."""
        rows = self._connection.execute(_identities().order_by(identity.c.name_key))
        return tuple(_identity(row) for row in rows)

    def page(self, after: int, limit: int) -> tuple[Identity, ...]:
        """Up to `limit` people whose ids are above `after`, oldest first."""
        rows = self._connection.execute(
            _identities().where(identity.c.id > after).order_by(identity.c.id).limit(limit)
        )
        return tuple(_identity(row) for row in rows)

    def names(self) -> tuple[PersonName, ...]:
        rows = self._connection.execute(select(identity.c.name).order_by(identity.c.name_key))
        return tuple(PersonName(name) for (name,) in rows)

    def owners_of(self, face_ids: Sequence[int]) -> tuple[tuple[int, Identity], ...]:
        """(face id, person) of those of the faces that are stored, in no order."""
        owned = (
            _identities()
            .add_columns(face.c.id.label("face_id"))
            .join(face)
            .where(face.c.id.in_(face_ids))
        )
        return tuple((row.face_id, _identity(row)) for row in self._connection.execute(owned))

    def rename(self, identity_id: int, name: PersonName) -> None:
        self._connection.execute(
            update(identity)
            .where(identity.c.id == identity_id)
            .values(name=name.value, name_key=name.key)
        )

    def remove(self, identity_id: int) -> None:
        """The person's faces must be removed before."""
        self._connection.execute(delete(identity).where(identity.c.id == identity_id))

    def count(self) -> int:
        return self._connection.execute(select(func.count()).select_from(identity)).scalar_one()

    def _one(self, query: Select[Any]) -> Identity | None:
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _identity(row)


class FaceRepository:
    """The faces; each change is logged in `face_change` in the same transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, identity_id: int, new: NewFace) -> FaceSummary:
        """A new face of an existing person who does not hold the photo yet."""
        return self.add_many([(identity_id, new)])[0]

    def add_many(self, faces: Sequence[tuple[int, NewFace]]) -> tuple[FaceSummary, ...]:
        """New faces of existing people, who do not hold the photos yet: (person's id, face).

        The ids are drawn here, as nobody else can write meanwhile: the rows go in one statement.
        """
        if not faces:
            return ()
        now = datetime.now(UTC)
        first = self._last_id() + 1
        rows = [
            _row(face_id, identity_id, new, now)
            for face_id, (identity_id, new) in enumerate(faces, start=first)
        ]
        self._connection.execute(insert(face), rows)
        log_changes(self._connection, [row["id"] for row in rows], removed=False)
        return tuple(
            FaceSummary(
                id=face_id,
                identity_id=identity_id,
                model_id=new.embedding.model_id,
                detector=new.detector,
                quality=new.quality,
                photo_sha256=new.photo_sha256,
                created_at=now,
            )
            for face_id, (identity_id, new) in enumerate(faces, start=first)
        )

    def photos_of(self, identity_id: int) -> frozenset[str]:
        """The SHA-256 of every photo that a person holds."""
        held = select(face.c.photo_sha256).where(face.c.identity_id == identity_id)
        return frozenset(self._connection.execute(held).scalars())

    def _last_id(self) -> int:
        """The highest face id ever given (AUTOINCREMENT keeps it, also of removed faces)."""
        last = text("SELECT seq FROM sqlite_sequence WHERE name = 'face'")
        return self._connection.execute(last).scalar() or 0

    def summaries_of(self, identity_id: int) -> tuple[FaceSummary, ...]:
        """The person's faces, oldest first."""
        rows = self._connection.execute(
            select(*_SUMMARY).where(face.c.identity_id == identity_id).order_by(face.c.id)
        )
        return tuple(_summary(row) for row in rows)

    def crop(self, identity_id: int, face_id: int) -> FaceCrop | None:
        if face_id > MAX_ID:
            return None
        return self._connection.execute(
            select(face.c.crop).where(face.c.id == face_id, face.c.identity_id == identity_id)
        ).scalar_one_or_none()

    def remove(self, identity_id: int, face_id: int) -> bool:
        """False when the person has no such face."""
        if face_id > MAX_ID:
            return False
        gone = self._connection.execute(
            delete(face).where(face.c.id == face_id, face.c.identity_id == identity_id)
        )
        if gone.rowcount:
            log_changes(self._connection, [face_id], removed=True)
        return bool(gone.rowcount)

    def remove_all(self, identity_id: int) -> None:
        """Every face of a person."""
        ids = self._connection.execute(
            select(face.c.id).where(face.c.identity_id == identity_id).order_by(face.c.id)
        ).scalars()
        log_changes(self._connection, ids.all(), removed=True)
        self._connection.execute(delete(face).where(face.c.identity_id == identity_id))

    def count(self) -> int:
        return self._connection.execute(select(func.count()).select_from(face)).scalar_one()


def _row(face_id: int, identity_id: int, new: NewFace, now: datetime) -> dict[str, Any]:
    quality = new.quality
    return {
        "id": face_id,
        "identity_id": identity_id,
        "embedding": new.embedding.vector,
        "model_id": new.embedding.model_id,
        "crop": new.crop,
        "detector": new.detector,
        "detection_score": quality.detection_score,
        "face_width": quality.face_width,
        "sharpness": quality.sharpness,
        "brightness": quality.brightness,
        "contrast": quality.contrast,
        "yaw": quality.yaw,
        "photo_sha256": new.photo_sha256,
        "created_at": now,
    }


def log_changes(connection: Connection, face_ids: Sequence[int], *, removed: bool) -> None:
    """One `face_change` row a face, in the transaction of the change itself."""
    if face_ids:
        rows = [{"face_id": face_id, "removed": removed} for face_id in face_ids]
        connection.execute(insert(face_change), rows)


def _identities() -> Select[Any]:
    face_count = (
        select(func.count())
        .where(face.c.identity_id == identity.c.id)
        .correlate(identity)
        .label("face_count")
    )
    return select(identity.c.id, identity.c.name, identity.c.created_at, face_count)


def _identity(row: Row[*tuple[Any, ...]]) -> Identity:
    return Identity(row.id, row.name, row.created_at, row.face_count)


_SUMMARY = (
    face.c.id,
    face.c.identity_id,
    face.c.model_id,
    face.c.detector,
    face.c.photo_sha256,
    face.c.created_at,
    face.c.detection_score,
    face.c.face_width,
    face.c.sharpness,
    face.c.brightness,
    face.c.contrast,
    face.c.yaw,
)


def _summary(row: Row[Any]) -> FaceSummary:
    return FaceSummary(
        id=row.id,
        identity_id=row.identity_id,
        model_id=row.model_id,
        detector=row.detector,
        quality=Quality(
            detection_score=row.detection_score,
            face_width=row.face_width,
            sharpness=row.sharpness,
            brightness=row.brightness,
            contrast=row.contrast,
            yaw=row.yaw,
        ),
        photo_sha256=row.photo_sha256,
        created_at=row.created_at,
    )


def _id_of(inserted: Row[Any] | None) -> int:
    assert inserted is not None  # noqa: S101 - an INSERT of one row always has a key
    return int(inserted[0])
