"""The points of the stored faces: for search, for catching up, and for a change of model."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, LargeBinary, Select, func, select, type_coerce, update

from gallery.domain.embedding import Embedding
from gallery.store.columns import vectors_from
from gallery.store.repositories import log_changes
from gallery.store.tables import face, face_change

ROWS_AT_ONCE = 10_000
_NO_IDS = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class StoredVectors:
    """One row a face, by face id: ids and identities int64 (N,), vectors float32 (N, 48)."""

    face_ids: NDArray[np.int64]
    identity_ids: NDArray[np.int64]
    model_ids: tuple[str, ...]
    vectors: NDArray[np.float32]


class VectorRepository:
    """The points, of one model or of one person, and what has changed among them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last_revision(self) -> int:
        """The revision of the newest change; 0 before the first."""
        newest = self._connection.execute(select(func.max(face_change.c.revision))).scalar_one()
        return newest or 0

    def token_of(self, revision: int) -> int | None:
        """The random number of a change; None for one that is not there, 0 before the first."""
        if revision == 0:
            return 0
        return self._connection.execute(
            select(face_change.c.token).where(face_change.c.revision == revision)
        ).scalar_one_or_none()

    def vectors_of(self, identity_id: int) -> StoredVectors:
        """All faces of a person, whatever their model."""
        return self._vectors(_vectors().where(face.c.identity_id == identity_id))

    def vectors_of_model(self, model_id: str) -> StoredVectors:
        """All faces of a model."""
        return self._vectors(_vectors().where(face.c.model_id == model_id))

    def changed_since(
        self, revision: int, model_id: str
    ) -> tuple[StoredVectors, NDArray[np.int64]]:
        """Of the faces changed after a revision: those of a model as they are now, and the ids
        of those that are gone or of another model."""
        changed = select(face_change.c.face_id).where(face_change.c.revision > revision).distinct()
        faces = self._vectors(_vectors().where(face.c.id.in_(changed), face.c.model_id == model_id))
        ids = np.array(self._connection.execute(changed).scalars().all(), dtype=np.int64)
        return faces, np.setdiff1d(ids, faces.face_ids)

    def any_of_other_models(self, model_id: str) -> bool:
        """Two looks at the ends of an index, however many faces there are."""
        ends = select(
            select(func.min(face.c.model_id)).scalar_subquery(),
            select(func.max(face.c.model_id)).scalar_subquery(),
        )
        first, last = self._connection.execute(ends).one()
        return first is not None and (first != model_id or last != model_id)

    def count_of_other_models(self, model_id: str) -> int:
        return self._connection.execute(
            select(func.count()).select_from(face).where(face.c.model_id != model_id)
        ).scalar_one()

    def faces_of_other_models(self, model_id: str, after: int, limit: int) -> tuple[int, ...]:
        """The ids of up to `limit` of them above `after`, ascending."""
        rows = self._connection.execute(
            select(face.c.id)
            .where(face.c.model_id != model_id, face.c.id > after)
            .order_by(face.c.id)
            .limit(limit)
        )
        return tuple(rows.scalars())

    def replace_embedding(self, face_id: int, embedding: Embedding) -> bool:
        """False when the face is gone by now."""
        replaced = self._connection.execute(
            update(face)
            .where(face.c.id == face_id)
            .values(embedding=embedding.vector, model_id=embedding.model_id)
        )
        if replaced.rowcount:
            log_changes(self._connection, [face_id], removed=False)
        return bool(replaced.rowcount)

    def _vectors(self, query: Select[int, int, str, bytes]) -> StoredVectors:
        """Read by the driver itself, many rows at a time: five times as fast for a million."""
        compiled = query.order_by(face.c.id).compile(dialect=self._connection.dialect)
        given = [compiled.params[name] for name in compiled.positiontup or ()]
        cursor = self._connection.connection.cursor()
        ids, identities = [_NO_IDS], [_NO_IDS]
        vectors, model_ids = [vectors_from([])], list[str]()
        try:
            cursor.execute(str(compiled), given)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                columns = tuple(zip(*rows, strict=True))
                ids.append(np.array(columns[0], np.int64))
                identities.append(np.array(columns[1], np.int64))
                model_ids.extend(map(sys.intern, columns[2]))
                vectors.append(vectors_from(columns[3]))
        finally:
            cursor.close()
        return StoredVectors(
            face_ids=np.concatenate(ids),
            identity_ids=np.concatenate(identities),
            model_ids=tuple(model_ids),
            vectors=np.concatenate(vectors),
        )


def _vectors() -> Select[int, int, str, bytes]:
    return select(
        face.c.id,
        face.c.identity_id,
        face.c.model_id,
        type_coerce(face.c.embedding, LargeBinary),
    )
