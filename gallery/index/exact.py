"""Search by looking at every face: the definition of right for every other index."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE, distances_to
from gallery.index.base import Changes, Contents, Neighbour


@dataclass(frozen=True, eq=False)
class _State:
    revision: int
    token: int
    face_ids: NDArray[np.int64]
    identity_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]


class ExactIndex:
    """Each change makes a new state, so a search in progress keeps the one it began with."""

    def __init__(self) -> None:
        none = np.empty(0, np.int64)
        self._state = _State(0, 0, none, none, np.empty((0, EMBEDDING_SIZE), np.float32))
        self._changing = threading.Lock()

    @property
    def revision(self) -> int:
        return self._state.revision

    @property
    def mark(self) -> tuple[int, int]:
        state = self._state
        return state.revision, state.token

    @property
    def structure(self) -> str:
        return "exact"

    def __len__(self) -> int:
        return len(self._state.face_ids)

    def apply(self, changes: Changes) -> None:
        """A face that is added again takes its new vector."""
        with self._changing:
            old = self._state
            if changes.revision <= old.revision:
                return
            changed = np.union1d(changes.removed, changes.face_ids)
            kept = ~np.isin(old.face_ids, changed)
            self._state = _State(
                changes.revision,
                changes.token,
                np.concatenate([old.face_ids[kept], changes.face_ids]),
                np.concatenate([old.identity_ids[kept], changes.identity_ids]),
                np.concatenate([old.vectors[kept], changes.vectors]),
            )

    def search(self, probe: NDArray[np.float32], top: int) -> Sequence[Neighbour]:
        state = self._state
        return nearest_of_each(
            state.face_ids, state.identity_ids, distances_to(probe, state.vectors), top
        )

    def settle(self) -> None:
        pass

    def contents(self) -> Contents:
        state = self._state
        return Contents(
            revision=state.revision,
            token=state.token,
            face_ids=state.face_ids,
            identity_ids=state.identity_ids,
            vectors=state.vectors,
            gone=np.zeros(len(state.face_ids), np.bool_),
            structure=self.structure,
        )

    def restore(self, contents: Contents) -> None:
        with self._changing:
            if self._state.revision or len(self._state.face_ids):
                raise ValueError("the index is not empty")
            held = ~contents.gone
            self._state = _State(
                contents.revision,
                contents.token,
                contents.face_ids[held],
                contents.identity_ids[held],
                contents.vectors[held],
            )


def nearest_of_each(
    face_ids: NDArray[np.int64],
    identity_ids: NDArray[np.int64],
    distances: NDArray[np.float64],
    top: int,
) -> tuple[Neighbour, ...]:
    """The `top` nearest identities by their nearest face, nearest first; ties by face id."""
    found: dict[int, Neighbour] = {}
    for row in map(int, np.lexsort((face_ids, distances))):
        identity_id = identity_ids.item(row)
        if identity_id not in found:
            found[identity_id] = Neighbour(identity_id, face_ids.item(row), distances.item(row))
            if len(found) == top:
                break
    return tuple(found.values())
