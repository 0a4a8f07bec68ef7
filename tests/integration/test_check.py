"""`check` says what differs between database, crops and snapshot; `repair` mends it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from gallery.bootstrap import Services
from gallery.domain.embedding import Embedding
from gallery.domain.identity import Identity
from gallery.embedder.model_card import default_model_folder
from gallery.errors import DatabaseUnavailable
from gallery.index import snapshot
from gallery.services.health import Health, Trouble
from gallery.settings import Settings
from gallery.store.unit_of_work import UnitsOfWork

Photo = Callable[[int, int], bytes]
Sql = Callable[[str], None]
NOT_FINITE = f"UPDATE face SET embedding = x'0000c07f{'00' * 188}' WHERE id = 2"  # noqa: S608


@pytest.fixture
def people(services: Services, photo: Photo) -> list[Identity]:
    """Two people with three faces each; faces 1 to 3 and 4 to 6."""
    return [
        services.enroll.by_name(name, [photo(person, number) for number in range(3)])[0].identity
        for person, name in enumerate(("Ada", "Bo"))
    ]


@pytest.fixture
def sql(database_url: str) -> Sql:
    """Somebody else writes to the database, past every rule of the program."""

    def run(statements: str) -> None:
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(f"PRAGMA ignore_check_constraints = 1; {statements}")

    return run


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def found(health: Health) -> dict[Trouble, tuple[int, ...]]:
    return {finding.trouble: finding.face_ids for finding in health.findings}


def test_a_sound_gallery_is_found_good(services: Services, people: list[Identity]) -> None:
    services.maintenance.snapshot()
    health = services.check(quiet)
    assert health.good, health.findings
    assert (health.people, health.faces, health.changes, health.crops_compared) == (2, 6, 6, 6)
    assert (health.snapshot.present, health.snapshot.faces, health.snapshot.revision) == (
        True,
        6,
        6,
    )


def test_a_gallery_that_came_from_a_machine_that_rounds_otherwise_is_good(
    services: Services, units: UnitsOfWork, people: list[Identity]
) -> None:
    network = Interpreter(
        str(default_model_folder() / "model.tflite"),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    network.allocate_tensors()
    moved = []
    with units.write() as unit:
        for face in unit.inspection.raw_faces(range(1, 7)):
            assert face.crop is not None
            assert face.vector is not None
            network.set_tensor(
                network.get_input_details()[0]["index"],
                face.crop.pixels[None, ..., None].astype(np.float32),
            )
            network.invoke()
            vector = network.get_tensor(network.get_output_details()[0]["index"])[0]
            moved.append(np.linalg.norm(vector - face.vector))
            unit.vectors.replace_embedding(face.face_id, Embedding(vector, face.model_id))
        unit.commit()
    assert max(moved) > 1e-3  # otherwise this test says nothing
    assert services.check(quiet).good


def test_an_empty_gallery_is_good(services: Services) -> None:
    assert services.check(quiet).good
    assert services.check.repair(quiet).good


def test_as_many_crops_are_embedded_as_asked_for(
    services: Services, people: list[Identity]
) -> None:
    assert services.check(quiet, crops=2).crops_compared == 2
    assert services.check(quiet, crops=100).crops_compared == 6


@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        (NOT_FINITE, "VECTOR_DAMAGED"),
        ("UPDATE face SET embedding = x'00' WHERE id = 2", "VECTOR_DAMAGED"),
        (
            "UPDATE face SET embedding = (SELECT embedding FROM face WHERE id = 5) WHERE id = 2",
            "VECTOR_NOT_OF_CROP",
        ),
    ],
)
def test_a_damaged_vector_is_made_anew_from_its_crop(
    services: Services, people: list[Identity], photo: Photo, sql: Sql, damage: str, trouble: str
) -> None:
    sql(damage)
    assert found(services.check(quiet)) == {Trouble[trouble]: (2,)}
    mended = services.check.repair(quiet)
    assert mended.good
    assert [finding.trouble for finding in mended.repaired] == [Trouble[trouble]]
    again = services.verify(people[0].id, photo(0, 1))
    assert (again.face_id, again.decision.distance) == (2, pytest.approx(0, abs=1e-6))


def test_a_damaged_vector_is_refused_in_words_until_it_is_repaired(
    services: Services, people: list[Identity], photo: Photo, sql: Sql
) -> None:
    sql(NOT_FINITE)
    with pytest.raises(DatabaseUnavailable, match="gallery check --repair"):
        services.identify(photo(0, 0))
    with pytest.raises(DatabaseUnavailable, match="gallery check --repair"):
        services.verify(people[0].id, photo(0, 0))
    services.check.repair(quiet)
    assert services.identify(photo(0, 1)).candidates[0].face_id == 2


def test_a_damaged_vector_is_repaired_beside_a_snapshot_too(
    services: Services, people: list[Identity], sql: Sql
) -> None:
    services.maintenance.snapshot()
    sql(NOT_FINITE)
    health = services.check(quiet)
    assert (found(health), health.snapshot.faces) == ({Trouble.VECTOR_DAMAGED: (2,)}, 6)
    mended = services.check.repair(quiet)
    assert (mended.good, mended.snapshot.revision) == (True, mended.changes)


def test_a_snapshot_is_left_while_a_vector_stays_damaged(
    services: Services, people: list[Identity], sql: Sql
) -> None:
    services.maintenance.snapshot()
    sql(NOT_FINITE)
    sql("UPDATE face SET crop = x'00' WHERE id = 2")
    left = services.check.repair(quiet)
    assert found(left) == {Trouble.CROP_DAMAGED: (2,), Trouble.VECTOR_DAMAGED: (2,)}
    services.identities.remove_face(people[0].id, 2)
    assert services.check(quiet).good


@pytest.mark.parametrize("crop", ["zeroblob(2914)", "x'00'", "randomblob(2914)"])
def test_a_vector_is_never_made_from_a_damaged_crop(
    services: Services, people: list[Identity], sql: Sql, database_url: str, crop: str
) -> None:
    sql(f"UPDATE face SET crop = {crop} WHERE id = 2")  # noqa: S608
    assert found(services.check.repair(quiet)) == {Trouble.CROP_DAMAGED: (2,)}
    sql("UPDATE face SET embedding = zeroblob(1) WHERE id = 2")
    left = services.check.repair(quiet)
    assert found(left) == {Trouble.CROP_DAMAGED: (2,), Trouble.VECTOR_DAMAGED: (2,)}
    assert left.people == 2
    assert left.faces == 6
    services.identities.remove_face(people[0].id, 2)
    assert services.check(quiet).good


def test_one_changed_pixel_of_a_crop_is_noticed(
    services: Services, people: list[Identity], database_url: str
) -> None:
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        (crop,) = connection.execute("SELECT crop FROM face WHERE id = 4").fetchone()
        changed = crop[:1400] + bytes([crop[1400] ^ 0x80]) + crop[1401:]
        connection.execute("UPDATE face SET crop = ? WHERE id = 4", (changed,))
        connection.commit()
    assert set(found(services.check(quiet))) <= {Trouble.CROP_DAMAGED, Trouble.VECTOR_NOT_OF_CROP}
    assert not services.check(quiet).good


def test_a_log_with_gaps_is_filled_in_and_running_indexes_see_it(
    services: Services, people: list[Identity], photo: Photo, sql: Sql
) -> None:
    services.identify(photo(0, 0))
    sql("DELETE FROM face_change WHERE face_id = 2; DELETE FROM face WHERE id IN (4, 5, 6)")
    assert found(services.check(quiet)) == {
        Trouble.FACE_NOT_LOGGED: (2,),
        Trouble.FACE_GONE_UNLOGGED: (4, 5, 6),
    }
    assert services.check.repair(quiet).good
    assert [one.identity.name for one in services.identify(photo(1, 0)).candidates] == ["Ada"]


@pytest.mark.parametrize(
    "loss",
    [
        "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'face'",
        "DELETE FROM sqlite_sequence WHERE name = 'face'",
    ],
)
def test_ids_are_not_used_again_after_a_counter_was_set_back_or_lost(
    services: Services, people: list[Identity], photo: Photo, sql: Sql, loss: str
) -> None:
    services.identities.remove(people[1].id)
    sql(loss)
    assert found(services.check(quiet)) == {Trouble.ID_COUNTER_BEHIND: ()}
    assert services.check.repair(quiet).good
    assert services.enroll.by_name("Bo", [photo(1, 0)])[0].face.id == 7


def test_what_cannot_be_repaired_is_told_and_left_alone(
    services: Services, people: list[Identity], sql: Sql
) -> None:
    sql("INSERT INTO face_change(face_id, removed) VALUES (3, 1)")
    sql("PRAGMA foreign_keys = 0; DELETE FROM identity WHERE id = 2")
    left = services.check.repair(quiet)
    assert found(left) == {
        Trouble.FACE_WITHOUT_PERSON: (4, 5, 6),
        Trouble.FACE_LOGGED_AS_REMOVED: (3,),
    }
    assert (left.repaired, left.faces) == ((), 6)


def test_a_face_is_told_with_its_person_where_it_has_one(
    services: Services, people: list[Identity], sql: Sql
) -> None:
    sql("UPDATE face SET crop = x'00' WHERE id IN (3, 4)")
    sql("PRAGMA foreign_keys = 0; DELETE FROM identity WHERE id = 2")
    told = {finding.trouble: finding for finding in services.check(quiet).findings}
    damaged, nobodys = told[Trouble.CROP_DAMAGED], told[Trouble.FACE_WITHOUT_PERSON]
    assert (damaged.message, damaged.names) == (
        "2 faces with a damaged crop: 3 (Ada), 4",
        {3: "Ada"},
    )
    assert (nobodys.message, nobodys.names) == ("3 faces stored for nobody: 4, 5, 6", {})


def test_an_id_that_came_back_is_told(services: Services, people: list[Identity], sql: Sql) -> None:
    sql(
        "INSERT INTO face_change(face_id, removed) VALUES (3, 1);"
        "INSERT INTO face_change(face_id, removed) VALUES (3, 0)"
    )
    assert found(services.check(quiet)) == {Trouble.ID_USED_AGAIN: (3,)}
    services.identities.remove_face(people[0].id, 3)  # as its remedy says
    assert services.check(quiet).good


def test_faces_of_another_model_are_told(
    services: Services, people: list[Identity], sql: Sql
) -> None:
    sql("UPDATE face SET model_id = 'older' WHERE id = 1")
    (finding,) = services.check.repair(quiet).findings
    assert (finding.trouble, finding.face_ids) == (Trouble.FACE_OF_ANOTHER_MODEL, (1,))
    assert finding.remedy == "run `gallery reembed`"


def test_a_file_with_a_broken_page_is_told_to_come_back_from_a_backup(
    services: Services, people: list[Identity], database_url: str, sql: Sql
) -> None:
    sql("PRAGMA wal_checkpoint(TRUNCATE)")
    services.close()
    path = Path(database_url.removeprefix("sqlite:///"))
    data = bytearray(path.read_bytes())
    data[8 * 4096 : 9 * 4096] = b"\xaa" * 4096
    path.write_bytes(data)
    health = Services(Settings(database_url)).check.repair(quiet)
    assert [finding.trouble for finding in health.findings] == [Trouble.DATABASE_DAMAGED]
    assert health.findings[0].remedy == "restore the database from a backup"


def test_a_snapshot_that_is_behind_is_no_fault(
    services: Services, people: list[Identity], photo: Photo
) -> None:
    services.maintenance.snapshot()
    services.identities.remove(people[0].id)
    services.enroll.by_name("Cleo", [photo(2, 0)])
    assert services.check(quiet).good


def test_a_snapshot_with_other_faces_or_vectors_is_told_and_written_anew(
    services: Services, people: list[Identity], database_url: str
) -> None:
    services.maintenance.snapshot()
    path = Path(f"{database_url.removeprefix('sqlite:///')}.index")
    index = snapshot.load(path, services.check.embedder.model_id)
    held = index.contents()

    class Altered:
        def contents(self) -> Any:
            vectors = held.vectors[1:].copy()
            vectors[0] += 0.25
            owners = held.identity_ids[1:].copy()
            owners[1] = 77
            extra = np.array([99], np.int64)
            return replace(
                held,
                face_ids=np.concatenate([held.face_ids[1:], extra]),
                identity_ids=np.concatenate([owners, extra]),
                vectors=np.concatenate([vectors, vectors[:1]]),
                gone=np.zeros(len(vectors) + 1, np.bool_),
            )

    snapshot.write(path, Altered(), services.check.embedder.model_id)  # type: ignore[arg-type]
    (finding,) = services.check(quiet).findings
    assert finding.trouble is Trouble.SNAPSHOT_DIFFERS
    assert finding.message == (
        "differs from the database: 1 face missing from it, 1 face in it that are not stored, "
        "1 face of another person, 1 face with another vector"
    )
    assert services.check.repair(quiet).good
    assert services.check(quiet).snapshot.faces == 6
