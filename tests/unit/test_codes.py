"""Codes in every layout: what they propose, and that they come back as they were written."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gallery.domain.embedding import distances_to
from gallery.index.base import Changes
from gallery.index.codes import Codes, Layout
from gallery.index.exact import ExactIndex
from gallery.index.faiss_index import FaissIndex
from gallery.index.structure import Structure

NAMES = {Layout.SINGLE: "PQ48x4fs", Layout.PAIRED: "PQ36x4fs", Layout.LISTS: "IVF9,PQ36x4fs"}
layouts = pytest.mark.parametrize("layout", list(Layout), ids=lambda layout: layout.name.lower())


@pytest.fixture(scope="module")
def faces() -> NDArray[np.float32]:
    """5,000 points 0.4 long whose variances fall to a fifth, as those of real faces do."""
    random = np.random.default_rng(11)
    drawn: NDArray[np.float64] = random.standard_normal((5000, 48)) * np.linspace(1, 0.45, 48)
    turn, _ = np.linalg.qr(random.standard_normal((48, 48)))
    drawn = drawn @ turn
    drawn *= 0.4 / np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn.astype(np.float32, copy=False)


def of(vectors: NDArray[np.float32], revision: int = 1, first: int = 0) -> Changes:
    ids = np.arange(first, first + len(vectors))
    return Changes(revision, ids, ids, vectors, ids[:0])


@layouts
def test_the_nearest_face_is_among_the_proposed(layout: Layout, faces: NDArray[np.float32]) -> None:
    codes = Codes.learn(faces, layout)
    assert (codes.name, codes.layout, codes.count) == (NAMES[layout], layout, 5000)
    random = np.random.default_rng(3)
    for row in range(0, 5000, 25):
        probe = faces[row] + random.normal(0, 0.03, 48).astype(np.float32)
        nearest = int(distances_to(probe, faces).argmin())
        assert nearest in codes.nearest(probe, layout.proposes)


@layouts
def test_codes_come_back_as_they_were_written_and_go_on(
    layout: Layout, faces: NDArray[np.float32]
) -> None:
    codes = Codes.learn(faces[:4608], layout)
    read = Codes.from_bytes(codes.to_bytes(), 4608)
    assert (read.layout, read.name) == (layout, NAMES[layout])
    longer, as_long = codes.extended(faces[4608:]), read.extended(faces[4608:])
    again = codes.anew(faces)
    for probe in faces[::500]:
        proposed = longer.nearest(probe, 50)
        assert np.array_equal(as_long.nearest(probe, 50), proposed)
        assert np.array_equal(again.nearest(probe, 50), proposed)
    assert codes.count == 4608


@pytest.mark.parametrize("stored", [b"", b"IxPT", b"nothing that FAISS wrote", "flat"])
def test_what_is_no_code_is_refused(stored: bytes | str) -> None:
    if isinstance(stored, str):
        import faiss

        stored = bytes(faiss.serialize_index(faiss.IndexFlatL2(48)))
    with pytest.raises(ValueError, match="codes"):
        Codes.from_bytes(stored, 0)


def test_a_gallery_takes_another_layout_as_it_grows_and_keeps_it(
    faces: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, count in (("CODES_FROM", 1000), ("PAIRED_FROM", 2000), ("LISTS_FROM", 4000)):
        monkeypatch.setattr(f"gallery.index.faiss_index.{name}", count)
    index, pinned = FaissIndex(), FaissIndex(Structure.CODES)
    structures = []
    for revision, (first, end) in enumerate([(0, 1500), (1500, 3000), (3000, 5000)], start=1):
        for one in (index, pinned):
            one.apply(of(faces[first:end], revision, first))
            one.settle()
        structures.append((index.structure, pinned.structure))
    assert structures == [
        ("codes (PQ48x4fs)", "codes (PQ48x4fs)"),
        ("codes (PQ36x4fs)", "codes (PQ36x4fs)"),
        ("lists (IVF9,PQ36x4fs)", "codes (PQ36x4fs)"),
    ]
    for one in (index, pinned):
        ids = np.arange(1200, 5000)
        one.apply(Changes(4, ids[:0], ids[:0], faces[:0], ids))
        one.settle()
    assert (index.structure, len(index)) == ("lists (IVF9,PQ36x4fs)", 1200)
    assert (pinned.structure, len(pinned)) == ("codes (PQ36x4fs)", 1200)
    assert index.search(faces[7], 1)[0].face_id == 7


def test_a_snapshot_in_lists_is_written_anew_where_codes_are_pinned(
    faces: NDArray[np.float32],
) -> None:
    lists, pinned = FaissIndex(Structure.LISTS), FaissIndex(Structure.CODES)
    lists.apply(of(faces))
    lists.settle()
    pinned.restore(lists.contents())
    assert pinned.structure == lists.structure == "lists (IVF9,PQ36x4fs)"
    pinned.settle()
    assert pinned.structure == "codes (PQ48x4fs)"


def test_rows_of_removed_faces_take_no_place_among_the_proposed(faces: NDArray[np.float32]) -> None:
    """Of 32 that lie nearest by codes, 31 are of a person who is gone; nobody else is near."""
    random = np.random.default_rng(5)
    probes = -faces[::125]
    left = np.repeat(probes, 31, axis=0) + random.normal(0, 0.01, (1240, 48)).astype(np.float32)
    index, exact = FaissIndex(Structure.CODES), ExactIndex()
    for one in (index, exact):
        one.apply(of(np.concatenate([faces, left])))
    index.settle()
    ids = np.arange(5000, 6240)
    for one in (index, exact):
        one.apply(Changes(2, ids[:0], ids[:0], faces[:0], ids))
    index.settle()
    assert (index.structure, index.contents().gone.sum()) == ("codes (PQ48x4fs)", 1240)
    for probe in probes:
        assert tuple(index.search(probe, 1)) == tuple(exact.search(probe, 1))
