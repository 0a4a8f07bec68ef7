"""What the program itself thinks of the samples: the promises of data/README.md, measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gallery.detector.haar import Haar
from gallery.detector.yunet import YuNet
from gallery.domain.decision import Threshold
from gallery.domain.face import FaceCrop
from gallery.embedder.litert import LiteRtEmbedder
from gallery.embedder.model_card import default_model_folder
from gallery.errors import PhotoRejected
from gallery.imaging.decode import decode
from gallery.services.recognise import Recognise
from gallery.training.augment import window
from gallery.training.dataset import Progress, load_archive

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Judged:
    """One photo: faces found by each detector, YuNet's score, the embedding (48,) or None."""

    yunet_faces: int
    haar_faces: int
    score: float
    embedding: Floats | None

    @property
    def is_one_face(self) -> bool:
        return self.yunet_faces == 1 and self.haar_faces == 1 and self.embedding is not None


class Judge:
    """The shipped model and both detectors, as a photo meets them in the program."""

    def __init__(self) -> None:
        self._haar = Haar()
        self.embedder = LiteRtEmbedder(default_model_folder())
        self._recognise = Recognise(YuNet(), self.embedder)
        self.threshold = Threshold().value

    def __call__(self, photo: bytes) -> Judged:
        haar_faces = len(self._haar.detect(decode(photo)))
        try:
            probe = self._recognise(photo)
        except PhotoRejected:
            return Judged(0, haar_faces, 0.0, None)
        return Judged(probe.faces_found, haar_faces, probe.face.score, probe.embedding.vector)

    def real_faces(self, archive: Path, progress: Progress) -> Floats:
        """The embedding of every crop of the archive: (N, 48). Takes some minutes."""
        crops = load_archive(archive, progress).images
        rows = progress(range(len(crops)), len(crops), "embedding the real faces")
        return np.stack(
            [self.embedder.embed([FaceCrop(window(crops[row]))])[0].vector for row in rows]
        )


@dataclass(frozen=True)
class Measured:
    """The promises in numbers. nearest_real is None where the real faces are not at hand."""

    people: int
    photos: int
    one_face_yunet: int
    one_face_haar: int
    lowest_score: float
    same_person: tuple[float, float]
    different_people: tuple[float, float]
    nearest_real: float | None
    total_kib: float

    def broken(self, threshold: float) -> tuple[str, ...]:
        """The promises that do not hold, in words."""
        promises = {
            "YuNet finds exactly one face in every photo": self.one_face_yunet == self.photos,
            "Haar finds exactly one face in every photo": self.one_face_haar == self.photos,
            "two photos of a person match": self.same_person[1] < threshold,
            "photos of two people do not match": self.different_people[0] >= threshold,
            "no photo is as near to a real face as photos of one sample person are": (
                self.nearest_real is None or self.nearest_real > self.same_person[1]
            ),
        }
        return tuple(promise for promise, holds in promises.items() if not holds)


def measure(photos: Mapping[str, Sequence[bytes]], judge: Judge, real: Floats | None) -> Measured:
    """Judge the photos of each person, all pairs of them, and each against the real faces."""
    judged = [(name, judge(photo)) for name, own in photos.items() for photo in own]
    found = [(name, face.embedding) for name, face in judged if face.embedding is not None]
    names = np.array([name for name, _ in found])
    vectors = np.stack([vector for _, vector in found])
    first, second = np.triu_indices(len(names), 1)
    distances = np.linalg.norm(vectors[first] - vectors[second], axis=1)
    same = names[first] == names[second]
    return Measured(
        people=len(photos),
        photos=len(judged),
        one_face_yunet=sum(face.yunet_faces == 1 for _, face in judged),
        one_face_haar=sum(face.haar_faces == 1 for _, face in judged),
        lowest_score=min(face.score for _, face in judged),
        same_person=_ends(distances[same]),
        different_people=_ends(distances[~same]),
        nearest_real=None if real is None else min(nearest(vector, real) for vector in vectors),
        total_kib=sum(len(photo) for own in photos.values() for photo in own) / 1024,
    )


def nearest(vector: Floats, others: Floats) -> float:
    """The distance from a vector (48,) to the nearest of others (N, 48)."""
    return float(np.sqrt(((others - vector) ** 2).sum(axis=1).min()))


def _ends(distances: Floats) -> tuple[float, float]:
    return float(distances.min()), float(distances.max())
