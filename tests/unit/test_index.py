"""One suite for every index; `ExactIndex` is the definition of right."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from gallery.domain.embedding import distances_to
from gallery.index.base import Changes, Index
from gallery.index.exact import ExactIndex
from gallery.index.faiss_index import FaissIndex
from gallery.index.structure import Structure

MakeIndex = Callable[[], Index]
NONE = np.empty(0, np.int64)


def pinned_to_codes() -> Index:
    """Codes propose as many faces as the tests have, so that answers must be exact."""
    return FaissIndex(Structure.CODES, proposed=3000)


class Settled(FaissIndex):
    def apply(self, changes: Changes) -> None:
        super().apply(changes)
        self.settle()


def settled_after_each_change() -> Index:
    return Settled(Structure.CODES, proposed=3000)


def pinned_to_lists() -> Index:
    """So few that a search looks at all of them."""
    return Settled(Structure.LISTS, proposed=3000)


@pytest.fixture(
    params=[
        ExactIndex,
        FaissIndex,
        lambda: FaissIndex(Structure.EXACT),
        pinned_to_codes,
        settled_after_each_change,
        pinned_to_lists,
    ],
    ids=["exact", "faiss", "faiss-exact", "faiss-codes", "faiss-codes-settled", "faiss-lists"],
)
def make(request: pytest.FixtureRequest) -> MakeIndex:
    made: MakeIndex = request.param
    return made


def points(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Seeded directions, 0.36 long: the size of the model's embeddings."""
    drawn = random.standard_normal((count, 48))
    return (0.36 * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def added(
    revision: int, face_ids: list[int], identity_ids: list[int], vectors: NDArray[np.float32]
) -> Changes:
    return Changes(revision, np.array(face_ids), np.array(identity_ids), vectors, NONE)


def removed(revision: int, *face_ids: int) -> Changes:
    return Changes(revision, NONE, NONE, np.empty((0, 48), np.float32), np.array(face_ids))


def test_an_empty_index_holds_nothing_and_finds_nobody(make: MakeIndex) -> None:
    index = make()
    assert len(index) == 0
    assert index.revision == 0
    assert tuple(index.search(points(np.random.default_rng(1), 1)[0], 5)) == ()


def test_a_person_is_found_once_by_the_nearest_of_the_persons_faces(make: MakeIndex) -> None:
    probe = np.zeros(48, np.float32)
    vectors = np.zeros((3, 48), np.float32)
    vectors[:, 0] = [0.5, 0.25, 0.375]
    index = make()
    index.apply(added(3, [1, 2, 3], [7, 7, 9], vectors))
    found = [(one.identity_id, one.face_id, one.distance) for one in index.search(probe, 5)]
    assert found == [(7, 2, 0.25), (9, 3, 0.375)]


def test_equal_distances_are_ordered_by_face_id(make: MakeIndex) -> None:
    vectors = np.repeat(points(np.random.default_rng(2), 1), 500, axis=0)
    index = make()
    index.apply(added(1, list(range(500, 0, -1)), list(range(1, 501)), vectors))
    assert [one.face_id for one in index.search(vectors[0], 3)] == [1, 2, 3]


def test_a_removed_face_is_not_found(make: MakeIndex) -> None:
    vectors = points(np.random.default_rng(3), 2)
    index = make()
    index.apply(added(2, [1, 2], [1, 2], vectors))
    index.apply(removed(3, 1))
    assert len(index) == 1
    assert [one.face_id for one in index.search(vectors[0], 5)] == [2]


def test_changes_that_the_index_holds_already_change_nothing(make: MakeIndex) -> None:
    vectors = points(np.random.default_rng(4), 2)
    index = make()
    index.apply(added(2, [1, 2], [1, 2], vectors))
    index.apply(removed(2, 1))
    index.apply(removed(1, 2))
    assert len(index) == 2
    assert index.revision == 2


def test_adding_what_is_held_and_removing_what_is_not_is_no_error(make: MakeIndex) -> None:
    vectors = points(np.random.default_rng(5), 1)
    index = make()
    index.apply(added(1, [1], [1], vectors))
    index.apply(added(2, [1], [1], vectors))
    index.apply(removed(3, 99))
    assert len(index) == 1
    assert len(index.search(vectors[0], 5)) == 1


def test_a_face_that_is_added_again_takes_its_new_vector(make: MakeIndex) -> None:
    before, after = points(np.random.default_rng(6), 2)
    index = make()
    index.apply(added(1, [1], [1], before[None]))
    index.apply(added(2, [1], [1], after[None]))
    (found,) = index.search(after, 5)
    assert found.distance == 0.0


def test_distances_are_those_of_one_to_one_to_the_last_bit(make: MakeIndex) -> None:
    random = np.random.default_rng(7)
    vectors = points(random, 300)
    index = make()
    index.apply(added(300, list(range(1, 301)), list(range(1, 301)), vectors))
    for probe in points(random, 20):
        for found in index.search(probe, 10):
            alone = distances_to(probe, vectors[found.face_id - 1][None])[0]
            assert found.distance == float(alone)


@pytest.mark.parametrize("seed", range(40))
def test_every_index_answers_as_the_exact_one_does(make: MakeIndex, seed: int) -> None:
    """People of many faces, faces closer together than float32 can tell, faces removed."""
    random = np.random.default_rng(seed)
    faces = int(random.integers(1, 1500))
    people = int(random.integers(1, faces + 1))
    centres = points(random, people)
    identity_ids = random.integers(0, people, faces)
    if seed % 3 == 0:
        identity_ids[: faces // 2] = 0
    spread = random.choice([0.0, 1e-9, 1e-7, 1e-4, 0.05])
    vectors = (centres[identity_ids] + spread * random.standard_normal((faces, 48))).astype(
        np.float32
    )
    if seed % 4 == 0:
        vectors[:] = vectors[0] + (1e-7 * random.standard_normal((faces, 48))).astype(np.float32)
    face_ids = random.permutation(faces * 3)[:faces].astype(np.int64)
    index, exact = make(), ExactIndex()
    revision = 0
    for part in np.array_split(np.arange(faces), 4):
        revision += faces
        gone = random.choice(face_ids[: part[-1] + 1], size=len(part) // 3) if len(part) else NONE
        for changes in (
            Changes(revision - 1, face_ids[part], identity_ids[part], vectors[part], NONE),
            removed(revision, *gone.tolist()),
        ):
            index.apply(changes)
            exact.apply(changes)
    assert len(index) == len(exact)
    assert index.revision == exact.revision
    far = points(random, 2)
    for probe in (vectors[0], vectors[-1], vectors[0] + np.float32(1e-6), *far):
        for top in (1, 5, 100):
            assert tuple(index.search(probe, top)) == tuple(exact.search(probe, top))


def test_distances_that_float32_cannot_tell_apart_are_ordered_exactly(make: MakeIndex) -> None:
    """Every face is another person's, and all are equally far but for the last digits."""
    random = np.random.default_rng(9)
    centre, *probes = points(random, 11)
    vectors = (centre + 1e-8 * random.standard_normal((2000, 48))).astype(np.float32)
    changes = added(1, list(range(1, 2001)), list(range(1, 2001)), vectors)
    index, exact = make(), ExactIndex()
    index.apply(changes)
    exact.apply(changes)
    for probe in probes:
        assert tuple(index.search(probe, 3)) == tuple(exact.search(probe, 3))


def test_a_search_never_sees_half_a_change(make: MakeIndex) -> None:
    """Two thousand near faces come and go together, so a search finds them only or none."""
    random = np.random.default_rng(8)
    near, *far = points(random, 3001)
    index = make()
    index.apply(added(1, list(range(1, 3001)), list(range(1, 3001)), np.array(far)))
    comers = list(range(10_001, 12_001))
    vectors = (near + 1e-3 * random.standard_normal((2000, 48))).astype(np.float32)
    stop = threading.Event()
    seen: list[int] = []

    def search() -> None:
        while not stop.is_set():
            seen.append(sum(one.face_id > 10_000 for one in index.search(near, 50)))

    searching = [threading.Thread(target=search) for _ in range(3)]
    for thread in searching:
        thread.start()
    for revision in range(2, 122, 2):
        index.apply(added(revision, comers, comers, vectors))
        index.apply(removed(revision + 1, *comers))
    stop.set()
    for thread in searching:
        thread.join()
    assert set(seen) <= {0, 50}
