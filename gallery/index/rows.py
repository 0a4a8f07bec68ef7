"""Faces in arrays that grow: each change makes a new view, which shares the memory of the old."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.index.mapped import mapped

LEAST_ROOM = 1024
MAPPED_FROM = 4_000_000
"""Rows from which the vectors lie in a mapped file, where there is a folder for it: 768 MB."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The first `count` rows of arrays with room for more; a row is never written twice.

    Only the newest view may be changed, by one thread at a time: that writes behind the rows of
    every older view, whose searches go on undisturbed. Rows of removed faces stay and are marked
    in `gone`, which is copied for it. The first `in_order` rows are by ascending face id. Room
    that no row has used yet takes address space, not memory.

    scratch: a folder for the mapped file of the vectors of many rows; None keeps all in memory.
    """

    count: int
    in_order: int
    gone_count: int
    gone: NDArray[np.bool_]
    all_face_ids: NDArray[np.int64]
    all_identity_ids: NDArray[np.int64]
    all_vectors: NDArray[np.float32]
    scratch: Path | None = None

    @classmethod
    def of(
        cls,
        face_ids: NDArray[np.int64],
        identity_ids: NDArray[np.int64],
        vectors: NDArray[np.float32],
        gone: NDArray[np.bool_] | None = None,
        scratch: Path | None = None,
    ) -> Rows:
        """Copies of the arrays, with room for a quarter more."""
        count = len(face_ids)
        if not len(identity_ids) == len(vectors) == count:
            raise ValueError(f"{count} ids, {len(identity_ids)} identities, {len(vectors)} vectors")
        room = count + max(LEAST_ROOM, count // 4)
        marked = np.zeros(room, np.bool_)
        if gone is not None:
            marked[:count] = gone
        rises = np.flatnonzero(face_ids[1:] <= face_ids[:-1])
        return cls(
            count=count,
            in_order=int(rises[0]) + 1 if len(rises) else count,
            gone_count=int(np.count_nonzero(marked)),
            gone=marked,
            all_face_ids=_with_room(face_ids, room),
            all_identity_ids=_with_room(identity_ids, room),
            all_vectors=_vectors_with_room(vectors, room, scratch),
            scratch=scratch,
        )

    @classmethod
    def none(cls, scratch: Path | None = None) -> Rows:
        ids = np.empty(0, np.int64)
        return cls.of(ids, ids, np.empty((0, EMBEDDING_SIZE), np.float32), scratch=scratch)

    @property
    def face_ids(self) -> NDArray[np.int64]:
        return self.all_face_ids[: self.count]

    @property
    def identity_ids(self) -> NDArray[np.int64]:
        return self.all_identity_ids[: self.count]

    @property
    def vectors(self) -> NDArray[np.float32]:
        return self.all_vectors[: self.count]

    @property
    def held(self) -> int:
        """How many faces are not gone."""
        return self.count - self.gone_count

    def changed(
        self,
        face_ids: NDArray[np.int64],
        identity_ids: NDArray[np.int64],
        vectors: NDArray[np.float32],
        removed: NDArray[np.int64],
    ) -> Rows:
        """The rows after a change; a face that is added again leaves its old row."""
        gone, leaving = self.gone, self._find(np.union1d(removed, face_ids))
        if len(leaving):
            gone = gone.copy()
            gone[leaving] = True
        rows = self._replaced(gone=gone, gone_count=self.gone_count + len(leaving))
        return rows._appended(face_ids, identity_ids, vectors) if len(face_ids) else rows

    def tidy(self) -> Rows:
        """The held faces only, by face id, in memory of their own."""
        held = np.flatnonzero(~self.gone[: self.count])
        order = held[np.argsort(self.face_ids[held], kind="stable")]
        identity_ids, vectors = self.identity_ids[order], self.vectors[order]
        return Rows.of(self.face_ids[order], identity_ids, vectors, scratch=self.scratch)

    def _appended(
        self,
        face_ids: NDArray[np.int64],
        identity_ids: NDArray[np.int64],
        vectors: NDArray[np.float32],
    ) -> Rows:
        order = np.argsort(face_ids, kind="stable")
        count = self.count + len(order)
        last = int(self.face_ids[-1]) if self.count else -1
        follows = self.in_order == self.count and int(face_ids[order[0]]) > last
        rows = self if count <= len(self.gone) else self._roomier(count)
        rows.all_face_ids[self.count : count] = face_ids[order]
        rows.all_identity_ids[self.count : count] = identity_ids[order]
        rows.all_vectors[self.count : count] = vectors[order]
        return rows._replaced(count=count, in_order=count if follows else self.in_order)

    def _roomier(self, count: int) -> Rows:
        room = count + max(LEAST_ROOM, count // 4)
        return self._replaced(
            gone=_with_room(self.gone[: self.count], room, blank=True),
            all_face_ids=_with_room(self.face_ids, room),
            all_identity_ids=_with_room(self.identity_ids, room),
            all_vectors=_vectors_with_room(self.vectors, room, self.scratch),
        )

    def _find(self, face_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows that hold these faces now; face_ids ascend."""
        if not len(face_ids) or not self.count:
            return np.empty(0, np.int64)
        ordered = self.face_ids[: self.in_order]
        places = np.searchsorted(ordered, face_ids)
        places = places[places < self.in_order]
        found = places[np.isin(ordered[places], face_ids)] if len(places) else places
        if self.in_order < self.count:
            others = np.flatnonzero(np.isin(self.face_ids[self.in_order :], face_ids))
            found = np.concatenate([found, others + self.in_order])
        found = np.unique(found)
        return found[~self.gone[found]].astype(np.int64)

    def _replaced(self, **changes: Any) -> Rows:
        return replace(self, **changes)


def _with_room(array: NDArray[Any], room: int, *, blank: bool = False) -> NDArray[Any]:
    make = np.zeros if blank else np.empty
    roomy = make((room, *array.shape[1:]), array.dtype)
    roomy[: len(array)] = array
    return roomy


def _vectors_with_room(
    vectors: NDArray[np.float32], room: int, scratch: Path | None
) -> NDArray[np.float32]:
    roomy = None
    if scratch is not None and room >= MAPPED_FROM:
        roomy = mapped((room, EMBEDDING_SIZE), scratch)
    if roomy is None:
        return _with_room(vectors, room)
    roomy[: len(vectors)] = vectors
    return roomy
