"""The crops an embedder learns from: where they come from and who is held out.

A training crop is 96 x 80 uint8 gray: the network's 62 x 47 window 1.25 times larger, with a
margin, so that the window can be taken out with a random shift, scale and turn. A point (x, y)
of the window stands at (1.25 (x + 8.5), 1.25 (y + 8.4)) in the crop.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gallery.domain.face import FaceChoice
from gallery.errors import DataRejected, PhotoRejected
from gallery.imaging.align import TRAINING_HEIGHT, TRAINING_WIDTH, align_for_training
from gallery.imaging.decode import decode
from gallery.progress import Track
from gallery.services.recognise import Recognise
from gallery.training.teachers import joint_points, read_points

CROP_SCALE = 1.25
CROP_MARGIN_X, CROP_MARGIN_Y = 8.5, 8.4
UNKNOWN_PERSON = -1
TEACHER_COMPONENTS = 48
MIN_PEOPLE = 4
HELD_OUT_SHARE = 0.1
COHORT_SHARE = 0.15


@dataclass(frozen=True)
class Crops:
    """N training crops.

    images: uint8 (N, 96, 80). identity: int32 (N,), -1 where the person is unknown.
    held_out: bool (N,), true for the people kept for development and calibration.
    teacher: float32 (N, 48) of unit length, or None where there is no teacher.
    collection: str (N,), where each crop was collected; empty where that is not told.
    anonymous: bool (N,), true in collections that name nobody: two of their crops hardly ever show
    one person, which is not so of a crop whose label was taken away in a collection with names.
    cohort: bool (N,), the anonymous crops kept to measure cohorts: in no pair of training.
    """

    images: NDArray[np.uint8]
    identity: NDArray[np.int32]
    held_out: NDArray[np.bool_]
    teacher: NDArray[np.float32] | None
    collection: NDArray[np.str_]
    anonymous: NDArray[np.bool_]
    cohort: NDArray[np.bool_]

    def __post_init__(self) -> None:
        known = self.identity != UNKNOWN_PERSON
        both = np.intersect1d(
            self.identity[known & self.held_out], self.identity[known & ~self.held_out]
        )
        if both.size:
            raise DataRejected(f"{both.size} people are both trained on and held out")

    def __len__(self) -> int:
        return len(self.images)

    def select(self, mask: NDArray[np.bool_]) -> Crops:
        """The crops where mask is true."""
        return Crops(
            self.images[mask],
            self.identity[mask],
            self.held_out[mask],
            None if self.teacher is None else self.teacher[mask],
            self.collection[mask],
            self.anonymous[mask],
            self.cohort[mask],
        )

    def training(self) -> Crops:
        """The crops of the people that may be trained on."""
        return self.select(~self.held_out)

    def development(self) -> Crops:
        """The crops of the held-out people."""
        return self.select(self.held_out)


def load_archive(folder: Path, progress: Track, second_teacher: Path | None = None) -> Crops:
    """The prepared archive: `index.npz` and `crops-NN.bin` (its README tells the format).

    second_teacher: a .npy file with another embedder's point of each crop, to learn both from.
    """
    with np.load(folder / "index.npz", allow_pickle=False) as index:
        shard, offset, length = index["shard"], index["offset"], index["length"]
        identity, held_out = index["identity"], index["split"] == 1
        vectors = index["teacher"].astype(np.float32) * index["teacher_scale"]
        collection = index["source_names"][index["source"]]
    shards = [
        np.fromfile(folder / f"crops-{number:02d}.bin", np.uint8)
        for number in range(int(shard.max()) + 1)
    ]
    images = np.empty((len(shard), TRAINING_HEIGHT, TRAINING_WIDTH), np.uint8)
    for row in progress(range(len(shard)), len(shard), "reading crops"):
        encoded = shards[shard[row]][offset[row] : offset[row] + length[row]]
        crop: Any = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
        images[row] = crop
    teacher = vectors[:, :TEACHER_COMPONENTS]
    teacher = teacher / np.linalg.norm(teacher, axis=1, keepdims=True)
    if second_teacher:
        points = read_points(second_teacher, len(teacher))
        teacher = joint_points(teacher, points, ~held_out)
    named = np.unique(collection[identity != UNKNOWN_PERSON])
    anonymous = ~np.isin(collection, named)
    cohort = anonymous & (np.random.default_rng(0).random(len(images)) < COHORT_SHARE)
    return Crops(
        images, identity, held_out, teacher.astype(np.float32), collection, anonymous, cohort
    )


def load_people(folder: Path, recognise: Recognise, progress: Track) -> tuple[Crops, int]:
    """A folder of people, a sub-folder of photos each: the crops, and how many were refused.

    The split is by person, never by photo: one in ten, and two at least, are held out. Which ones
    their folders' names decide, so that a network and the one it grows from hold out the same.
    """
    folders = sorted(path for path in folder.iterdir() if path.is_dir())
    photos = [
        (person, photo)
        for person, photos_of in enumerate(folders)
        for photo in sorted(path for path in photos_of.iterdir() if path.is_file())
    ]
    images, identity, refused = [], [], 0
    for row in progress(range(len(photos)), len(photos), "finding faces"):
        person, photo = photos[row]
        try:
            picture = decode(photo.read_bytes())
            face, _ = recognise.locate(picture, FaceChoice.ONLY)
            images.append(align_for_training(picture, face))
        except PhotoRejected:
            refused += 1
        else:
            identity.append(person)
    people = sorted(set(identity), key=lambda person: _shuffled(folders[person].name))
    if len(people) < MIN_PEOPLE:
        raise DataRejected(
            f"{folder} has {len(people)} people with a usable photo ({refused} photos refused); "
            f"{MIN_PEOPLE} are needed, a sub-folder each"
        )
    count = max(2, round(len(people) * HELD_OUT_SHARE))
    person_of = np.array(identity, np.int32)
    return named_crops(np.stack(images), person_of, np.isin(person_of, people[:count])), refused


def _shuffled(name: str) -> bytes:
    return hashlib.sha256(os.fsencode(name)).digest()


def named_crops(
    images: NDArray[np.uint8],
    identity: NDArray[np.int32],
    held_out: NDArray[np.bool_],
    teacher: NDArray[np.float32] | None = None,
) -> Crops:
    """Crops of one collection that has names."""
    nowhere, none = np.full(len(images), ""), np.zeros(len(images), np.bool_)
    return Crops(images, identity, held_out, teacher, nowhere, none, none)


def is_archive(folder: Path) -> bool:
    """Whether a folder holds the prepared archive rather than photos of people."""
    return (folder / "index.npz").is_file()


@dataclass(frozen=True)
class DataDescription:
    """Where the crops came from, as the model card tells it."""

    description: str
    people_excluded: str
    licence: str
    images_sha256: str


def describe(folder: Path, crops: Crops, second_teacher: Path | None = None) -> DataDescription:
    """What the card says about the crops of a folder."""
    digest = hashlib.sha256(crops.images.tobytes()).hexdigest()
    if not is_archive(folder):
        return DataDescription(
            description=f"{len(crops):,} faces found in the photos of {folder.name}/",
            people_excluded="not checked against any benchmark",
            licence="that of the photos",
            images_sha256=digest,
        )
    return DataDescription(
        description="aligned gray crops from public research collections of faces (parts of "
        "CelebA, CASIA-WebFace, Bollywood, FIW, AFDB, Faces94, ORL, UTKFace, FairFace, AAF, "
        "RAF-DB), with a strong teacher's embedding for each"
        + (f", and a second teacher's ({second_teacher.name})" if second_teacher else ""),
        people_excluded="every photo, and every person most of whose photos, near any person of "
        "LFW by the teacher's cosine at a false match rate of about 3e-6 a pair; exact duplicates",
        licence="the collections allow research; several forbid commercial use of the photos. "
        "No photo is part of this model's files; check your own case before you sell with it",
        images_sha256=digest,
    )
