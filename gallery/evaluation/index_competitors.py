"""What the index is measured against, each used as its own documentation says."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.index.base import Changes
from gallery.index.faiss_index import FaissIndex
from gallery.index.structure import Structure

TOP = 5
OURS = "our index"
FLAT = "FAISS Flat"

Search = Callable[[NDArray[np.float32]], int]
"""A probe, float32 (48,), in; the row of the nearest face out."""
Build = Callable[[NDArray[np.float32], NDArray[np.int64]], tuple[Search, str]]
"""Vectors (N, 48) and the person of each in; how to search, and what was built, out."""


@dataclass(frozen=True)
class Competitor:
    """needs: a package that may be missing. most_faces: above it, building takes too long."""

    name: str
    build: Build
    needs: str | None = None
    most_faces: int | None = None

    def why_not(self, faces: int) -> str | None:
        """The reason to leave it out of a gallery of that size; None to measure it."""
        if self.needs is not None:
            try:
                import_module(self.needs)
            except ImportError as error:
                return f"{self.needs} cannot be imported: {error}"
        if self.needs == "sqlite_vec" and not hasattr(sqlite3.Connection, "enable_load_extension"):
            return "this Python's sqlite3 cannot load extensions"
        if self.most_faces is not None and faces > self.most_faces:
            return f"building takes too long above {self.most_faces:,} faces"
        return None


def competitors(structure: Structure, threshold: float) -> tuple[Competitor, ...]:
    """Our index first; FAISS Flat second, which all are compared with."""

    def ours(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> tuple[Search, str]:
        index = FaissIndex(structure, threshold, scratch=Path(tempfile.gettempdir()))
        rows = np.arange(len(vectors), dtype=np.int64)
        index.apply(Changes(1, rows, people, vectors, rows[:0]))
        index.settle()
        return lambda probe: index.search(probe, TOP)[0].face_id, index.structure

    return (
        Competitor(OURS, ours),
        Competitor(FLAT, _flat),
        Competitor("numpy", _numpy),
        Competitor("usearch", _usearch, "usearch", 100_000),
        Competitor("sqlite-vec", _sqlite_vec, "sqlite_vec", 300_000),
    )


def _flat(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> tuple[Search, str]:
    import faiss

    index = faiss.IndexFlatL2(EMBEDDING_SIZE)
    index.add(vectors)

    def search(probe: NDArray[np.float32]) -> int:
        faiss.omp_set_num_threads(1)
        return int(index.search(probe[None], TOP)[1][0, 0])

    return search, "IndexFlatL2"


def _numpy(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> tuple[Search, str]:
    squares = np.einsum("ij,ij->i", vectors, vectors)

    def search(probe: NDArray[np.float32]) -> int:
        near = squares - 2 * (vectors @ probe)
        first = np.argpartition(near, TOP)[:TOP]
        return int(first[np.argmin(near[first])])

    return search, "matrix product"


def _usearch(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> tuple[Search, str]:
    from usearch.index import Index

    index = Index(ndim=EMBEDDING_SIZE, metric="l2sq", dtype="f32")
    index.add(np.arange(len(vectors), dtype=np.uint64), vectors, threads=1)
    return lambda probe: int(index.search(probe, TOP, threads=1).keys[0]), "HNSW, its defaults"


def _sqlite_vec(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> tuple[Search, str]:
    import sqlite_vec

    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.enable_load_extension(True)
    sqlite_vec.load(connection)
    connection.execute(f"CREATE VIRTUAL TABLE face USING vec0(point float[{EMBEDDING_SIZE}])")
    rows = ((row, point.tobytes()) for row, point in enumerate(vectors))
    connection.executemany("INSERT INTO face(rowid, point) VALUES (?, ?)", rows)
    query = f"SELECT rowid FROM face WHERE point MATCH ? AND k = {TOP} ORDER BY distance LIMIT 1"  # noqa: S608

    def search(probe: NDArray[np.float32]) -> int:
        return int(connection.execute(query, (probe.tobytes(),)).fetchone()[0])

    return search, "vec0, memory"
