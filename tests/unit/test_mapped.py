"""Vectors in a mapped file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gallery.index import rows
from gallery.index.base import Changes
from gallery.index.exact import ExactIndex
from gallery.index.faiss_index import FaissIndex
from gallery.index.mapped import mapped
from gallery.index.structure import Structure

COUNT = 3000


@pytest.fixture
def faces() -> Changes:
    vectors = np.random.default_rng(5).normal(0, 0.05, (COUNT, 48)).astype(np.float32)
    ids = np.arange(COUNT)
    return Changes(COUNT, ids, ids // 5, vectors, ids[:0])


def test_a_mapped_array_leaves_no_file_behind(tmp_path: Path) -> None:
    array = mapped((10, 48), tmp_path)
    assert array is not None
    array[3] = 1
    assert (array.sum(), list(tmp_path.iterdir())) == (48, [])


@pytest.mark.parametrize("structure", list(Structure))
def test_an_index_in_a_mapped_file_gives_the_same_answers(
    structure: Structure, faces: Changes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MAPPED_FROM", 1000)
    index, exact = FaissIndex(structure, proposed=COUNT, scratch=tmp_path), ExactIndex()
    removal = Changes(
        COUNT + 1, *(a[:0] for a in (faces.face_ids,) * 2), faces.vectors[:0], faces.face_ids[::3]
    )
    for one in (index, exact):
        one.apply(faces)
        one.settle()
        one.apply(removal)
        one.settle()
    for probe in faces.vectors[:50]:
        assert index.search(probe, 5) == exact.search(probe, 5)


def test_where_no_file_can_be_made_vectors_stay_in_memory(
    faces: Changes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(rows, "MAPPED_FROM", 1000)
    index = FaissIndex(scratch=tmp_path / "nowhere")
    index.apply(faces)
    assert index.search(faces.vectors[7], 1)[0].face_id == 7
    assert "in memory: no file in" in caplog.text
