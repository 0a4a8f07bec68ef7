"""Every process sees every commit; the database is the truth, the index a cache."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gallery.errors import ModelMismatch
from gallery.index.base import Changes, Contents, Index
from gallery.index.exact import ExactIndex
from gallery.index.faiss_index import FaissIndex
from gallery.services.catch_up import LiveIndex
from gallery.store.unit_of_work import UnitsOfWork

CHANGE_ELSEWHERE = """
import sys
import numpy as np
from gallery.domain.embedding import Embedding
from gallery.domain.face import FaceCrop
from gallery.domain.identity import NewFace, PersonName
from gallery.domain.quality import Quality
from gallery.store.engine import open_database
from gallery.store.unit_of_work import UnitsOfWork
from migrations import bring_up_to_date

url, remove, first = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
engine = open_database(url)
bring_up_to_date(engine)
with UnitsOfWork(engine).write() as unit:
    if remove:
        unit.faces.remove_all(remove)
        unit.identities.remove(remove)
    else:
        vector = np.zeros(48, np.float32)
        vector[0] = first
        unit.faces.add(
            unit.identities.add(PersonName("Elsewhere")).id,
            NewFace(
                embedding=Embedding(vector, "model"),
                crop=FaceCrop(np.zeros((62, 47), np.uint8)),
                quality=Quality(0.9, 80.0, 300.0, 120.0, 50.0, None),
                detector="yunet",
                photo_sha256="e" * 64,
            ),
        )
    unit.commit()
engine.dispose()
"""


@pytest.fixture(params=[ExactIndex, FaissIndex])
def live(request: pytest.FixtureRequest, units: UnitsOfWork) -> LiveIndex:
    return LiveIndex(units, "model", request.param)


def found(live: LiveIndex, probe: Any, top: int = 100) -> list[tuple[int, int]]:
    return [(one.identity_id, one.face_id) for one in live.caught_up().search(probe, top)]


def test_an_empty_gallery_has_an_empty_index(live: LiveIndex, points: Any) -> None:
    assert found(live, points(1, 1)[0]) == []
    assert live.revision == 0


def test_what_is_enrolled_and_removed_after_the_first_search_is_seen(
    live: LiveIndex, units: UnitsOfWork, store: Any, points: Any
) -> None:
    alice, bob, carol = points(1, 3)
    store(units, "Alice", alice[None])
    assert found(live, bob) == [(1, 1)]
    store(units, "Bob", bob[None])
    store(units, "Carol", carol[None])
    assert found(live, bob)[0] == (2, 2)
    with units.write() as unit:
        unit.faces.remove(2, 2)
        unit.commit()
    assert sorted(found(live, bob)) == [(1, 1), (3, 3)]
    with units.read() as unit:
        assert live.revision == unit.vectors.last_revision() == 4


def test_a_face_that_came_and_went_between_two_searches_is_not_in_the_index(
    live: LiveIndex, units: UnitsOfWork, store: Any, points: Any
) -> None:
    store(units, "Alice", points(1, 1))
    found(live, points(1, 1)[0])
    bob = store(units, "Bob", points(2, 1))
    with units.write() as unit:
        unit.faces.remove_all(bob.identity_id)
        unit.identities.remove(bob.identity_id)
        unit.commit()
    assert found(live, points(2, 1)[0]) == [(1, 1)]
    assert len(live.caught_up()) == 1


def test_a_person_enrolled_anew_does_not_inherit_the_old_faces(
    live: LiveIndex, units: UnitsOfWork, store: Any, points: Any
) -> None:
    old, new = points(1, 2)
    before = store(units, "Alice", old[None])
    found(live, old)
    with units.write() as unit:
        unit.faces.remove_all(before.identity_id)
        unit.identities.remove(before.identity_id)
        unit.commit()
    after = store(units, "Alice", new[None])
    assert found(live, old) == [(after.identity_id, after.face_ids[0])]


def test_what_another_process_enrolls_and_removes_is_seen(
    live: LiveIndex,
    units: UnitsOfWork,
    store: Any,
    points: Any,
    database_url: str,
    in_another_process: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    probe = points(1, 1)[0] * 0
    alice = store(units, "Alice", points(1, 1))
    assert found(live, probe) == [(1, 1)]
    in_another_process(CHANGE_ELSEWHERE, database_url, "0", "0.125")
    assert found(live, probe) == [(2, 2), (1, 1)]
    in_another_process(CHANGE_ELSEWHERE, database_url, str(alice.identity_id), "0")
    assert found(live, probe) == [(2, 2)]


def test_an_index_ahead_of_a_restored_database_is_not_trusted(
    live: LiveIndex,
    units: UnitsOfWork,
    store: Any,
    points: Any,
    database_url: str,
) -> None:
    path = Path(database_url.removeprefix("sqlite:///"))
    backup = path.with_name("backup.db")
    alice, bob = points(1, 2)
    store(units, "Alice", alice[None])
    with sqlite3.connect(path) as connection:
        connection.execute("VACUUM INTO ?", (str(backup),))
    connection.close()
    store(units, "Bob", bob[None])
    assert len(found(live, bob)) == 2
    units._engine.dispose()
    for side in ("-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    shutil.move(backup, path)
    assert found(live, bob) == [(1, 1)]
    assert live.revision == 1


def test_the_work_of_catching_up_grows_with_the_changes_only(
    units: UnitsOfWork, store: Any, points: Any
) -> None:
    applied: list[int] = []

    class Counting(ExactIndex):
        def apply(self, changes: Changes) -> None:
            applied.append(len(changes.face_ids) + len(changes.removed))
            super().apply(changes)

    live = LiveIndex(units, "model", Counting)
    store(units, "Alice", points(1, 50))
    live.caught_up()
    live.caught_up()
    store(units, "Bob", points(2, 2))
    live.caught_up()
    assert applied == [50, 2]


def test_many_threads_catch_up_at_once_and_see_their_own_commits(
    live: LiveIndex, units: UnitsOfWork, store: Any, points: Any
) -> None:
    mistakes: list[str] = []
    vectors = points(1, 60)

    def enroll_and_find(start: int) -> None:
        for number in range(start, 60, 6):
            stored = store(units, f"person {number}", vectors[number][None])
            if found(live, vectors[number], 1) != [(stored.identity_id, stored.face_ids[0])]:
                mistakes.append(f"person {number} is not found")

    threads = [threading.Thread(target=enroll_and_find, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mistakes == []
    assert len(live.caught_up()) == 60
    assert len(found(live, vectors[0])) == 60


def test_faces_of_another_model_are_refused_not_compared(
    live: LiveIndex, units: UnitsOfWork, store: Any, points: Any
) -> None:
    store(units, "Alice", points(1, 1))
    store(units, "Bob", points(2, 1), model_id="another")
    with pytest.raises(ModelMismatch, match="gallery reembed"):
        live.caught_up()


def test_an_index_caught_up_in_steps_equals_one_built_at_once(
    live: LiveIndex, units: UnitsOfWork, store: Any, points: Any
) -> None:
    for step in range(8):
        stored = store(units, f"person {step % 3}", points(step, 5))
        with units.write() as unit:
            unit.faces.remove(stored.identity_id, stored.face_ids[1])
            unit.commit()
        live.caught_up()
    anew: Index = LiveIndex(units, "model", ExactIndex).caught_up()
    for probe in points(99, 10):
        assert tuple(live.caught_up().search(probe, 5)) == tuple(anew.search(probe, 5))


def restore(units: UnitsOfWork, path: Path, backup: Path) -> None:
    units._engine.dispose()
    for side in ("-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    shutil.copy(backup, path)


def test_another_history_with_the_same_revisions_is_recognised(
    units: UnitsOfWork,
    store: Any,
    points: Any,
    database_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A backup is restored and then written to until its revisions pass those of the index."""
    path = Path(database_url.removeprefix("sqlite:///"))
    backup, kept = tmp_path / "backup.db", tmp_path / "gallery.db.index"
    alice, bob, carol, dave = points(1, 4)
    store(units, "Alice", alice[None])
    with sqlite3.connect(path) as connection:
        connection.execute("VACUUM INTO ?", (str(backup),))
    connection.close()
    store(units, "Bob", bob[None])
    live = LiveIndex(units, "model", FaissIndex, kept)
    assert live.save_snapshot().revision == 2
    restore(units, path, backup)
    store(units, "Carol", carol[None])
    for index in (live, LiveIndex(units, "model", FaissIndex, kept)):
        assert [one.distance for one in index.caught_up().search(carol, 1)] == [0.0]
        assert [one.distance > 0 for one in index.caught_up().search(bob, 1)] == [True]
    store(units, "Dave", dave[None])
    fresh = LiveIndex(units, "model", FaissIndex, kept)
    assert len(fresh.caught_up()) == 3
    assert [one.distance > 0 for one in fresh.caught_up().search(bob, 1)] == [True]
    assert "as after a restore" in caplog.text


