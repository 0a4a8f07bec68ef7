"""Photos in, faces stored: all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from gallery.bootstrap import Services
from gallery.errors import (
    IdentityNotFound,
    InvalidName,
    InvalidValue,
    ModelMismatch,
    PhotoAlreadyEnrolled,
    PhotoRejected,
)
from gallery.services.enroll_many import BulkPhoto
from gallery.store.unit_of_work import UnitsOfWork

Photo = Callable[[int, int], bytes]


def test_an_enrolled_photo_is_a_face_of_the_person(services: Services, photo: Photo) -> None:
    alice = services.identities.create("Alice")
    enrolled = services.enroll(alice.id, photo(0, 0))
    assert services.identities.faces(alice.id) == (enrolled.face,)
    assert enrolled.identity.face_count == 1
    assert enrolled.face.identity_id == alice.id
    assert enrolled.face.photo_sha256 == hashlib.sha256(photo(0, 0)).hexdigest()
    assert enrolled.face.detector == "yunet"
    crop = services.identities.crop(alice.id, enrolled.face.id)
    assert (crop.pixels == enrolled.probe.crop.pixels).all()


def test_a_photo_for_nobody_is_refused(services: Services, photo: Photo) -> None:
    with pytest.raises(IdentityNotFound):
        services.enroll(7, photo(0, 0))


def test_the_same_photo_is_enrolled_once_a_person(services: Services, photo: Photo) -> None:
    alice, bob = services.identities.create("Alice"), services.identities.create("Bob")
    services.enroll(alice.id, photo(0, 0))
    with pytest.raises(PhotoAlreadyEnrolled):
        services.enroll(alice.id, photo(0, 0))
    services.enroll(bob.id, photo(0, 0))
    assert [person.face_count for person in services.identities.list()] == [1, 1]


def test_no_face_is_enrolled_beside_those_of_another_model(
    services: Services, units: UnitsOfWork, photo: Photo, store: Any, points: Any
) -> None:
    alice = store(units, "Alice", points(1, 1), model_id="another")
    several = [BulkPhoto("Bob", "a photo", lambda: photo(0, 0))]
    for enroll in (
        lambda: services.enroll(alice.identity_id, photo(0, 0)),
        lambda: services.enroll.by_name("Bob", [photo(0, 0)]),
        lambda: services.enroll_many(several, lambda done, total: None),
    ):
        with pytest.raises(ModelMismatch, match="gallery reembed"):
            enroll()
    assert [person.face_count for person in services.identities.list()] == [1]


def test_a_photo_can_be_enrolled_again_after_its_face_was_removed(
    services: Services, photo: Photo
) -> None:
    alice = services.identities.create("Alice")
    first = services.enroll(alice.id, photo(0, 0)).face
    services.identities.remove_face(alice.id, first.id)
    assert services.enroll(alice.id, photo(0, 0)).face.id > first.id


def test_enrolling_by_name_makes_the_person_once(services: Services, photo: Photo) -> None:
    first = services.enroll.by_name("Alice", [photo(0, 0), photo(0, 1)])
    second = services.enroll.by_name(" ALICE ", [photo(0, 2)])
    (alice,) = services.identities.list()
    assert {one.identity.id for one in (*first, *second)} == {alice.id}
    assert [one.identity.face_count for one in first] == [2, 2]
    assert alice.face_count == 3
    assert alice.name == "Alice"


def test_one_refused_photo_of_several_enrolls_nothing(services: Services, photo: Photo) -> None:
    with pytest.raises(PhotoRejected, match=r"^photo 2: "):
        services.enroll.by_name("Alice", [photo(0, 0), b"no photo", photo(0, 1)])
    assert services.identities.list() == ()


def test_one_photo_given_twice_enrolls_nothing(services: Services, photo: Photo) -> None:
    with pytest.raises(PhotoAlreadyEnrolled, match=r"^photo 3 is the same photo as photo 1; "):
        services.enroll.by_name("Alice", [photo(0, 0), photo(0, 1), photo(0, 0)])
    assert services.identities.list() == ()
    assert services.maintenance.status().database_revision == 0


def test_a_refused_photo_is_called_as_the_caller_calls_it(services: Services) -> None:
    with pytest.raises(PhotoRejected, match=r"^one\.jpg: ") as caught:
        services.enroll.by_name("Alice", [b"no photo"], photo_names=["one.jpg"])
    assert caught.value.photo == "one.jpg"
    assert "one.jpg" not in caught.value.public


def test_enrolling_nothing_is_refused(services: Services, photo: Photo) -> None:
    with pytest.raises(InvalidValue, match="0 photos"):
        services.enroll.by_name("Alice", [])
    with pytest.raises(InvalidName):
        services.enroll.by_name("  ", [photo(0, 0)])
    assert services.identities.list() == ()
