"""Search with FAISS, and then exactly: the same answers as `ExactIndex`, sooner."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE, distances_to
from gallery.index.base import Changes, Contents, Neighbour
from gallery.index.exact import nearest_of_each

FIRST_LOOK = 64
WIDER = 4

ROUNDING = 1e-5
"""FAISS sums 48 float32 squares: relative error under (48 + 3) * 2**-24 = 3.1e-6 of a square."""


class FaissIndex:
    """FAISS proposes the nearest faces, exact distances decide.

    FAISS rounds, so a face that it left out is only known to be farther than its last proposal
    less the rounding. When the last identity of the answer is not nearer than that, or there are
    too few identities, it proposes more faces. A change waits for the search in progress.
    """

    def __init__(self) -> None:
        import faiss

        self._faces = faiss.IndexIDMap2(faiss.IndexFlatL2(EMBEDDING_SIZE))
        self._identity_of: dict[int, int] = {}
        self._revision = 0
        self._using = threading.Lock()

    @property
    def revision(self) -> int:
        return self._revision

    def __len__(self) -> int:
        return len(self._identity_of)

    def apply(self, changes: Changes) -> None:
        """A face that is added again takes its new vector."""
        import faiss

        with self._using:
            if changes.revision <= self._revision:
                return
            changed = np.union1d(changes.removed, changes.face_ids)
            held = [face_id for face_id in changed.tolist() if face_id in self._identity_of]
            if held:
                self._faces.remove_ids(faiss.IDSelectorBatch(np.array(held, np.int64)))
            if len(changes.face_ids):
                vectors = np.ascontiguousarray(changes.vectors, np.float32)
                self._faces.add_with_ids(vectors, changes.face_ids)
            for face_id in held:
                del self._identity_of[face_id]
            self._identity_of.update(
                zip(changes.face_ids.tolist(), changes.identity_ids.tolist(), strict=True)
            )
            self._revision = changes.revision

    def search(self, probe: NDArray[np.float32], top: int) -> Sequence[Neighbour]:
        with self._using:
            held = len(self._identity_of)
            proposed = min(held, max(FIRST_LOOK, WIDER * top))
            while proposed:
                found, unseen_from = self._look(probe, top, proposed)
                complete = len(found) >= top and found[-1].distance < unseen_from
                if complete or proposed == held:
                    return found
                proposed = min(held, WIDER * proposed)
            return ()

    def contents(self) -> Contents:
        with self._using:
            face_ids = np.fromiter(self._identity_of, np.int64, len(self._identity_of))
            identity_ids = np.fromiter(self._identity_of.values(), np.int64, len(face_ids))
            vectors = np.empty((0, EMBEDDING_SIZE), np.float32)
            if len(face_ids):
                vectors = self._faces.reconstruct_batch(face_ids)
            return Contents(self._revision, face_ids, identity_ids, vectors)

    def _look(
        self, probe: NDArray[np.float32], top: int, proposed: int
    ) -> tuple[tuple[Neighbour, ...], float]:
        """The best of the proposed faces, and a distance that no other face is nearer than.

        FAISS shares out probes, not faces, among its threads: for one probe more threads only
        wait for each other. OpenMP keeps that setting for each calling thread.
        """
        import faiss

        faiss.omp_set_num_threads(1)
        squares, ids = self._faces.search(probe[None], proposed)
        face_ids = ids[0]
        identity_ids = np.array([self._identity_of[face_id] for face_id in face_ids.tolist()])
        distances = distances_to(probe, self._faces.reconstruct_batch(face_ids))
        last = float(squares[0, -1])
        unseen_from = math.sqrt(last * (1 - ROUNDING)) if math.isfinite(last) else 0.0
        return nearest_of_each(face_ids, identity_ids, distances, top), unseen_from
