"""A snapshot gives back what was written, or says that it cannot."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from gallery.errors import SnapshotUnusable
from gallery.index import snapshot
from gallery.index.base import Changes, Index
from gallery.index.exact import ExactIndex
from gallery.index.faiss_index import FaissIndex
from gallery.index.structure import Structure

FACES = 3000


def filled(index: Index) -> Index:
    random = np.random.default_rng(1)
    ids = np.arange(1, FACES + 1)
    vectors = random.standard_normal((FACES, 48)).astype(np.float32)
    none, no_vectors = np.empty(0, np.int64), np.empty((0, 48), np.float32)
    index.apply(Changes(FACES, ids, ids // 3, vectors, none, token=1))
    index.settle()
    index.apply(Changes(FACES + 7, none, none, no_vectors, ids[::10], token=-5))
    return index


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gallery.db.index"


@pytest.mark.parametrize(
    "make",
    [ExactIndex, FaissIndex, lambda: FaissIndex(Structure.CODES)],
    ids=["exact", "faiss", "codes"],
)
def test_what_is_loaded_answers_and_goes_on_as_what_was_written(
    path: Path, make: Callable[[], Index]
) -> None:
    written = filled(make())
    snapshot.write(path, written, "model")
    loaded = snapshot.load(path, "model", make())
    assert loaded.mark == written.mark == (FACES + 7, -5)
    assert loaded.structure == written.structure
    assert len(loaded) == len(written) == FACES - FACES // 10
    more = np.random.default_rng(2).standard_normal((20, 48)).astype(np.float32)
    for index in (loaded, written):
        ids = np.arange(5000, 5020)
        index.apply(Changes(FACES + 30, ids, ids, more, np.arange(2, 900, 9)))
    for probe in more:
        assert tuple(loaded.search(probe, 5)) == tuple(written.search(probe, 5))


def test_the_header_says_what_is_in_it(path: Path) -> None:
    snapshot.write(path, filled(FaissIndex(Structure.CODES)), "model")
    info = snapshot.inspect(path)
    assert (info.revision, info.token, info.model_id, info.faces) == (FACES + 7, -5, "model", 2700)
    assert info.structure == "codes (PQ48x4fs)"


def test_only_its_owner_may_read_it_and_nothing_is_left_beside_it(path: Path) -> None:
    index = filled(ExactIndex())
    snapshot.write(path, index, "model")
    snapshot.write(path, index, "model")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_snapshot_of_another_model_is_not_loaded(path: Path) -> None:
    snapshot.write(path, filled(ExactIndex()), "another")
    with pytest.raises(SnapshotUnusable, match="of the model another, not model"):
        snapshot.load(path, "model")


def test_a_flipped_bit_anywhere_is_noticed(path: Path) -> None:
    snapshot.write(path, filled(FaissIndex(Structure.CODES)), "model")
    whole = path.read_bytes()
    places = np.random.default_rng(3).integers(0, len(whole), 60).tolist()
    for place in [*range(60), *places, len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        with pytest.raises(SnapshotUnusable):
            snapshot.inspect(path)
        with pytest.raises(SnapshotUnusable):
            snapshot.load(path, "model")


@pytest.mark.parametrize("length", [0, 1, 47, 48, 100, -1])
def test_a_cut_off_or_longer_file_is_noticed(path: Path, length: int) -> None:
    snapshot.write(path, filled(ExactIndex()), "model")
    whole = path.read_bytes()
    for content in (whole[:length], whole + b"\0"):
        path.write_bytes(content)
        with pytest.raises(SnapshotUnusable, match="damaged or cut off"):
            snapshot.inspect(path)


def test_what_is_no_snapshot_or_of_another_format_is_said_to_be(path: Path) -> None:
    path.write_bytes(b"these are no faces\n" * 10)
    with pytest.raises(SnapshotUnusable, match="is not a snapshot"):
        snapshot.inspect(path)
    snapshot.write(path, filled(ExactIndex()), "model")
    content = bytearray(path.read_bytes())
    content[8] = 9
    path.write_bytes(content)
    with pytest.raises(SnapshotUnusable, match="has format 9; this program reads format 1"):
        snapshot.inspect(path)


def test_a_database_in_its_place_is_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE identity (name)")
    before = path.read_bytes()
    with pytest.raises(SnapshotUnusable, match="is a database where the snapshot belongs"):
        snapshot.write(path, ExactIndex(), "model")
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_in_its_place_or_no_file_at_all_is_refused_in_words(path: Path) -> None:
    with pytest.raises(SnapshotUnusable, match="No such file"):
        snapshot.inspect(path)
    path.mkdir()
    with pytest.raises(SnapshotUnusable, match="Is a directory"):
        snapshot.inspect(path)
    with pytest.raises(SnapshotUnusable, match="is a folder"):
        snapshot.write(path, ExactIndex(), "model")
    assert list(path.parent.iterdir()) == [path]
