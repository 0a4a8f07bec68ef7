"""People: created, found by name, renamed, removed."""

from __future__ import annotations

from typing import Any

import pytest

from gallery.bootstrap import Services
from gallery.errors import FaceNotFound, IdentityNotFound, InvalidName, NameTaken
from gallery.store.unit_of_work import UnitsOfWork


def test_a_new_person_is_listed_by_name_without_faces(services: Services) -> None:
    zoe = services.identities.create("Zoe")
    adam = services.identities.create("  adam   Smith ")
    assert services.identities.list() == (adam, zoe)
    assert adam.name == "adam Smith"
    assert adam.face_count == 0
    assert services.identities.get(zoe.id) == zoe


def test_a_person_is_found_whatever_the_case_and_form_of_the_name(services: Services) -> None:
    person = services.identities.create("Jos\u00e9 Stra\u00dfe")
    assert services.identities.find("JOSE\u0301 STRASSE") == person


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\u0000b"])
def test_a_name_that_nobody_can_have_is_refused(services: Services, name: str) -> None:
    with pytest.raises(InvalidName):
        services.identities.create(name)


def test_two_people_cannot_have_one_name(services: Services) -> None:
    services.identities.create("Alice")
    with pytest.raises(NameTaken, match="Alice is taken by the person with id 1"):
        services.identities.create("ALICE")


def test_an_unknown_name_is_refused_with_similar_ones_only(services: Services) -> None:
    for name in ("Alice", "Alicia", "Bob"):
        services.identities.create(name)
    with pytest.raises(IdentityNotFound, match="Alice") as refused:
        services.identities.find("Alise")
    assert "Bob" not in refused.value.message
    with pytest.raises(IdentityNotFound, match="gallery list"):
        services.identities.find("Xaver")


def test_a_renamed_person_keeps_the_id_and_the_faces(
    services: Services, units: UnitsOfWork, store: Any, points: Any
) -> None:
    stored = store(units, "Alice", points(1, 2))
    renamed = services.identities.rename(stored.identity_id, "Alice Smith")
    assert (renamed.id, renamed.name, renamed.face_count) == (stored.identity_id, "Alice Smith", 2)
    assert services.identities.find("alice smith") == renamed
    with pytest.raises(IdentityNotFound):
        services.identities.find("Alice")


def test_a_person_can_be_renamed_to_another_writing_of_the_same_name(services: Services) -> None:
    person = services.identities.create("alice")
    assert services.identities.rename(person.id, "Alice").name == "Alice"


def test_a_name_of_another_person_cannot_be_taken_by_renaming(services: Services) -> None:
    services.identities.create("Alice")
    bob = services.identities.create("Bob")
    with pytest.raises(NameTaken):
        services.identities.rename(bob.id, "alice")
    assert services.identities.get(bob.id).name == "Bob"


def test_a_removed_person_is_gone_with_all_faces_and_the_id_stays_unused(
    services: Services, units: UnitsOfWork, store: Any, points: Any
) -> None:
    stored = store(units, "Alice", points(1, 2))
    assert services.identities.remove(stored.identity_id).face_count == 2
    assert services.identities.list() == ()
    with pytest.raises(IdentityNotFound):
        services.identities.get(stored.identity_id)
    assert services.identities.create("Alice").id != stored.identity_id


def test_one_face_is_removed_and_the_person_stays(
    services: Services, units: UnitsOfWork, store: Any, points: Any
) -> None:
    stored = store(units, "Alice", points(1, 2))
    first, second = stored.face_ids
    services.identities.remove_face(stored.identity_id, first)
    assert [face.id for face in services.identities.faces(stored.identity_id)] == [second]
    assert services.identities.get(stored.identity_id).face_count == 1


def test_a_face_is_reached_through_its_own_person_only(
    services: Services, units: UnitsOfWork, store: Any, points: Any
) -> None:
    alice, bob = store(units, "Alice", points(1, 1)), store(units, "Bob", points(2, 1))
    (face_of_bob,) = bob.face_ids
    with pytest.raises(FaceNotFound):
        services.identities.remove_face(alice.identity_id, face_of_bob)
    with pytest.raises(FaceNotFound):
        services.identities.crop(alice.identity_id, face_of_bob)
    assert services.identities.crop(bob.identity_id, face_of_bob).pixels.shape == (62, 47)


@pytest.mark.parametrize("identity_id", [0, -1, 99, 2**63 - 1])
def test_an_unknown_id_is_refused_everywhere(services: Services, identity_id: int) -> None:
    for use in (services.identities.get, services.identities.remove, services.identities.faces):
        with pytest.raises(IdentityNotFound):
            use(identity_id)


def test_an_id_too_large_for_the_database_is_unknown(services: Services) -> None:
    with pytest.raises(IdentityNotFound):
        services.identities.get(2**63)
    person = services.identities.create("Alice")
    with pytest.raises(FaceNotFound):
        services.identities.remove_face(person.id, 2**63)
    with pytest.raises(FaceNotFound):
        services.identities.crop(person.id, 2**63)
