"""A real gallery in a file of its own, and ways to fill it with and without photos."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gallery.bootstrap import Services
from gallery.domain.embedding import Embedding
from gallery.domain.face import FaceCrop
from gallery.domain.identity import NewFace, PersonName
from gallery.domain.quality import Quality
from gallery.imaging.measure import crop_numbers
from gallery.settings import Settings
from gallery.store.engine import open_database
from gallery.store.unit_of_work import UnitsOfWork
from migrations import bring_up_to_date

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'gallery.db'}"


@pytest.fixture
def services(database_url: str) -> Iterator[Services]:
    opened = Services(Settings(database_url))
    yield opened
    opened.close()


@pytest.fixture
def units(database_url: str) -> Iterator[UnitsOfWork]:
    engine = open_database(database_url)
    bring_up_to_date(engine)
    yield UnitsOfWork(engine)
    engine.dispose()


@pytest.fixture
def points() -> Callable[[int, int], NDArray[np.float32]]:
    """(seed, count) -> float32 (count, 48), each 0.36 long as the model's embeddings are."""

    def draw(seed: int, count: int) -> NDArray[np.float32]:
        drawn = np.random.default_rng(seed).standard_normal((count, 48))
        return (0.36 * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)

    return draw


@pytest.fixture
def new_face() -> Callable[..., NewFace]:
    """A face of given numbers, of a photo that no other has."""
    made = 0

    def make(
        vector: NDArray[np.float32], model_id: str = "model", crop: FaceCrop | None = None
    ) -> NewFace:
        nonlocal made
        made += 1
        crop = crop or FaceCrop(np.full((62, 47), made % 256, np.uint8))
        sharpness, brightness, contrast = crop_numbers(crop)
        return NewFace(
            embedding=Embedding(vector, model_id),
            crop=crop,
            quality=Quality(0.9, 80.0, sharpness, brightness, contrast, yaw=None),
            detector="yunet",
            photo_sha256=f"{made:064x}",
        )

    return make


@dataclass(frozen=True)
class Stored:
    identity_id: int
    face_ids: tuple[int, ...]


@pytest.fixture
def store(new_face: Callable[..., NewFace]) -> Callable[..., Stored]:
    """Store a person with faces of given vectors, in one transaction."""

    def put(
        units: UnitsOfWork,
        name: str,
        vectors: NDArray[np.float32],
        model_id: str = "model",
        crop: FaceCrop | None = None,
    ) -> Stored:
        with units.write() as unit:
            person = PersonName.parse(name)
            identity = unit.identities.by_name(person) or unit.identities.add(person)
            faces = [
                unit.faces.add(identity.id, new_face(vector, model_id, crop)) for vector in vectors
            ]
            unit.commit()
        return Stored(identity.id, tuple(face.id for face in faces))

    return put


@pytest.fixture
def photo() -> Callable[[int, int], bytes]:
    """(person, number) -> a photo of a sample person, both counted from 0."""

    def read(person: int, number: int) -> bytes:
        people = sorted(path for path in SAMPLES.iterdir() if path.is_dir())
        return sorted(people[person].glob("*.jpg"))[number].read_bytes()

    return read


@pytest.fixture
def in_another_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python code with arguments, which it finds in sys.argv[1:]."""

    def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run
