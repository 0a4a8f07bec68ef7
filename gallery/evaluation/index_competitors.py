"""What the index is measured against, each used as its own documentation says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.evaluation.competitor import TOP, Built, Competitor
from gallery.evaluation.index_databases import pgvector, sqlite_vec
from gallery.index.base import Changes
from gallery.index.faiss_index import FaissIndex
from gallery.index.structure import Structure

OURS = "our index"
FLAT = "FAISS Flat"
ALONE = 100_000


def competitors(structure: Structure, threshold: float) -> tuple[Competitor, ...]:
    """Our index first; FAISS Flat second, which all are compared with."""

    @contextmanager
    def ours(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> Iterator[Built]:
        index = FaissIndex(structure, threshold, scratch=Path(tempfile.gettempdir()))
        rows = np.arange(len(vectors), dtype=np.int64)
        index.apply(Changes(1, rows, people, vectors, rows[:0]))
        index.settle()
        yield Built(lambda probe: index.search(probe, TOP)[0].face_id, index.structure)

    return (
        Competitor(OURS, ours),
        Competitor(FLAT, _flat),
        Competitor("numpy", _numpy, ("threadpoolctl",)),
        Competitor("usearch", _usearch, ("usearch",), 1_000_000),
        Competitor("sqlite-vec", sqlite_vec, ("apsw", "sqlite_vec")),
        Competitor("pgvector HNSW", pgvector, ("psycopg", "pgvector"), 1_000_000),
    )


@contextmanager
def _flat(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> Iterator[Built]:
    import faiss

    index = faiss.IndexFlatL2(EMBEDDING_SIZE)
    index.add(vectors)

    def search(probe: NDArray[np.float32]) -> int:
        faiss.omp_set_num_threads(1)
        return int(index.search(probe[None], TOP)[1][0, 0])

    yield Built(search, "IndexFlatL2")


@contextmanager
def _numpy(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> Iterator[Built]:
    """A copy of the vectors, so that its memory counts as that of the others does."""
    from threadpoolctl import threadpool_limits

    held = vectors.copy()
    squares = np.einsum("ij,ij->i", held, held)

    def search(probe: NDArray[np.float32]) -> int:
        near = squares - 2 * (held @ probe)
        first = np.argpartition(near, TOP)[:TOP]
        return int(first[np.argmin(near[first])])

    with threadpool_limits(1, user_api="blas"):
        yield Built(search, "matrix product")


@contextmanager
def _usearch(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> Iterator[Built]:
    """One thread builds the first part: faces added at the same time may never be found again
    (USearch #735). Two build what comes after, where that is rare and one would take long.
    """
    from usearch.index import Index

    index = Index(ndim=EMBEDDING_SIZE, metric="l2sq", dtype="f32")
    rows = np.arange(len(vectors), dtype=np.uint64)
    index.add(rows[:ALONE], vectors[:ALONE], threads=1)
    if len(vectors) > ALONE:
        index.add(rows[ALONE:], vectors[ALONE:], threads=2)

    def search(probe: NDArray[np.float32]) -> int:
        return int(index.search(probe, TOP, threads=1).keys[0])

    yield Built(search, "HNSW, its defaults")
