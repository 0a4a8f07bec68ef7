"""Is every face whole: its vector, its crop, and the one the vector of the other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gallery.domain.embedding import distances_to
from gallery.embedder.base import Embedder
from gallery.imaging.measure import crop_numbers
from gallery.progress import Progress
from gallery.services.health import Finding, Trouble, about_faces
from gallery.store.inspection import RawFace
from gallery.store.unit_of_work import UnitsOfWork

BATCH = 256

AGREEMENT = 0.02
"""Vectors nearer than this are the same.

The embedder rounds what comes into a layer to 8 bits, so the least difference between two
processors can tip a rounding: a hundred-thousandth of a gray level moves a vector by up to 0.003,
LiteRT's plain kernels instead of XNNPACK's by up to 0.004. 0.4 decides.
"""

NUMBERS_AGREE = 1e-3
"""Relative; the crop's sharpness, brightness and contrast are the same to 1e-12 on one machine."""


@dataclass
class FaceTroubles:
    """Face ids by what is wrong with them."""

    of: dict[Trouble, list[int]] = field(default_factory=dict)
    repairable: list[int] = field(default_factory=list)
    compared: int = 0

    def add(self, trouble: Trouble, face_id: int) -> None:
        self.of.setdefault(trouble, []).append(face_id)

    @property
    def vectors_whole(self) -> bool:
        """Whether every stored vector can be read."""
        return Trouble.VECTOR_DAMAGED not in self.of

    @property
    def vectors_mendable(self) -> bool:
        """Whether every one can, or can be made anew."""
        return set(self.of.get(Trouble.VECTOR_DAMAGED, ())) <= set(self.repairable)

    def findings(self) -> tuple[Finding, ...]:
        return tuple(
            finding
            for trouble in Trouble
            for finding in about_faces(trouble, self.of.get(trouble, []))
        )


def check_faces(
    units: UnitsOfWork, embedder: Embedder, crops: int | None, progress: Progress
) -> FaceTroubles:
    """Look at every face; embed up to `crops` of them anew (None: all), drawn at random.

    A crop is damaged when it is no longer as sharp, bright and contrasty as when it was stored;
    only the vector of an undamaged crop is held against it.
    """
    with units.read() as unit:
        face_ids = unit.inspection.face_ids()
    drawn = face_ids
    if crops is not None and crops < len(face_ids):
        drawn = np.random.default_rng().choice(face_ids, crops, replace=False)
    chosen = set(drawn.tolist())
    troubles = FaceTroubles()
    for start in range(0, len(face_ids), BATCH):
        progress(start, len(face_ids))
        with units.read() as unit:
            faces = unit.inspection.raw_faces(face_ids[start : start + BATCH].tolist())
        _check_batch(faces, embedder, chosen, troubles)
    return troubles


def _check_batch(
    faces: Sequence[RawFace], embedder: Embedder, chosen: set[int], troubles: FaceTroubles
) -> None:
    comparable = []
    for face in faces:
        whole = face.crop is not None and crop_is_intact(face)
        if not whole:
            troubles.add(Trouble.CROP_DAMAGED, face.face_id)
        if face.vector is None:
            troubles.add(Trouble.VECTOR_DAMAGED, face.face_id)
            if whole:
                troubles.repairable.append(face.face_id)
        elif face.model_id != embedder.model_id:
            troubles.add(Trouble.FACE_OF_ANOTHER_MODEL, face.face_id)
        elif whole and face.face_id in chosen:
            comparable.append(face)
    troubles.compared += len(comparable)
    made = embedder.embed([face.crop for face in comparable if face.crop is not None])
    for face, embedding in zip(comparable, made, strict=True):
        assert face.vector is not None  # noqa: S101 - chosen above
        if distances_to(embedding.vector, face.vector[None])[0] > AGREEMENT:
            troubles.add(Trouble.VECTOR_NOT_OF_CROP, face.face_id)
            troubles.repairable.append(face.face_id)


def crop_is_intact(face: RawFace) -> bool:
    """Whether the crop still measures what it measured when it was stored."""
    if face.crop is None:
        return False
    measured = crop_numbers(face.crop)
    return bool(np.allclose(measured, face.crop_numbers, rtol=NUMBERS_AGREE, atol=1e-6))


def with_names(findings: tuple[Finding, ...], units: UnitsOfWork) -> tuple[Finding, ...]:
    """The findings, which say whose each face is, of the faces that are stored."""
    face_ids = sorted({face_id for finding in findings for face_id in finding.face_ids})
    names: dict[int, str] = {}
    for start in range(0, len(face_ids), BATCH):
        with units.read() as unit:
            owners = unit.identities.owners_of(face_ids[start : start + BATCH])
        names |= {face_id: person.name for face_id, person in owners}
    return tuple(
        next(iter(about_faces(finding.trouble, finding.face_ids, names)), finding)
        for finding in findings
    )