def test_a_snapshot_is_the_start_and_later_changes_are_caught_up(
    units: UnitsOfWork, store: Any, points: Any, tmp_path: Path
) -> None:
    taken_up: list[int] = []
    applied: list[int] = []

    class Counting(FaissIndex):
        def restore(self, contents: Contents) -> None:
            taken_up.append(contents.revision)
            super().restore(contents)

        def apply(self, changes: Changes) -> None:
            applied.append(len(changes.face_ids) + len(changes.removed))
            super().apply(changes)

    vectors = points(1, 30)
    alice = store(units, "Alice", vectors[:20])
    kept = tmp_path / "gallery.db.index"
    LiveIndex(units, "model", FaissIndex, kept).save_snapshot()
    store(units, "Bob", vectors[20:])
    with units.write() as unit:
        unit.faces.remove(alice.identity_id, alice.face_ids[0])
        unit.commit()
    live = LiveIndex(units, "model", Counting, kept)
    assert len(live.caught_up()) == 29
    assert taken_up == [20]
    assert applied == [11]


def test_a_damaged_snapshot_is_never_fatal(
    units: UnitsOfWork,
    store: Any,
    points: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store(units, "Alice", points(1, 2))
    kept = tmp_path / "gallery.db.index"
    kept.write_bytes(b"FACEIDX")
    live = LiveIndex(units, "model", FaissIndex, kept)
    assert len(live.caught_up()) == 2
    assert "damaged or cut off" in caplog.text


def test_a_reader_with_nothing_to_catch_up_waits_for_nobody(
    live: LiveIndex, units: UnitsOfWork, store: Any, points: Any
) -> None:
    store(units, "Alice", points(1, 2))
    live.caught_up()
    with live._catching_up:
        assert len(live.caught_up()) == 2
