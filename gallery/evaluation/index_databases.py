"""Databases that the index is measured against: sqlite-vec and pgvector, a connection a thread."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.evaluation.competitor import TOP, Built, OneEach
from gallery.evaluation.postgres import postgres


@contextmanager
def sqlite_vec(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> Iterator[Built]:
    """In a file mapped into memory. Each search reads all of it, so its size is the memory.

    apsw brings an SQLite that can load extensions; the sqlite3 of many a Python cannot.
    """
    import apsw
    import sqlite_vec

    def connect() -> closing[Any]:
        connection = apsw.Connection(str(file))
        connection.enable_load_extension(True)
        connection.load_extension(sqlite_vec.loadable_path())
        connection.execute(f"PRAGMA mmap_size = {1 << 40}")
        return closing(connection)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "faces.db")
        with OneEach(connect) as connections:
            with connections.get() as connection:
                connection.execute(
                    f"CREATE VIRTUAL TABLE face USING vec0(point float[{EMBEDDING_SIZE}])"
                )
                rows = ((row, point.tobytes()) for row, point in enumerate(vectors))
                connection.executemany("INSERT INTO face(rowid, point) VALUES (?, ?)", rows)
            query = "SELECT rowid FROM face WHERE point MATCH ? AND k = ? ORDER BY distance"

            def search(probe: NDArray[np.float32]) -> int:
                found = connections.get().execute(query, (probe.tobytes(), TOP))
                return int(found.fetchall()[0][0])

            yield Built(search, "vec0, mapped file", lambda: file.stat().st_size)


@contextmanager
def pgvector(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> Iterator[Built]:
    """A PostgreSQL of its own, with memory for all of it, as pgvector's documentation advises."""
    import psycopg
    from pgvector.psycopg import register_vector

    def connect() -> Any:
        connection = psycopg.connect(**server.address, autocommit=True)
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(connection)
        return connection

    megabytes = 128 + len(vectors) // 1000
    settings = {"shared_buffers": f"{megabytes}MB", "maintenance_work_mem": f"{megabytes}MB"}
    with postgres(settings) as server, OneEach[Any](connect) as connections:
        connection = connections.get()
        connection.execute(f"CREATE TABLE face (id integer, v vector({EMBEDDING_SIZE}))")
        with connection.cursor().copy("COPY face FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "vector"])
            for row in enumerate(vectors):
                copy.write_row(row)
        connection.execute("CREATE INDEX ON face USING hnsw (v vector_l2_ops)")
        connection.execute("ANALYZE face")
        query = f"SELECT id FROM face ORDER BY v <-> %b LIMIT {TOP}"  # noqa: S608 - a constant

        def search(probe: NDArray[np.float32]) -> int:
            found = connections.get().execute(query, (probe,), prepare=True, binary=True)
            return int(found.fetchall()[0][0])

        yield Built(search, "its defaults", server.memory_bytes)
