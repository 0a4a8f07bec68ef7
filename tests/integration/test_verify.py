"""Is this photo that person? And: do two photos show the same person?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gallery.bootstrap import Services
from gallery.domain.embedding import distance_between
from gallery.errors import IdentityNotFound, ModelMismatch, NothingEnrolled, PhotoRejected
from gallery.store.unit_of_work import UnitsOfWork

Photo = Callable[[int, int], bytes]


def test_a_true_claim_matches_and_a_false_one_does_not(services: Services, photo: Photo) -> None:
    (enrolled,) = services.enroll.by_name("Alice", [photo(0, 0)])
    true = services.verify(enrolled.identity.id, photo(0, 3))
    false = services.verify(enrolled.identity.id, photo(1, 3))
    assert true.decision.matched
    assert not false.decision.matched
    assert true.decision.distance < true.decision.threshold <= false.decision.distance
    assert true.decision.model_id == enrolled.face.model_id
    assert true.identity == enrolled.identity


def test_the_nearest_of_the_persons_faces_decides(services: Services, photo: Photo) -> None:
    enrolled = services.enroll.by_name("Alice", [photo(1, 0), photo(0, 0), photo(2, 0)])
    verified = services.verify(enrolled[0].identity.id, photo(0, 3))
    distances = [
        distance_between(verified.probe.embedding, one.probe.embedding) for one in enrolled
    ]
    assert verified.decision.distance == min(distances)
    assert verified.face_id == enrolled[1].face.id


def test_the_enrolled_photo_itself_is_at_distance_zero(services: Services, photo: Photo) -> None:
    (enrolled,) = services.enroll.by_name("Alice", [photo(0, 0)])
    assert services.verify(enrolled.identity.id, photo(0, 0)).decision.distance < 1e-5


def test_a_claim_to_be_nobody_is_refused(services: Services, photo: Photo) -> None:
    with pytest.raises(IdentityNotFound):
        services.verify(1, photo(0, 0))


def test_a_person_without_faces_cannot_be_verified(services: Services, photo: Photo) -> None:
    person = services.identities.create("Alice")
    with pytest.raises(NothingEnrolled, match="this person has 0 enrolled faces"):
        services.verify(person.id, photo(0, 0))


def test_a_face_of_another_model_is_never_compared(
    services: Services, units: UnitsOfWork, photo: Photo, store: Any, points: Any
) -> None:
    (enrolled,) = services.enroll.by_name("Alice", [photo(0, 0)])
    store(units, "Alice", points(1, 1), model_id="another")
    with pytest.raises(ModelMismatch, match="gallery reembed"):
        services.verify(enrolled.identity.id, photo(0, 3))


def test_two_photos_are_compared_without_storing_anything(services: Services, photo: Photo) -> None:
    same = services.compare(photo(0, 0), photo(0, 1))
    different = services.compare(photo(0, 0), photo(1, 0))
    assert same.decision.matched
    assert not different.decision.matched
    assert services.identities.list() == ()


def test_the_order_of_two_photos_does_not_change_the_distance(
    services: Services, photo: Photo
) -> None:
    one = services.compare(photo(0, 0), photo(1, 0)).decision
    other = services.compare(photo(1, 0), photo(0, 0)).decision
    assert one == other


def test_a_refused_comparison_says_which_photo(services: Services, photo: Photo) -> None:
    with pytest.raises(PhotoRejected, match=r"^first photo: "):
        services.compare(b"no photo", photo(0, 0))
    with pytest.raises(PhotoRejected, match=r"^second photo: "):
        services.compare(photo(0, 0), b"no photo")
