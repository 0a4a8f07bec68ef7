"""What the index is measured against: each finds the nearest face, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gallery.domain.embedding import EMBEDDING_SIZE
from gallery.errors import NotReady
from gallery.evaluation.competitor import Competitor
from gallery.evaluation.gallery_shape import GalleryShape
from gallery.evaluation.index_benchmark import benchmark
from gallery.evaluation.index_competitors import competitors
from gallery.evaluation.postgres import PostgresServer, postgres
from gallery.index.structure import Structure

NAMES = ("our index", "FAISS Flat", "numpy", "usearch", "sqlite-vec", "pgvector HNSW")
ALL = {one.name: one for one in competitors(Structure.CODES, 0.4)}
PEOPLE = np.arange(500, dtype=np.int64)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go: short, as a socket's path must be, and open to nobody's server."""
    with tempfile.TemporaryDirectory() as short:
        Path(short).chmod(0o777)
        monkeypatch.setattr(tempfile, "tempdir", short)
        yield Path(short)


def _usable(name: str) -> Competitor:
    reason = ALL[name].why_not(len(PEOPLE))
    if reason is not None:
        pytest.skip(f"{name}: {reason}")
    return ALL[name]


def _need_postgres() -> None:
    try:
        with postgres({}):
            pass
    except NotReady as error:
        pytest.skip(error.message)


def _runs(process: str) -> bool:
    try:
        return Path("/proc", process, "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _faces() -> NDArray[np.float32]:
    return np.random.default_rng(7).standard_normal((500, EMBEDDING_SIZE), np.float32)


def test_these_take_part_in_this_order() -> None:
    assert tuple(ALL) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_finds_the_nearest_face_from_one_thread_and_from_two(name: str, folder: Path) -> None:
    competitor, faces = _usable(name), _faces()
    probes = faces + np.float32(0.01)
    try:
        with competitor.build(faces, PEOPLE) as built, ThreadPoolExecutor(2) as threads:
            assert [built.search(probe) for probe in probes] == PEOPLE.tolist()
            assert list(threads.map(built.search, probes)) == PEOPLE.tolist()
            told = None if built.memory_bytes is None else built.memory_bytes()
            assert told is None or told > faces.nbytes
    except NotReady as error:
        pytest.skip(f"{name}: {error.message}")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["sqlite-vec", "pgvector HNSW"])
def test_a_failure_leaves_no_file_and_no_server(name: str, folder: Path) -> None:
    competitor = _usable(name)
    if name == "pgvector HNSW":
        _need_postgres()
    with suppress(ZeroDivisionError), competitor.build(_faces(), PEOPLE):
        assert list(folder.iterdir()) != []
        _ = 1 / 0
    assert list(folder.iterdir()) == []


def test_a_killed_benchmark_leaves_no_server(folder: Path) -> None:
    _need_postgres()
    program = """
import sys, tempfile, time
from gallery.evaluation.postgres import PostgresServer, postgres
tempfile.tempdir = sys.argv[1]
with postgres({}) as server:
    print(server.folder, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, folder], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        place = Path(process.stdout.readline().strip())
        server = (place / "data" / "postmaster.pid").read_text().split()[0]
        process.kill()
    until = time.monotonic() + 60
    while (place.exists() or _runs(server)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not place.exists()
    assert not _runs(server)


def test_a_server_that_cannot_start_is_left_out_with_its_reason(folder: Path) -> None:
    _need_postgres()
    reason = 'unrecognized configuration parameter "no_such_thing"'
    with pytest.raises(NotReady, match=reason), postgres({"no_such_thing": "1"}):
        pass
    assert list(folder.iterdir()) == []


def test_memory_that_cannot_be_told_is_none(tmp_path: Path) -> None:
    assert PostgresServer(tmp_path).memory_bytes() is None


def test_one_that_is_not_ready_is_listed_with_its_reason() -> None:
    def refuse(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> None:
        raise NotReady("no room for it")

    rows = benchmark(
        [100], 10, [Competitor("refuses", refuse)], 0.4, GalleryShape.of_the_shipped_model()
    )
    assert [(row.name, row.left_out, row.p50_ms) for row in rows] == [
        ("refuses", "no room for it", None)
    ]


def test_too_many_faces_for_a_slow_builder_are_said_so() -> None:
    slow = Competitor("slow", ALL["numpy"].build, most_faces=1000)
    assert slow.why_not(1000) is None
    assert slow.why_not(1001) == "building takes too long above 1,000 faces"
