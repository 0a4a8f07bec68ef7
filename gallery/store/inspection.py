"""What the database says about its own health, read past the checks that reject damaged values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, LargeBinary, Select, func, select, text, type_coerce, union_all

from gallery.domain.face import FaceCrop
from gallery.store.columns import CROP_BYTES, VECTOR_BYTES, crop_from
from gallery.store.repositories import log_changes
from gallery.store.tables import face, face_change, identity

_PER_FACE = "CHECK constraint failed in face"
"""SQLite's word for a vector or crop of a wrong length, which is told face by face."""


@dataclass(frozen=True, eq=False)
class RawFace:
    """A stored face as its bytes are, right or not.

    vector: float32 (48,), None when it has not 192 bytes or is not finite. crop: None when it has
    not 2914 bytes. crop_numbers: sharpness, brightness and contrast, measured when it was stored.
    """

    face_id: int
    model_id: str
    vector: NDArray[np.float32] | None
    crop: FaceCrop | None
    crop_numbers: tuple[float, float, float]


class InspectionRepository:
    """Structure, references, the log of changes, and every face's bytes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def structural_damage(self) -> tuple[str, ...]:
        """SQLite's own complaints about the file; empty when its structure is whole."""
        rows = self._connection.execute(text("PRAGMA integrity_check")).scalars().all()
        return tuple(row for row in rows if row != "ok" and not row.startswith(_PER_FACE))

    def faces_without_person(self) -> tuple[int, ...]:
        return self._ids(select(face.c.id).where(face.c.identity_id.not_in(select(identity.c.id))))

    def faces_never_logged(self) -> tuple[int, ...]:
        """Stored, but no change says that they came: no running index knows them."""
        came = select(face_change.c.face_id).where(~face_change.c.removed)
        return self._ids(select(face.c.id).where(face.c.id.not_in(came)))

    def faces_logged_as_removed(self) -> tuple[int, ...]:
        """Stored, though their last change says that they are gone."""
        newest = select(func.max(face_change.c.revision)).group_by(face_change.c.face_id)
        gone = select(face_change.c.face_id).where(
            face_change.c.revision.in_(newest), face_change.c.removed
        )
        return self._ids(select(face.c.id).where(face.c.id.in_(gone)))

    def faces_gone_without_a_trace(self) -> tuple[int, ...]:
        """Logged, not removed by any change, and yet not stored: an index still finds them."""
        removed = select(face_change.c.face_id).where(face_change.c.removed)
        return self._ids(
            select(face_change.c.face_id)
            .where(face_change.c.face_id.not_in(select(face.c.id)))
            .where(face_change.c.face_id.not_in(removed))
            .distinct()
        )

    def ids_used_again(self) -> tuple[int, ...]:
        """Stored faces that came after they had been removed."""
        removals = face_change.alias()
        return self._ids(
            select(face_change.c.face_id)
            .join(removals, removals.c.face_id == face_change.c.face_id)
            .where(face_change.c.face_id.in_(select(face.c.id)))
            .where(removals.c.removed, ~face_change.c.removed)
            .where(removals.c.revision < face_change.c.revision)
            .distinct()
        )

    def counters_behind(self) -> bool:
        """Whether an id of the past could be given once more."""
        return any(highest > counter for _, highest, counter in self._counters())

    def face_ids(self) -> NDArray[np.int64]:
        """Every face, ascending."""
        return np.array(self._ids(select(face.c.id)), np.int64)

    def raw_faces(self, face_ids: Sequence[int]) -> tuple[RawFace, ...]:
        """Those of the faces that are stored, by id."""
        rows = self._connection.execute(
            select(
                face.c.id,
                face.c.model_id,
                type_coerce(face.c.embedding, LargeBinary),
                type_coerce(face.c.crop, LargeBinary),
                face.c.sharpness,
                face.c.brightness,
                face.c.contrast,
            )
            .where(face.c.id.in_(face_ids))
            .order_by(face.c.id)
        )
        return tuple(
            RawFace(face_id, model_id, _vector(vector), _crop(crop), tuple(numbers))
            for face_id, model_id, vector, crop, *numbers in rows
        )

    def changes(self) -> int:
        return self._connection.execute(select(func.count()).select_from(face_change)).scalar_one()

    def log_as_they_are(self, came: Sequence[int], gone: Sequence[int]) -> None:
        """Write the changes that are missing from the log."""
        log_changes(self._connection, came, removed=False)
        log_changes(self._connection, gone, removed=True)

    def mend_counters(self) -> None:
        """Let the next ids be ones that were never used."""
        for table, highest, counter in self._counters():
            if highest > counter:  # its row may be missing, and no constraint allows an upsert
                for statement in (
                    "DELETE FROM sqlite_sequence WHERE name = :name",
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)",
                ):
                    self._connection.execute(text(statement), {"seq": highest, "name": table})

    def _counters(self) -> tuple[tuple[str, int, int], ...]:
        """(table, highest id known, highest id that SQLite believes it gave)."""
        known = {
            "identity": select(func.max(identity.c.id)),
            "face": _highest_face_id(),
            "face_change": select(func.max(face_change.c.revision)),
        }
        rows = self._connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
        given: dict[str, int] = {name: seq for name, seq in rows}  # noqa: C416 - mypy needs it
        return tuple(
            (table, self._connection.execute(highest).scalar() or 0, given.get(table) or 0)
            for table, highest in known.items()
        )

    def _ids(self, query: Select[int]) -> tuple[int, ...]:
        return tuple(sorted(self._connection.execute(query).scalars()))


def _highest_face_id() -> Select[int]:
    both = union_all(
        select(func.max(face.c.id).label("id")), select(func.max(face_change.c.face_id))
    ).subquery()
    return select(func.max(both.c.id))


def _vector(stored: bytes) -> NDArray[np.float32] | None:
    if len(stored) != VECTOR_BYTES:
        return None
    vector = np.frombuffer(stored, "<f4").astype(np.float32)
    return vector if np.isfinite(vector).all() else None


def _crop(stored: bytes) -> FaceCrop | None:
    whole = len(stored) == CROP_BYTES
    return crop_from(stored) if whole else None
