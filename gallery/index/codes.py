"""Short codes instead of vectors: a first look at every face, at a fraction of the memory traffic.

Each component of a vector becomes one of 16 values that were learned from the faces (4 bits;
`PQ48x4fs` of FAISS, 24 bytes a face instead of 192), and FAISS sums distances of codes 32 faces at
a time in registers. Codes round, so they only propose faces; exact distances decide.

In lists, codes lie with those of faces near them, and a search looks at the nearest lists only, of
2 million faces: for galleries so large that a look at every code takes too long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE

NAME = "PQ48x4fs"
LEARNED_FROM = 32_768
LEAST = 1024
"""Fewer faces than this are not worth learning from."""

MOST_LISTS = 2048
LEARNED_FROM_EACH = 40
SEEN, LEAST_SHARE = 2_000_000, 1 / 8
"""Faces whose lists a search looks at, and the least share of the lists."""


@dataclass(frozen=True, eq=False)
class Codes:
    """Codes of the first `count` rows; never changed, so many threads search it at once."""

    index: Any
    count: int
    learned_at: int

    @property
    def in_lists(self) -> bool:
        return hasattr(self.index, "nlist")

    @property
    def name(self) -> str:
        """As the index factory of FAISS calls it."""
        return f"IVF{self.index.nlist},{NAME}" if self.in_lists else NAME

    @classmethod
    def learn(cls, vectors: NDArray[np.float32], in_lists: bool = False) -> Codes:
        """Codes of the vectors, learned from a part of them; the same each time."""
        import faiss

        faiss.omp_set_num_threads(1)
        name, from_vectors = NAME, LEARNED_FROM
        if in_lists:
            lists = max(1, min(MOST_LISTS, len(vectors) // 512))
            name, from_vectors = f"IVF{lists},{NAME}", max(LEARNED_FROM, LEARNED_FROM_EACH * lists)
        index: Any = faiss.index_factory(EMBEDDING_SIZE, name)
        if in_lists:
            index.by_residual = False  # one table of distances a probe, not one a list
        step = max(1, len(vectors) // from_vectors)
        index.train(np.ascontiguousarray(vectors[::step][:from_vectors]))
        return cls(index, 0, len(vectors)).extended(vectors)

    def extended(self, vectors: NDArray[np.float32]) -> Codes:
        """With codes of the rows that follow; these codes stay as they are."""
        import faiss

        faiss.omp_set_num_threads(1)
        index: Any = faiss.clone_index(self.index)
        index.add(np.ascontiguousarray(vectors))
        count = self.count + len(vectors)
        if self.in_lists:
            share = min(1.0, max(LEAST_SHARE, SEEN / count))
            index.nprobe = math.ceil(index.nlist * share)
        return Codes(index, count, self.learned_at)

    def anew(self, vectors: NDArray[np.float32]) -> Codes:
        """Codes of other rows, as these learned to write them."""
        import faiss

        empty = faiss.clone_index(self.index)
        empty.reset()
        return Codes(empty, 0, self.learned_at).extended(vectors)

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
        return cls(index, count, count)
