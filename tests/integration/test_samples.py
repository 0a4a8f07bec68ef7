"""The synthetic people of data/samples, as the program itself sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from gallery.bootstrap import Services
from gallery.detector.base import Detector
from gallery.detector.haar import Haar
from gallery.detector.yunet import YuNet
from gallery.domain.decision import DEFAULT_THRESHOLD
from gallery.domain.embedding import Embedding, distance_between
from gallery.imaging.decode import decode
from gallery.settings import Settings

DATA = Path(__file__).parents[2] / "data"
PHOTOS = sorted((DATA / "samples").glob("*/*.jpg"))
MIN_PEOPLE, PHOTOS_OF_A_PERSON, MIN_SIDE = 12, 4, 160
MAX_TOTAL_BYTES = 1_500_000


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Embedding]]:
    """The person and the embedding of every sample, by the shipped model."""
    url = f"sqlite:///{tmp_path_factory.mktemp('samples') / 'gallery.db'}"
    services = Services(Settings(database_url=url))
    found = [(path.parent.name, services.recognise(path.read_bytes())) for path in PHOTOS]
    services.close()
    return [(name, probe.embedding) for name, probe in found]


def test_there_are_at_least_twelve_people_with_four_photos_each() -> None:
    people = {path.parent for path in PHOTOS}
    assert len(people) >= MIN_PEOPLE
    for person in people:
        names = sorted(path.name for path in person.iterdir())
        assert names == [f"{number}.jpg" for number in range(1, PHOTOS_OF_A_PERSON + 1)]


def test_every_sample_is_large_enough_and_all_are_small_to_download() -> None:
    for path in PHOTOS:
        picture = decode(path.read_bytes())
        assert min(picture.width, picture.height) >= MIN_SIDE, path
    assert sum(path.stat().st_size for path in PHOTOS) <= MAX_TOTAL_BYTES


@pytest.mark.parametrize("kind", [YuNet, Haar])
def test_every_sample_shows_exactly_one_face(kind: Callable[[], Detector]) -> None:
    detector = kind()
    faces = {path: len(detector.detect(decode(path.read_bytes()))) for path in PHOTOS}
    assert {path: count for path, count in faces.items() if count != 1} == {}


def test_two_photos_of_a_sample_person_match(embeddings: list[tuple[str, Embedding]]) -> None:
    distances = [
        distance_between(first, second)
        for (one, first), (other, second) in combinations(embeddings, 2)
        if one == other
    ]
    assert max(distances) < DEFAULT_THRESHOLD


def test_photos_of_two_sample_people_do_not_match(
    embeddings: list[tuple[str, Embedding]],
) -> None:
    distances = [
        distance_between(first, second)
        for (one, first), (other, second) in combinations(embeddings, 2)
        if one != other
    ]
    assert min(distances) >= DEFAULT_THRESHOLD


def test_the_samples_are_the_files_that_the_generator_wrote() -> None:
    lines = (DATA / "samples.sha256").read_text(encoding="ascii").splitlines()
    listed = {path: digest for digest, path in (line.split("  ") for line in lines)}
    present = {
        path.relative_to(DATA).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in PHOTOS
    }
    assert present == listed
