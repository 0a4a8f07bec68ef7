"""Who is this? The people of the gallery, nearest first, or nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gallery.bootstrap import Services
from gallery.domain.decision import Threshold
from gallery.errors import InvalidValue, ModelMismatch
from gallery.store.unit_of_work import UnitsOfWork

Photo = Callable[[int, int], bytes]


@pytest.fixture
def crowd(services: Services, photo: Photo) -> Services:
    """Four people with two faces each."""
    for person in range(4):
        services.enroll.by_name(f"person {person}", [photo(person, 0), photo(person, 1)])
    return services


def test_nobody_is_found_in_an_empty_gallery(services: Services, photo: Photo) -> None:
    found = services.identify(photo(0, 0))
    assert not found.identified
    assert found.candidates == ()
    assert found.threshold == 0.4


@pytest.mark.parametrize("person", range(4))
def test_an_enrolled_person_is_the_first_candidate(
    crowd: Services, photo: Photo, person: int
) -> None:
    found = crowd.identify(photo(person, 2))
    assert found.identified
    assert found.candidates[0].identity.name == f"person {person}"
    assert found.candidates[0].decision.matched


def test_a_stranger_is_unknown_and_the_candidates_do_not_match(
    crowd: Services, photo: Photo
) -> None:
    found = crowd.identify(photo(6, 0))
    assert not found.identified
    assert len(found.candidates) == 4
    assert not any(candidate.decision.matched for candidate in found.candidates)


def test_each_person_is_a_candidate_once_and_the_nearest_is_first(
    crowd: Services, photo: Photo
) -> None:
    candidates = crowd.identify(photo(0, 2), top=100).candidates
    distances = [candidate.decision.distance for candidate in candidates]
    assert distances == sorted(distances)
    assert len({candidate.identity.id for candidate in candidates}) == len(candidates) == 4
    assert len(crowd.identify(photo(0, 2), top=2).candidates) == 2


def test_one_to_one_and_one_to_many_give_the_same_number(crowd: Services, photo: Photo) -> None:
    for candidate in crowd.identify(photo(0, 2)).candidates:
        verified = crowd.verify(candidate.identity.id, photo(0, 2))
        assert candidate.decision == verified.decision
        assert candidate.face_id == verified.face_id


def test_an_answer_tells_how_often_strangers_are_named_among_so_many_faces(
    crowd: Services, photo: Photo
) -> None:
    risk = crowd.identify(photo(0, 2)).strangers_named
    assert risk is not None
    assert (risk.faces, risk.at_least) == (8, False)
    assert 0 < risk.rate < 0.1


def test_nothing_is_told_of_strangers_at_a_threshold_that_was_not_measured(
    crowd: Services, photo: Photo
) -> None:
    other = Services(replace(crowd.settings, threshold=Threshold(0.37)))
    assert other.identify(photo(0, 2)).strangers_named is None
    other.close()


@pytest.mark.parametrize("top", [0, -1, 101])
def test_a_number_of_candidates_outside_the_limits_is_refused(
    services: Services, photo: Photo, top: int
) -> None:
    with pytest.raises(InvalidValue, match="1 to 100"):
        services.identify(photo(0, 0), top=top)


def test_a_removed_person_is_never_a_candidate(crowd: Services, photo: Photo) -> None:
    before = crowd.identify(photo(0, 2)).candidates[0].identity
    crowd.identities.remove(before.id)
    assert before.id not in [one.identity.id for one in crowd.identify(photo(0, 2)).candidates]


def test_a_person_removed_between_search_and_answer_is_no_candidate(
    crowd: Services, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The removal commits after the index was searched; the answer is searched for again."""
    alice = crowd.identify(photo(0, 2)).candidates[0].identity
    index = crowd.identify.index.caught_up()
    search = index.search

    def search_and_remove(*arguments: Any) -> Any:
        neighbours = search(*arguments)
        if alice.id in [person.id for person in crowd.identities.list()]:
            crowd.identities.remove(alice.id)
        return neighbours

    monkeypatch.setattr(index, "search", search_and_remove)
    found = crowd.identify(photo(0, 2), top=3)
    assert alice.id not in [candidate.identity.id for candidate in found.candidates]
    assert len(found.candidates) == 3


def test_a_renamed_person_is_found_under_the_new_name(crowd: Services, photo: Photo) -> None:
    alice = crowd.identify(photo(0, 2)).candidates[0].identity
    crowd.identities.rename(alice.id, "Alice")
    assert crowd.identify(photo(0, 2)).candidates[0].identity.name == "Alice"


def test_the_threshold_of_the_settings_decides(crowd: Services, photo: Photo) -> None:
    strict = Services(replace(crowd.settings, threshold=Threshold(1e-6)))
    found = strict.identify(photo(0, 2))
    strict.close()
    assert not found.identified
    assert found.threshold == 1e-6


def test_a_gallery_of_two_models_is_refused(
    crowd: Services, units: UnitsOfWork, photo: Photo, store: Any, points: Any
) -> None:
    store(units, "Old", points(1, 1), model_id="another")
    with pytest.raises(ModelMismatch, match="gallery reembed"):
        crowd.identify(photo(0, 2))
