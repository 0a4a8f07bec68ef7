"""Short codes instead of vectors: a first look at every face, at a fraction of the memory traffic.

Each component of a vector becomes one of 16 values that were learned from the faces (4 bits;
`PQ48x4fs` of FAISS, 24 bytes a face instead of 192), and FAISS sums distances of codes 32 faces at
a time in registers. Codes round, so they only propose faces; exact distances decide.

Where codes are too many for the processor's cache, bytes cost more than rounding: the axes along
which faces differ least share 4 bits two by two (18 bytes), and more faces are proposed.

In lists, codes lie with those of faces near them, and a search looks at the nearest lists only, of
2.25 million faces: for galleries so large that a look at every code takes too long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE

LEARNED_FROM = 32_768
LEAST = 1024
"""Fewer faces than this are not worth learning from."""

AXES_ALONE = 24
PAIRS = (EMBEDDING_SIZE - AXES_ALONE) // 2

MOST_LISTS = 2048
LEARNED_FROM_EACH = 40
SEEN, LEAST_SHARE = 2_250_000, 1 / 8
"""Faces whose lists a search looks at, and the least share of the lists."""


class Layout(IntEnum):
    """How codes are written, for few faces first."""

    SINGLE = 1
    """4 bits a component."""
    PAIRED = 2
    """4 bits for each of the 24 axes along which faces differ most, and for each pair of others."""
    LISTS = 3
    """The same, in lists of faces that lie near each other."""

    @property
    def proposes(self) -> int:
        """How many faces must be proposed so that the nearest one is hardly ever missed."""
        return 32 if self is Layout.SINGLE else 128


@dataclass(frozen=True, eq=False)
class Codes:
    """Codes of the first `count` rows; never changed, so many threads search it at once."""

    index: Any
    layout: Layout
    count: int
    learned_at: int

    @property
    def name(self) -> str:
        """As the index factory of FAISS calls it, without the turn to the axes."""
        inner = _inner(self.index)
        name = f"PQ{inner.pq.M}x4fs"
        return f"IVF{inner.nlist},{name}" if self.layout is Layout.LISTS else name

    @classmethod
    def learn(cls, vectors: NDArray[np.float32], layout: Layout = Layout.SINGLE) -> Codes:
        """Codes of the vectors, learned from a part of them; the same each time."""
        import faiss

        faiss.omp_set_num_threads(1)
        lists = max(1, min(MOST_LISTS, len(vectors) // 512)) if layout is Layout.LISTS else 0
        from_vectors = max(LEARNED_FROM, LEARNED_FROM_EACH * lists)
        step = max(1, len(vectors) // from_vectors)
        learned_from = np.ascontiguousarray(vectors[::step][:from_vectors])
        if layout is Layout.SINGLE:
            index: Any = faiss.index_factory(EMBEDDING_SIZE, f"PQ{EMBEDDING_SIZE}x4fs")
        else:
            index = _paired(learned_from, lists)
        index.train(learned_from)
        return cls(index, layout, 0, len(vectors)).extended(vectors)

    def extended(self, vectors: NDArray[np.float32]) -> Codes:
        """With codes of the rows that follow; these codes stay as they are."""
        import faiss

        faiss.omp_set_num_threads(1)
        index: Any = faiss.clone_index(self.index)
        index.add(np.ascontiguousarray(vectors))
        count = self.count + len(vectors)
        if self.layout is Layout.LISTS:
            inner, share = _inner(index), min(1.0, max(LEAST_SHARE, SEEN / count))
            inner.nprobe = math.ceil(inner.nlist * share)
        return Codes(index, self.layout, count, self.learned_at)

    def anew(self, vectors: NDArray[np.float32]) -> Codes:
        """Codes of other rows, as these learned to write them."""
        import faiss

        empty = faiss.clone_index(self.index)
        empty.reset()
        return Codes(empty, self.layout, 0, self.learned_at).extended(vectors)

    def nearest(self, probe: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """About the nearest rows, int64 (count,) at most.

        FAISS shares out probes, not faces, among its threads: for one probe more threads only
        wait for each other. OpenMP keeps that setting for each calling thread.
        """
        import faiss

        faiss.omp_set_num_threads(1)
        _, rows = self.index.search(probe[None], count)
        found: NDArray[np.int64] = rows[0]
        return found if found[-1] >= 0 else found[found >= 0]

    def to_bytes(self) -> bytes:
        import faiss

        return bytes(faiss.serialize_index(self.index))

    @classmethod
    def from_bytes(cls, stored: bytes, count: int) -> Codes:
        """Refuses with ValueError what is not the codes of so many rows."""
        import faiss

        try:
            index = faiss.deserialize_index(np.frombuffer(stored, np.uint8))
        except RuntimeError as error:
            raise ValueError("the codes cannot be read") from error
        if index.ntotal != count or index.d != EMBEDDING_SIZE:
            raise ValueError(f"codes of {index.ntotal} faces, not {count}")
        if not hasattr(_inner(index), "pq"):
            raise ValueError("the codes are of another kind")
        return cls(index, _layout(index), count, count)


def _paired(vectors: NDArray[np.float32], lists: int) -> Any:
    """An untrained index that turns vectors to their principal axes and pairs the lesser ones.

    FAISS writes parts of equal length: two components each. An axis alone stands beside a zero;
    of the others, the one along which faces differ most stands beside that of the least.
    """
    import faiss

    _, axes = np.linalg.eigh(np.cov(vectors.T, dtype=np.float64))
    axes = axes.T[::-1]
    turn = np.zeros((AXES_ALONE + PAIRS, 2, EMBEDDING_SIZE), np.float32)
    turn[:, 0] = axes[: AXES_ALONE + PAIRS]
    turn[AXES_ALONE:, 1] = axes[: -PAIRS - 1 : -1]
    width = 2 * len(turn)
    code = f"PQ{len(turn)}x4fs"
    index: Any = faiss.index_factory(width, f"IVF{lists},{code}" if lists else code)
    if lists:
        index.by_residual = False  # one table of distances a probe, not one a list
    turning = faiss.LinearTransform(EMBEDDING_SIZE, width, False)
    faiss.copy_array_to_vector(turn.ravel(), turning.A)
    turning.is_trained = True
    return faiss.IndexPreTransform(turning, index)


def _layout(index: Any) -> Layout:
    inner = _inner(index)
    if hasattr(inner, "nlist"):
        return Layout.LISTS
    return Layout.SINGLE if inner is index else Layout.PAIRED


def _inner(index: Any) -> Any:
    """The index behind the turn to the axes, where there is one."""
    import faiss

    return faiss.downcast_index(index.index) if hasattr(index, "chain") else index
