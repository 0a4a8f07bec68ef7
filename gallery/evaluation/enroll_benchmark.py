"""How fast photos become committed faces, and what the stages alone would allow."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gallery.domain.face import FaceChoice, FaceCrop
from gallery.domain.identity import NewFace, PersonName
from gallery.domain.picture import Picture
from gallery.domain.quality import Quality, check
from gallery.errors import PhotoRejected
from gallery.evaluation.synthetic_gallery import fill
from gallery.imaging.align import align
from gallery.imaging.decode import decode
from gallery.imaging.measure import measure
from gallery.imaging.threads import one_thread_a_call
from gallery.progress import Progress
from gallery.services.enroll_many import BATCH, CHUNK, BulkPhoto, EnrollMany
from gallery.services.recognise import Recognise
from gallery.store.unit_of_work import UnitsOfWork

SAMPLE = 300
"""Photos on which the stages are timed one by one, drawn evenly."""

STAGES = ("read", "decode", "detect", "align", "embed", "store")

OpenUnits = Callable[[Path], UnitsOfWork]


@dataclass(frozen=True)
class Stage:
    """milliseconds: of one thread, a photo; share: of the sum of all stages."""

    name: str
    milliseconds: float
    share: float


@dataclass(frozen=True)
class EnrollSpeed:
    """allowed_per_second: threads / the sum of the stages; reached: the share of it."""

    photos: int
    enrolled: int
    refused: int
    threads: int
    faces_before: int
    seconds: float
    photos_per_second: float
    allowed_per_second: float
    reached: float
    stages: tuple[Stage, ...]


def benchmark(
    recognise: Recognise,
    open_units: OpenUnits,
    photos: Sequence[BulkPhoto],
    threads: int,
    faces_before: int,
    progress: Progress,
) -> EnrollSpeed:
    """Enroll the photos into a gallery of its own that holds so many faces already.

    open_units: opens a new database at a path. The first photos are read once before, so that
    neither the disk's cache nor the loading of networks is measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        units = open_units(Path(folder) / "gallery.db")
        with one_thread_a_call():
            costs = _stages(recognise, units, photos)
        fill(units, faces_before, recognise.embedder.model_id)
        enroll = EnrollMany(units, recognise, threads)
        started = time.perf_counter()
        report = enroll(photos, progress, FaceChoice.LARGEST)
        seconds = time.perf_counter() - started
    total = sum(costs.values())
    allowed = threads / total
    return EnrollSpeed(
        photos=report.photos,
        enrolled=report.enrolled,
        refused=len(report.refused),
        threads=threads,
        faces_before=faces_before,
        seconds=seconds,
        photos_per_second=report.photos / seconds,
        allowed_per_second=allowed,
        reached=report.photos / seconds / allowed,
        stages=tuple(Stage(name, 1000 * costs[name], costs[name] / total) for name in STAGES),
    )


def _stages(
    recognise: Recognise, units: UnitsOfWork, photos: Sequence[BulkPhoto]
) -> dict[str, float]:
    """Seconds a photo of each stage by itself, one thread, over an even sample."""
    sample = photos[:: max(1, len(photos) // SAMPLE)]
    _pass(recognise, sample[:CHUNK], dict.fromkeys(STAGES, 0.0))  # loads the networks
    spent = dict.fromkeys(STAGES, 0.0)
    faces = _pass(recognise, sample, spent)
    with units.write() as unit:
        person = unit.identities.add(PersonName.parse("stages"))
        unit.commit()
    for start in range(0, len(faces), BATCH):
        with _timed(spent, "store"), units.write() as unit:
            unit.faces.add_many([(person.id, face) for face in faces[start : start + BATCH]])
            unit.commit()
    with units.write() as unit:
        unit.faces.remove_all(person.id)
        unit.identities.remove(person.id)
        unit.commit()
    return {name: seconds / len(sample) for name, seconds in spent.items()}


def _pass(
    recognise: Recognise, photos: Sequence[BulkPhoto], spent: dict[str, float]
) -> list[NewFace]:
    """Every stage but the last, each timed; the faces that were found."""
    crops: list[tuple[FaceCrop, Quality, str]] = []
    for number, photo in enumerate(photos):
        with _timed(spent, "read"):
            data = photo.read()
            hashlib.sha256(data).hexdigest()
        try:
            with _timed(spent, "decode"):
                picture = decode(data)
            crops.append((*_crop(recognise, picture, spent), f"{number:064x}"))
        except PhotoRejected:
            continue
    faces: list[NewFace] = []
    for start in range(0, len(crops), CHUNK):
        chunk = crops[start : start + CHUNK]
        with _timed(spent, "embed"):
            made = recognise.embedder.embed([crop for crop, _, _ in chunk])
        faces += [
            NewFace(embedding, crop, quality, recognise.detector.name, sha)
            for embedding, (crop, quality, sha) in zip(made, chunk, strict=True)
        ]
    return faces


def _crop(
    recognise: Recognise, picture: Picture, spent: dict[str, float]
) -> tuple[FaceCrop, Quality]:
    with _timed(spent, "detect"):
        face, _ = recognise.locate(picture, FaceChoice.LARGEST)
    with _timed(spent, "align"):
        crop = align(picture, face)
        quality = measure(face, crop)
        check(quality, recognise.quality_limits)
    return crop, quality


@contextmanager
def _timed(spent: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        spent[stage] += time.perf_counter() - started
