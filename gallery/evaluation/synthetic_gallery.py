"""A database of made-up people for benchmarks; their vectors lie as those of real faces do."""

from __future__ import annotations

import numpy as np

from gallery.domain.embedding import Embedding
from gallery.domain.face import CROP_HEIGHT, CROP_WIDTH, FaceCrop
from gallery.domain.identity import NewFace, PersonName
from gallery.domain.quality import Quality
from gallery.evaluation.gallery_shape import FaceSource, GalleryShape
from gallery.store.unit_of_work import UnitsOfWork

FACES_OF_A_PERSON = 5
BATCH = 10_000

_QUALITY = Quality(0.9, 80.0, 300.0, 120.0, 50.0, None)


def fill(units: UnitsOfWork, faces: int, model_id: str) -> None:
    """Store so many faces under this model, five a person; the crop is the same noise for all."""
    source = FaceSource(GalleryShape.of_the_shipped_model())
    noise = np.random.default_rng(0).integers(0, 256, (CROP_HEIGHT, CROP_WIDTH), dtype=np.uint8)
    crop = FaceCrop(noise)
    for start in range(0, faces, BATCH):
        count = min(BATCH, faces - start)
        drawn = source.people(-(-count // FACES_OF_A_PERSON))
        vectors = source.faces(np.repeat(drawn, FACES_OF_A_PERSON, axis=0)[:count])
        with units.write() as unit:
            people = [
                unit.identities.add(PersonName.parse(f"made up {start + number}")).id
                for number in range(len(drawn))
            ]
            unit.faces.add_many(
                [
                    (
                        people[number // FACES_OF_A_PERSON],
                        NewFace(
                            Embedding(vector, model_id),
                            crop,
                            _QUALITY,
                            "none",
                            f"{start + number:064x}",
                        ),
                    )
                    for number, vector in enumerate(vectors)
                ]
            )
            unit.commit()
