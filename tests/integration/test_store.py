"""What the database promises: whole changes, one moment, private files, refusals in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from api.counters import SharedCounters
from gallery.bootstrap import Services
from gallery.domain.identity import NewFace, PersonName
from gallery.errors import DatabaseUnavailable
from gallery.settings import Settings
from gallery.store import engine as engine_module
from gallery.store.engine import open_database
from gallery.store.tables import identity
from gallery.store.unit_of_work import UnitsOfWork
from migrations import bring_up_to_date

ALICE = PersonName("Alice")


@pytest.fixture
def file(database_url: str) -> Iterator[sqlite3.Connection]:
    """The database file as SQLite itself sees it."""
    connection = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    yield connection
    connection.close()


def test_an_uncommitted_enrollment_is_never_found(
    units: UnitsOfWork, new_face: Callable[..., NewFace], points: Any
) -> None:
    (vector,) = points(1, 1)
    with units.write() as unit:
        identity_id = unit.identities.add(ALICE).id
        unit.faces.add(identity_id, new_face(vector))
        with units.read() as other:
            assert other.identities.all() == ()
            assert other.vectors.last_revision() == 0
    with units.read() as unit:
        assert unit.identities.all() == ()
        assert unit.faces.count() == 0
        assert unit.vectors.last_revision() == 0


def test_a_crash_inside_a_transaction_leaves_neither_the_face_nor_its_change(
    units: UnitsOfWork, store: Any, new_face: Callable[..., NewFace], points: Any
) -> None:
    stored = store(units, "Alice", points(1, 1))

    def crash() -> None:
        with units.write() as unit:
            unit.faces.add(stored.identity_id, new_face(points(2, 1)[0]))
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        crash()
    with units.read() as unit:
        assert unit.faces.count() == 1
        assert unit.vectors.last_revision() == 1


def test_a_face_comes_back_as_it_was_stored(
    units: UnitsOfWork, new_face: Callable[..., NewFace], points: Any
) -> None:
    new = new_face(points(1, 1)[0])
    with units.write() as unit:
        identity_id = unit.identities.add(ALICE).id
        summary = unit.faces.add(identity_id, new)
        unit.commit()
    with units.read() as unit:
        assert unit.faces.summaries_of(identity_id) == (summary,)
        crop = unit.faces.crop(identity_id, summary.id)
        vectors = unit.vectors.vectors_of(identity_id).vectors
    assert summary.quality == new.quality
    assert summary.created_at.utcoffset() is not None
    assert crop is not None
    assert (crop.pixels == new.crop.pixels).all()
    assert vectors.tobytes() == new.embedding.vector.tobytes()


def test_removing_a_person_logs_each_face(
    units: UnitsOfWork, store: Any, points: Any, file: sqlite3.Connection
) -> None:
    stored = store(units, "Alice", points(1, 3))
    with units.write() as unit:
        unit.faces.remove_all(stored.identity_id)
        unit.identities.remove(stored.identity_id)
        unit.commit()
    log = file.execute("SELECT revision, face_id, removed FROM face_change").fetchall()
    assert log == [(1, 1, 0), (2, 2, 0), (3, 3, 0), (4, 1, 1), (5, 2, 1), (6, 3, 1)]


def test_ids_and_revisions_are_never_used_again(
    units: UnitsOfWork, store: Any, points: Any, file: sqlite3.Connection
) -> None:
    first = store(units, "Alice", points(1, 1))
    with units.write() as unit:
        unit.faces.remove_all(first.identity_id)
        unit.identities.remove(first.identity_id)
        unit.commit()
    file.execute("DELETE FROM face_change")
    second = store(units, "Alice", points(1, 1))
    assert second.identity_id > first.identity_id
    assert second.face_ids > first.face_ids
    with units.read() as unit:
        assert unit.vectors.last_revision() == 3


def test_a_person_with_faces_cannot_vanish_from_under_them(
    units: UnitsOfWork, store: Any, points: Any
) -> None:
    stored = store(units, "Alice", points(1, 1))
    with pytest.raises(IntegrityError), units.write() as unit:
        unit.identities.remove(stored.identity_id)


def test_what_is_read_in_one_unit_belongs_to_one_moment(
    units: UnitsOfWork, store: Any, points: Any
) -> None:
    store(units, "Alice", points(1, 1))
    with units.read() as unit:
        before = unit.identities.all()
        store(units, "Bob", points(2, 1))
        assert unit.identities.all() == before
        assert unit.vectors.last_revision() == 1


def test_writers_wait_for_each_other_and_none_is_lost(
    units: UnitsOfWork, new_face: Callable[..., NewFace], store: Any, points: Any
) -> None:
    identity_id = store(units, "Alice", points(1, 0)).identity_id
    faces = [new_face(vector) for vector in points(2, 40)]

    def write(mine: list[NewFace]) -> None:
        for new in mine:
            with units.write() as unit:
                count = unit.faces.count()
                unit.faces.add(identity_id, new)
                assert unit.faces.count() == count + 1
                unit.commit()

    threads = [threading.Thread(target=write, args=(faces[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with units.read() as unit:
        assert unit.faces.count() == 40
        assert unit.vectors.last_revision() == 40


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_the_files_are_for_this_user_only(tmp_path: Path, store: Any, points: Any) -> None:
    path = tmp_path / "new" / "folder" / "gallery.db"
    engine = open_database(f"sqlite:///{path}")
    bring_up_to_date(engine)
    store(UnitsOfWork(engine), "Alice", points(1, 1))
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
    engine.dispose()
    assert modes == dict.fromkeys(["gallery.db", "gallery.db-wal", "gallery.db-shm"], 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "vector",
    [np.zeros(48, np.float64), np.zeros(47, np.float32), np.full(48, np.nan, np.float32)],
    ids=["float64", "47 numbers", "not finite"],
)
def test_a_wrong_vector_does_not_pass_the_border(
    units: UnitsOfWork, store: Any, points: Any, vector: Any
) -> None:
    from sqlalchemy import update

    from gallery.store.tables import face

    store(units, "Alice", points(1, 1))
    with pytest.raises(StatementError), units.write() as unit:
        unit._connection.execute(update(face).values(embedding=vector))


def test_a_time_without_a_zone_does_not_pass_the_border(units: UnitsOfWork) -> None:
    naive = datetime(2025, 1, 1)  # noqa: DTZ001
    with pytest.raises(StatementError), units.write() as unit:
        unit._connection.execute(identity.insert().values(name="A", name_key="a", created_at=naive))


def test_a_database_held_by_another_writer_is_unavailable_not_a_crash(
    database_url: str, monkeypatch: pytest.MonkeyPatch, units: UnitsOfWork
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_SECONDS", 0.1)
    engine = open_database(database_url)
    with (
        units.write(),
        pytest.raises(DatabaseUnavailable, match="busy"),
        UnitsOfWork(engine).write(),
    ):
        pass
    engine.dispose()


def test_a_full_disk_is_unavailable_and_loses_nothing(
    units: UnitsOfWork, store: Any, points: Any, database_url: str
) -> None:
    store(units, "Alice", points(1, 1))
    with units.write() as unit:
        pages = unit._connection.execute(text("PRAGMA page_count")).scalar_one()
        unit._connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(DatabaseUnavailable, match="disk is full"):
        store(units, "Bob", points(2, 20))
    with units.read() as unit:
        assert [person.name for person in unit.identities.all()] == ["Alice"]


@pytest.mark.parametrize(
    "name", ["g%41.db", "g h%20.db", "g?.db", "g#.db", "gü.db", "folder%20/g.db"]
)
def test_the_file_that_is_named_is_the_one_opened_and_all_else_lies_beside_it(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    services = Services(Settings.from_environment({"GALLERY_DATABASE_URL": str(path)}))
    services.identities.create("Alice")
    services.maintenance.snapshot()
    SharedCounters(services.settings.counters_path).incr("name", 60)
    with services.units_at(path).read() as unit:
        assert [person.name for person in unit.identities.all()] == ["Alice"]
    services.close()
    made = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*") if file.is_file()}
    without_side_files = {file for file in made if not file.endswith(("-wal", "-shm"))}
    assert without_side_files == {name, f"{name}.index", f"{name}.counters"}


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, only notes\n" * 100)
    before = path.read_bytes()
    engine = open_database(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match="not a gallery database"):
        bring_up_to_date(engine)
    engine.dispose()
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_refused_and_left_as_it_is(
    file: sqlite3.Connection, database_url: str
) -> None:
    file.execute("CREATE TABLE song (title TEXT)")
    engine = open_database(database_url)
    with pytest.raises(DatabaseUnavailable, match="another program"):
        bring_up_to_date(engine)
    engine.dispose()
    assert file.execute("SELECT name FROM sqlite_master").fetchall() == [("song",)]


def test_a_damaged_database_is_unavailable_not_a_crash(
    units: UnitsOfWork, store: Any, points: Any, database_url: str, file: sqlite3.Connection
) -> None:
    store(units, "Alice", points(1, 50))
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()
    units._engine.dispose()
    path = Path(database_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[4096 * 3 :] = b"\xff" * (len(content) - 4096 * 3)
    path.write_bytes(content)
    with pytest.raises(DatabaseUnavailable, match="damaged"), units.read() as unit:
        unit.vectors.vectors_of_model("model")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="is a folder"):
        open_database(f"sqlite:///{tmp_path}")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(DatabaseUnavailable, match="cannot be created"):
        open_database(f"sqlite:///{tmp_path / 'taken' / 'gallery.db'}")


def test_a_bug_in_a_statement_is_no_refusal(units: UnitsOfWork) -> None:
    with pytest.raises(OperationalError, match="no such table"), units.read() as unit:
        unit._connection.execute(text("SELECT * FROM missing"))
