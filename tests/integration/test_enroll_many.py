"""Many people at once: in batches, resumable, and what is refused stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from gallery.bootstrap import Services
from gallery.domain.identity import NewFace
from gallery.errors import PathNotFound
from gallery.services import enroll_many
from gallery.services.enroll_many import BulkPhoto
from gallery.services.in_order import in_order
from gallery.store.unit_of_work import UnitsOfWork

Photo = Callable[[int, int], bytes]


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


@pytest.fixture
def photos(sample_people: dict[str, list[Path]]) -> list[BulkPhoto]:
    """Five people, four photos each."""
    return [
        BulkPhoto(person, str(path), path.read_bytes)
        for person, paths in list(sample_people.items())[:5]
        for path in paths
    ]


def test_what_comes_in_bulk_is_what_comes_one_by_one(
    services: Services, photos: list[BulkPhoto], tmp_path: Path
) -> None:
    report = services.enroll_many(photos, quiet)
    assert (report.photos, report.enrolled, report.already, report.people) == (20, 20, 0, 5)
    other = Services(replace(services.settings, database_url=f"sqlite:///{tmp_path / 'one.db'}"))
    for photo in photos:
        other.enroll.by_name(photo.person, [photo.read()])
    with services._units.read() as unit, other._units.read() as single:
        model_id = services.recognise.embedder.model_id
        bulk, alone = (one.vectors.vectors_of_model(model_id) for one in (unit, single))
    assert (bulk.vectors == alone.vectors).all()
    assert (bulk.face_ids == alone.face_ids).all()
    assert (bulk.identity_ids == alone.identity_ids).all()
    assert services.check(quiet).good
    other.close()


def test_refused_photos_are_told_and_stop_nothing(
    services: Services, photos: list[BulkPhoto], two_people: bytes
) -> None:
    def missing() -> bytes:
        raise PathNotFound("gone.jpg cannot be read")

    spoilt = [
        BulkPhoto("Zoe", "empty.jpg", lambda: b""),
        BulkPhoto("Zoe", "two.png", lambda: two_people),
        BulkPhoto("Zoe", "gone.jpg", missing),
        BulkPhoto(" ", "nameless.jpg", photos[0].read),
    ]
    report = services.enroll_many([*spoilt[:2], *photos, *spoilt[2:]], quiet)
    assert report.enrolled == 20
    assert [(refused.label, refused.code) for refused in report.refused] == [
        ("empty.jpg", "empty_photo"),
        ("two.png", "several_faces"),
        ("gone.jpg", "path_not_found"),
        ("nameless.jpg", "invalid_name"),
    ]
    assert "Zoe" not in {person.name for person in services.identities.list()}


def test_a_stopped_import_keeps_its_batches_and_goes_on(
    services: Services, photos: list[BulkPhoto], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enroll_many, "BATCH", 4)

    def stop(done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.enroll_many(photos, stop)
    assert services.maintenance.status().faces == 10
    report = services.enroll_many(photos, quiet)
    assert (report.enrolled, report.already) == (10, 10)
    again = services.enroll_many(photos, quiet)
    assert (again.enrolled, again.already, again.people) == (0, 20, 0)
    assert services.check(quiet).good


def test_a_photo_that_comes_twice_for_a_person_is_stored_once(
    services: Services, photos: list[BulkPhoto]
) -> None:
    report = services.enroll_many([photos[0], photos[0], replace(photos[0], person="Zoe")], quiet)
    assert (report.enrolled, report.already, report.people) == (2, 1, 2)


def test_two_spellings_of_a_name_in_a_batch_are_one_person(
    services: Services, photos: list[BulkPhoto]
) -> None:
    first, second, *_ = photos
    spelt = [
        replace(first, person="Ada"),
        replace(first, person="ADA"),
        replace(second, person="ADA"),
    ]
    report = services.enroll_many(spelt, quiet)
    assert (report.enrolled, report.already, report.people) == (2, 1, 1)
    assert services.identities.find("ada").name == "Ada"


def test_ids_given_in_bulk_are_never_used_again(
    units: UnitsOfWork, store: Callable[..., object], new_face: Callable[..., NewFace], points: ...
) -> None:
    store(units, "Ada", points(1, 3))
    with units.write() as unit:
        unit.faces.remove_all(1)
        added = unit.faces.add_many([(1, new_face(vector)) for vector in points(2, 3)])
        unit.commit()
    assert [face.id for face in added] == [4, 5, 6]
    with units.write() as unit:
        unit.faces.remove_all(1)
        unit.commit()
    with units.write() as unit:
        assert unit.faces.add(1, new_face(points(3, 1)[0])).id == 7


def test_many_photos_of_one_person_are_all_enrolled_or_none(
    services: Services, sample_photos: list[Path], two_people: bytes
) -> None:
    many = [path.read_bytes() for path in sample_photos[:9]]
    enrolled = services.enroll.by_name("Ada", many)
    assert [one.probe.photo_sha256 for one in enrolled] == [
        services.recognise(photo).photo_sha256 for photo in many
    ]
    with pytest.raises(Exception, match=r"photo 4: .*faces were found"):
        services.enroll.by_name("Bo", [*many[:3], two_people, *many[3:], b""])
    assert [person.name for person in services.identities.list()] == ["Ada"]


def test_results_come_in_order_and_the_first_failure_ends_it() -> None:
    assert list(in_order(range(50), partial(pow, 2), 3)) == [2**number for number in range(50)]
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return 1 // (3 - number)

    with pytest.raises(ZeroDivisionError):
        list(in_order(range(1000), work, 2))
    assert len(begun) < 20


def test_results_that_nobody_waits_for_any_more_are_not_made() -> None:
    begun: list[int] = []
    with closing(in_order(range(1000), begun.append, 2)) as results:
        next(results)
    assert len(begun) < 20
